// SPDX-License-Identifier: Apache-2.0
#include "model/nn/state.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/half_weights.h"

namespace facet::model {
namespace {

TensorType TypeOf(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return TensorType::kFloat32;
    case at::kLong:
      return TensorType::kInt64;
    case at::kByte:
      return TensorType::kUint8;
    default:
      TORCH_CHECK(false, "a tensor of type ", tensor.scalar_type(), " cannot be saved");
  }
}

absl::string_view TypeName(TensorType type) {
  switch (type) {
    case TensorType::kFloat32:
      return "float32";
    case TensorType::kFloat16:
      return "float16";
    case TensorType::kInt64:
      return "int64";
    case TensorType::kUint8:
      return "uint8";
  }
  return "?";
}

std::string Describe(TensorType type, absl::Span<const int64_t> shape) {
  return absl::StrCat(TypeName(type), " [", absl::StrJoin(shape, ", "), "]");
}

absl::Status BadWeights(absl::string_view name, absl::string_view problem) {
  return WithReason(absl::DataLossError(absl::StrCat("tensor '", name, "' ", problem)), "BAD_WEIGHTS");
}

bool IsWidened(const TensorView& view, const at::Tensor& tensor) {
  return view.type == TensorType::kFloat16 && TypeOf(tensor) == TensorType::kFloat32;
}

absl::Status CheckView(const TensorMap& state, const NamedTensor& named) {
  const auto found = state.find(named.name);
  if (found == state.end()) return BadWeights(named.name, "is missing");
  const TensorView& view = found->second;
  const TensorType type = TypeOf(named.tensor);
  const std::vector<int64_t> shape = named.tensor.sizes().vec();
  const bool halves = IsWidened(view, named.tensor);
  if ((view.type != type && !halves) || view.shape != shape) {
    return BadWeights(named.name, absl::StrCat("is ", Describe(view.type, view.shape), " where ", Describe(type, shape),
                                               " is needed"));
  }
  const size_t bytes = halves ? named.tensor.nbytes() / 2 : named.tensor.nbytes();
  if (view.bytes.size() != bytes) {
    return BadWeights(named.name, absl::StrCat("has ", view.bytes.size(), " bytes where ", bytes, " are needed"));
  }
  return absl::OkStatus();
}

}  // namespace

void StateViews::Add(const NamedTensors& tensors) {
  for (const NamedTensor& named : tensors) {
    const at::Tensor flat = named.tensor.detach().to(at::kCPU).contiguous();
    const absl::string_view bytes(static_cast<const char*>(flat.const_data_ptr()), flat.nbytes());
    views_[named.name] = TensorView{TypeOf(flat), flat.sizes().vec(), bytes};
    alive_.push_back(flat);
  }
}

absl::Status LoadState(const TensorMap& state, const NamedTensors& tensors) {
  for (const NamedTensor& named : tensors) RETURN_IF_ERROR(CheckView(state, named));
  const at::NoGradGuard no_grad;
  for (const NamedTensor& named : tensors) {
    const TensorView& view = state.at(named.name);
    std::vector<float> widened;
    absl::string_view bytes = view.bytes;
    if (IsWidened(view, named.tensor)) {
      widened = WidenHalves(bytes);
      bytes = {reinterpret_cast<const char*>(widened.data()), widened.size() * sizeof(float)};
    }
    // Through a fresh tensor: the view may lie at an odd address.
    const at::Tensor copy = at::empty(named.tensor.sizes(), named.tensor.scalar_type());
    if (!bytes.empty()) std::memcpy(copy.mutable_data_ptr(), bytes.data(), bytes.size());
    named.tensor.copy_(copy);
  }
  return absl::OkStatus();
}

absl::Status CheckFinite(const NamedTensors& tensors) {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& named : tensors) {
    if (at::isfinite(named.tensor).all().item<bool>()) continue;
    return WithReason(absl::DataLossError(absl::StrCat("tensor '", named.name, "' is not finite")),
                      "WEIGHTS_NOT_FINITE");
  }
  return absl::OkStatus();
}

}  // namespace facet::model
