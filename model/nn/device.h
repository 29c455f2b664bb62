// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_NN_DEVICE_H_
#define FACET_MODEL_NN_DEVICE_H_

#include <c10/core/Device.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// "cpu", "cuda" (the first GPU), "cuda:1", or "auto": the first GPU where there
// is one, else the CPU. INVALID_ARGUMENT (field "", reason BAD_DEVICE): none
// of these. FAILED_PRECONDITION (reason NO_SUCH_DEVICE): not on this machine;
// the message says what there is.
absl::StatusOr<c10::Device> ResolveDevice(absl::string_view name);

// "cpu", "cuda:0".
std::string DeviceName(const c10::Device& device);

}  // namespace facet::model

#endif  // FACET_MODEL_NN_DEVICE_H_
