// SPDX-License-Identifier: Apache-2.0
// What every renderer checks of its arguments.
#ifndef FACET_MODEL_RENDER_RENDER_CHECKS_H_
#define FACET_MODEL_RENDER_RENDER_CHECKS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "model/render/renderer.h"

namespace facet::model {

// INVALID_ARGUMENT with field "threads" or "max_batch".
absl::Status CheckOptions(const RendererOptions& options);

// INVALID_ARGUMENT with field "count" or "dense"; `floats` are those in dense.
absl::Status CheckRequest(size_t floats, int count, int max_batch, int total_classes);

}  // namespace facet::model

#endif  // FACET_MODEL_RENDER_RENDER_CHECKS_H_
