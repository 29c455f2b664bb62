// SPDX-License-Identifier: Apache-2.0
// The one place where LibTorch's exceptions end. Free of LibTorch itself, so
// that any file may include it.
#ifndef FACET_MODEL_NN_TORCH_WALL_H_
#define FACET_MODEL_NN_TORCH_WALL_H_

#include <exception>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// What an exception means; `what` begins the message ("rendering: ..."), which
// is one line, without a stack. RESOURCE_EXHAUSTED (reason OUT_OF_MEMORY): the
// memory of the machine or the device ran out. INTERNAL (reason DEVICE_FAULT):
// the device failed and is of no further use to this process. INTERNAL (reason
// TORCH_ERROR): anything else.
absl::Status StatusFromException(absl::string_view what, std::exception_ptr error);

// Runs `body`, which returns absl::Status or absl::StatusOr, and turns an
// exception out of it into a status as above:
//
//   return TorchWall("rendering", [&]() -> absl::StatusOr<at::Tensor> { ... });
//
// A status that `body` returns passes unchanged.
template <typename Body>
std::invoke_result_t<Body> TorchWall(absl::string_view what, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return StatusFromException(what, std::current_exception());
  }
}

}  // namespace facet::model

#endif  // FACET_MODEL_NN_TORCH_WALL_H_
