// SPDX-License-Identifier: Apache-2.0
#include "model/nn/device.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/error.h"

namespace facet::model {
namespace {

// 0 where there is no driver, or where this LibTorch knows no GPU.
int GpuCount() {
  try {
    return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

absl::Status BadDevice(absl::string_view name) {
  return InvalidField("", "BAD_DEVICE",
                      absl::StrCat("device '", name, "' is none of auto, cpu, cuda, cuda:0, cuda:1, ..."));
}

}  // namespace

absl::StatusOr<c10::Device> ResolveDevice(absl::string_view name) {
  const c10::Device cpu(c10::kCPU);
  if (name == "cpu") return cpu;
  if (name == "auto") return GpuCount() > 0 ? c10::Device(c10::kCUDA, 0) : cpu;
  int index = 0;
  absl::string_view rest = name;
  if (!absl::ConsumePrefix(&rest, "cuda")) return BadDevice(name);
  if (!rest.empty()) {
    const bool numbered = absl::ConsumePrefix(&rest, ":") && rest.size() <= 3 &&
                          rest.find_first_not_of("0123456789") == absl::string_view::npos;
    if (!numbered || !absl::SimpleAtoi(rest, &index)) return BadDevice(name);
  }
  const int count = GpuCount();
  if (index < count) return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
  const std::string have = count == 0   ? "this machine has no GPU that LibTorch can use; take cpu or auto"
                           : count == 1 ? "this machine has cuda:0 alone"
                                        : absl::StrCat("this machine has cuda:0 to cuda:", count - 1);
  return WithReason(absl::FailedPreconditionError(absl::StrCat("no device '", name, "': ", have)), "NO_SUCH_DEVICE");
}

std::string DeviceName(const c10::Device& device) {
  if (device.is_cpu()) return "cpu";
  return absl::StrCat("cuda:", device.has_index() ? static_cast<int>(device.index()) : 0);
}

}  // namespace facet::model
