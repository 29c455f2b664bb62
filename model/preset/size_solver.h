// SPDX-License-Identifier: Apache-2.0
// Which kernels and paddings make a generator's output the size asked for.
//
// A stride-2 transposed convolution takes a side of s to 2 (s - 1) + k - 2 p. From
// base b, n of them with a_i = k_i - 2 p_i - 2 reach b 2^n + sum of a_i 2^(n-i).
#ifndef FACET_MODEL_PRESET_SIZE_SOLVER_H_
#define FACET_MODEL_PRESET_SIZE_SOLVER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace facet::model {

inline constexpr int kMinUpconvKernel = 2;
inline constexpr int kMaxUpconvKernel = 6;

struct KernelPadding {
  int kernel = 0;
  int padding = 0;
  bool operator==(const KernelPadding&) const = default;
};

// Side after one layer; may be below 1.
int UpconvSize(int size, KernelPadding layer);

// `wanted` as it is where it reaches `target` from `base`; else the nearest that
// does, with kernels in [2, 6] and paddings in [0, kernel - 1]: the smallest
// sum of changes of kernels and paddings, then the fewest odd kernels (stride 2
// divides even ones, so that no checkerboard shows), then changes in late
// layers rather than early ones. INVALID_ARGUMENT (field "", reason
// IMPOSSIBLE_SIZE) names the nearest sizes below and above that can be
// reached.
absl::StatusOr<std::vector<KernelPadding>> SolveUpconvs(int base, absl::Span<const KernelPadding> wanted, int target);

}  // namespace facet::model

#endif  // FACET_MODEL_PRESET_SIZE_SOLVER_H_
