// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_IMAGE_PREPARATION_H_
#define FACET_MODEL_DATA_IMAGE_PREPARATION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace facet::model {

// What is done to each of `count` image files: read, prepared, taken.
struct ImagePreparation {
  using Pixels = std::vector<uint8_t>;
  // On one of the threads. INVALID_ARGUMENT is handed to `take`; any other
  // error ends everything.
  using Prepare = std::function<absl::StatusOr<Pixels>(const std::string& file)>;

  int64_t count = 0;
  // 0: as many as cores.
  int threads = 0;
  // Looked at before each `read` and `take`. May be null.
  const std::atomic<bool>* cancelled = nullptr;
  // Called after each `take` with the number of them and `count`. May be null.
  std::function<void(int64_t done, int64_t total)> progress;

  // On the caller's thread, in order; the file's bytes. An error ends
  // everything.
  std::function<absl::StatusOr<std::string>(int64_t i)> read;
  // Called once for each thread, so that each has its own tools.
  std::function<absl::StatusOr<Prepare>()> make_prepare;
  // On the caller's thread, in order. An error ends everything.
  std::function<absl::Status(int64_t i, const absl::StatusOr<Pixels>& prepared)> take;
};

// Blocks until all images have been taken, or for the first error: that of a
// function above, or CANCELLED. A few images a thread are in memory at a time; of
// all calls in the process together at most 256 MiB of files and 1 GiB of what
// decoding takes, for which the others wait.
absl::Status PrepareImages(const ImagePreparation& preparation);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_IMAGE_PREPARATION_H_
