// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_BEHIND_WALL_H_
#define FACET_BASE_BEHIND_WALL_H_

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet {

// Calls `work`, which returns an absl::Status or StatusOr, and turns what it
// throws into a status: the last wall before the transport, or before a thread
// that serves many, which would end the process. Parts return statuses
// themselves; what arrives here is a bug (INTERNAL) or a request that memory had
// no room for (RESOURCE_EXHAUSTED). `work` may require locks that the caller holds,
// which the analysis cannot follow through here.
template <typename Work>
std::invoke_result_t<Work> BehindWall(Work&& work) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return WithReason(absl::ResourceExhaustedError("there is no memory left for this request"), "OUT_OF_MEMORY");
  } catch (const std::exception& error) {
    return WithReason(absl::InternalError(absl::StrCat("unexpected failure: ", error.what())), "UNEXPECTED_EXCEPTION");
  } catch (...) {
    return WithReason(absl::InternalError("unexpected failure of unknown kind"), "UNEXPECTED_EXCEPTION");
  }
}

}  // namespace facet

#endif  // FACET_BASE_BEHIND_WALL_H_
