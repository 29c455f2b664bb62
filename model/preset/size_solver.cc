// SPDX-License-Identifier: Apache-2.0
#include "model/preset/size_solver.h"

#include <cstdlib>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"

namespace facet::model {
namespace {

// Compared in order: the smaller is the better way.
struct Cost {
  int change = 0;
  int odd_kernels = 0;
  int earliness = 0;  // layers behind each changed one
  bool operator<(const Cost& other) const {
    return std::tie(change, odd_kernels, earliness) < std::tie(other.change, other.odd_kernels, other.earliness);
  }
};

// The best way to a size.
struct Way {
  Cost cost;
  int from = 0;  // size before the layer
  KernelPadding layer;
};

// By size after one layer.
using Reach = std::map<int, Way>;

Cost Extend(const Cost& before, KernelPadding wanted, KernelPadding taken, int layers_behind) {
  const int change = std::abs(wanted.kernel - taken.kernel) + std::abs(wanted.padding - taken.padding);
  return {before.change + change, before.odd_kernels + taken.kernel % 2,
          before.earliness + (change > 0 ? layers_behind : 0)};
}

void Relax(Reach& reach, int size, const Way& way) {
  const auto [found, is_new] = reach.try_emplace(size, way);
  if (!is_new && way.cost < found->second.cost) found->second = way;
}

Reach Step(const Reach& before, KernelPadding wanted, int layers_behind) {
  Reach after;
  for (const auto& [size, way] : before) {
    for (int kernel = kMinUpconvKernel; kernel <= kMaxUpconvKernel; ++kernel) {
      for (int padding = 0; padding < kernel; ++padding) {
        const KernelPadding layer{kernel, padding};
        const int next = UpconvSize(size, layer);
        if (next < 1) continue;
        Relax(after, next, {Extend(way.cost, wanted, layer, layers_behind), size, layer});
      }
    }
  }
  return after;
}

absl::Status Impossible(int base, size_t layers, int target, const Reach& reach) {
  const auto above = reach.lower_bound(target);
  std::vector<int> nearest;
  if (above != reach.begin()) nearest.push_back(std::prev(above)->first);
  if (above != reach.end()) nearest.push_back(above->first);
  return InvalidField("", "IMPOSSIBLE_SIZE",
                      absl::StrCat("no kernels in [2, 6] and paddings take ", base, " pixels to ", target, " in ",
                                   layers, layers == 1 ? " layer" : " layers", "; the nearest possible size",
                                   nearest.size() == 1 ? " is " : "s are ", absl::StrJoin(nearest, " and "), " (",
                                   reach.begin()->first, " to ", reach.rbegin()->first, " can be reached)"));
}

}  // namespace

int UpconvSize(int size, KernelPadding layer) { return 2 * (size - 1) + layer.kernel - 2 * layer.padding; }

absl::StatusOr<std::vector<KernelPadding>> SolveUpconvs(int base, absl::Span<const KernelPadding> wanted, int target) {
  std::vector<Reach> reach = {{{base, Way{}}}};
  for (size_t i = 0; i < wanted.size(); ++i) {
    reach.push_back(Step(reach.back(), wanted[i], static_cast<int>(wanted.size() - 1 - i)));
  }
  if (!reach.back().contains(target)) return Impossible(base, wanted.size(), target, reach.back());
  std::vector<KernelPadding> layers(wanted.size());
  int size = target;
  for (size_t i = wanted.size(); i > 0; --i) {
    const Way& way = reach[i].at(size);
    layers[i - 1] = way.layer;
    size = way.from;
  }
  return layers;
}

}  // namespace facet::model
