// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/preset/field_check.h"
#include "model/preset/resolve.h"

namespace facet::model {
namespace {

constexpr int kMaxWidth = 65536;
constexpr int kMaxChannels = 8192;
constexpr int kMaxKernel = 31;
constexpr int kMaxBlocks = 16;
constexpr int kMaxHeadLayers = 8;

absl::Status CheckBlock(const v1::ConvolutionBlock& block) {
  RETURN_IF_ERROR(CheckInteger("out_channels", block.out_channels(), 1, kMaxChannels));
  RETURN_IF_ERROR(CheckInteger("kernel", block.kernel(), 1, kMaxKernel));
  RETURN_IF_ERROR(CheckInteger("stride", block.stride(), 0, kMaxKernel));
  RETURN_IF_ERROR(CheckInteger("padding", block.padding(), 0, block.kernel() - 1));
  RETURN_IF_ERROR(CheckInteger("pool_kernel", block.pool_kernel(), 0, kMaxKernel));
  RETURN_IF_ERROR(CheckInteger("pool_stride", block.pool_stride(), 0, kMaxKernel));
  if (block.pool_kernel() == 0 && block.pool_stride() != 0) {
    return BadPreset("pool_stride", "is given without a pool_kernel");
  }
  return absl::OkStatus();
}

// Side after a window of `kernel` moved by `stride`; below 1 if it does not fit.
int Windows(int size, int kernel, int stride) { return size < kernel ? 0 : (size - kernel) / stride + 1; }

absl::Status TooSmall(absl::string_view field, int size, int kernel, int padding) {
  return BadPreset(field, absl::StrCat("is ", kernel, ", but only ", size, " x ", size, " pixels are left there",
                                       padding > 0 ? absl::StrCat(" (and padding of ", padding, ")") : "",
                                       ": the classifier shrinks the image to nothing"));
}

absl::StatusOr<ConvBlockShape> Block(const v1::ConvolutionBlock& block, int channels, int size) {
  RETURN_IF_ERROR(CheckBlock(block));
  ConvBlockShape shape;
  shape.in_channels = channels;
  shape.out_channels = block.out_channels();
  shape.kernel = block.kernel();
  shape.stride = block.stride() == 0 ? 1 : block.stride();
  shape.padding = block.padding();
  shape.pool_kernel = block.pool_kernel();
  shape.pool_stride = block.pool_stride() == 0 ? block.pool_kernel() : block.pool_stride();
  shape.local_response_norm = block.local_response_norm();
  shape.out_size = Windows(size + 2 * shape.padding, shape.kernel, shape.stride);
  if (shape.out_size < 1) return TooSmall("kernel", size, shape.kernel, shape.padding);
  if (shape.pool_kernel == 0) return shape;
  const int pooled = Windows(shape.out_size, shape.pool_kernel, shape.pool_stride);
  if (pooled < 1) return TooSmall("pool_kernel", shape.out_size, shape.pool_kernel, 0);
  shape.out_size = pooled;
  return shape;
}

}  // namespace

absl::StatusOr<ClassifierShape> ResolveClassifier(const v1::ClassifierSpec& spec, const FeatureSchema& schema,
                                                  int image_size) {
  ClassifierShape shape;
  for (const Feature& feature : schema.features()) {
    shape.classes.push_back(static_cast<int>(feature.classes.size()));
  }
  shape.image_size = image_size;
  RETURN_IF_ERROR(CheckCount("blocks", spec.blocks_size(), kMaxBlocks));
  int channels = 3;
  int size = image_size;
  for (int i = 0; i < spec.blocks_size(); ++i) {
    auto block = Block(spec.blocks(i), channels, size);
    if (!block.ok()) return PrefixField(block.status(), absl::StrCat("blocks[", i, "]"));
    channels = block->out_channels;
    size = block->out_size;
    shape.blocks.push_back(*block);
  }
  RETURN_IF_ERROR(CheckCount("head_widths", spec.head_widths_size(), kMaxHeadLayers));
  for (int i = 0; i < spec.head_widths_size(); ++i) {
    RETURN_IF_ERROR(CheckInteger(absl::StrCat("head_widths[", i, "]"), spec.head_widths(i), 1, kMaxWidth));
  }
  shape.head_widths.assign(spec.head_widths().begin(), spec.head_widths().end());
  RETURN_IF_ERROR(CheckBelowOne("leaky_slope", spec.leaky_slope()));
  RETURN_IF_ERROR(CheckBelowOne("dropout", spec.dropout()));
  RETURN_IF_ERROR(CheckInteger("feature_loss_block", spec.feature_loss_block(), 0, spec.blocks_size() - 1));
  shape.leaky_slope = spec.leaky_slope();
  shape.dropout = spec.dropout();
  shape.feature_loss_block = spec.feature_loss_block();
  return shape;
}

}  // namespace facet::model
