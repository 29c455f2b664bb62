// SPDX-License-Identifier: Apache-2.0
#include "model/nn/mixed_precision.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

namespace facet::model {

bool HasBfloat16Units(c10::Device device) {
  if (!device.is_cpu()) return false;
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

MixedPrecision::MixedPrecision(c10::Device device, Precision precision)
    : type_(device.type()), was_on_(at::autocast::is_autocast_enabled(type_)) {
  const bool on = precision == Precision::kMixed && HasBfloat16Units(device);
  if (on) at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  at::autocast::set_autocast_enabled(type_, on);
  at::autocast::increment_nesting();
}

MixedPrecision::~MixedPrecision() {
  at::autocast::set_autocast_enabled(type_, was_on_);
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

at::Tensor ToFactor(const at::Tensor& tensor) {
  const c10::DeviceType type = tensor.device().type();
  if (!at::autocast::is_autocast_enabled(type)) return tensor;
  return at::autocast::cached_cast(at::autocast::get_autocast_dtype(type), tensor, type);
}

at::Tensor ToFloat(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kBFloat16 ? tensor.to(at::kFloat) : tensor;
}

}  // namespace facet::model
