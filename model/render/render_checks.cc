// SPDX-License-Identifier: Apache-2.0
#include "model/render/render_checks.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int kMaxBatch = 65536;

}  // namespace

absl::Status CheckOptions(const RendererOptions& options) {
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return InvalidField("threads", "OUT_OF_RANGE",
                        absl::StrCat("threads is ", options.threads, ", must be in [0, ", kMaxThreads, "]"));
  }
  if (options.max_batch < 1 || options.max_batch > kMaxBatch) {
    return InvalidField("max_batch", "OUT_OF_RANGE",
                        absl::StrCat("max_batch is ", options.max_batch, ", must be in [1, ", kMaxBatch, "]"));
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(size_t floats, int count, int max_batch, int total_classes) {
  if (count < 1 || count > max_batch) {
    return InvalidField("count", "OUT_OF_RANGE", absl::StrCat("count is ", count, ", must be in [1, ", max_batch, "]"));
  }
  const size_t wanted = size_t{1} * count * total_classes;
  if (floats == wanted) return absl::OkStatus();
  return InvalidField(
      "dense", "BAD_SIZE",
      absl::StrCat("dense has ", floats, " floats; ", count, " vectors of ", total_classes, " classes have ", wanted));
}

}  // namespace facet::model
