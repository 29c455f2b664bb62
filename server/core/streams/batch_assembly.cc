// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/batch_assembly.h"

#include <cstring>

#include "model/augment/batch_labels.h"
#include "model/augment/photometric.h"
#include "model/image/square_transform.h"

namespace facet::server {
namespace {

constexpr model::PixelFormat kFloats{model::PixelType::kFloat32, model::PixelLayout::kNhwc};

v1::SquareTransform ToProto(const model::SquareTransform& transform) {
  return static_cast<v1::SquareTransform>(v1::SQUARE_TRANSFORM_IDENTITY + transform.quarter_turns +
                                          (transform.mirror ? 4 : 0));
}

void ToProto(const model::Photometric& change, v1::Photometric& photometric) {
  photometric.set_blur(change.blur);
  photometric.set_saturation(change.saturation);
  photometric.set_contrast(change.contrast);
  photometric.set_brightness(change.brightness);
  photometric.set_noise(change.noise);
}

// The parents of every feature that is mixed.
void DescribeMix(const model::FeatureSchema& schema, absl::Span<const float> dense, v1::Provenance& provenance) {
  for (int f = 0; f < schema.size(); ++f) {
    const auto weights = dense.subspan(schema.offset(f), schema.features()[f].classes.size());
    int parents = 0;
    for (const float weight : weights) parents += weight > 0;
    if (parents < 2) continue;
    for (size_t c = 0; c < weights.size(); ++c) {
      if (weights[c] <= 0) continue;
      v1::MixParent& parent = *provenance.add_mix();
      parent.set_feature(f);
      parent.set_class_index(static_cast<int32_t>(c));
      parent.set_weight(weights[c]);
    }
  }
}

// Finishes images one by one, with buffers that are used again.
class Finisher {
 public:
  explicit Finisher(const OpenedStream& stream)
      : stream_(stream), shape_(stream.model->renderer->shape()), image_(shape_.samples()), turned_(shape_.samples()) {}

  void Finish(const BatchImage& image, char* target) {
    const model::SquareTransform& square = image.planned.change.square;
    if (image.rendered != nullptr && stream_.rendered_as_sent()) {
      return model::ApplySquareTransform(square, shape_, stream_.render_format(), image.rendered, target);
    }
    model::ApplySquareTransform(square, shape_, kFloats, SourceOf(image), turned_.data());
    CounterRandom noise = stream_.plan.NoiseOf(image.planned);
    model::ApplyPhotometric(image.planned.change.photometric, shape_, noise, scratch_, absl::MakeSpan(turned_));
    stream_.wire.Write(shape_, turned_, target);
  }

 private:
  // The image as float32 NHWC.
  const void* SourceOf(const BatchImage& image) {
    if (image.rendered != nullptr) return image.rendered;
    const uint8_t* pixels = stream_.real->images->pixels(image.planned.index);
    for (size_t i = 0; i < image_.size(); ++i) image_[i] = static_cast<float>(pixels[i]) / 255;
    return image_.data();
  }

  const OpenedStream& stream_;
  const model::ImageShape shape_;
  std::vector<float> image_, turned_, scratch_;
};

}  // namespace

void FinishPixels(const OpenedStream& stream, absl::Span<const BatchImage> images, char* target) {
  const size_t bytes = stream.model->renderer->shape().samples() * stream.wire.bytes_per_sample();
  Finisher finisher(stream);
  for (const BatchImage& image : images) {
    finisher.Finish(image, target);
    target += bytes;
  }
}

void DescribeBatch(const OpenedStream& stream, absl::Span<const BatchImage> images, absl::Span<const float> dense,
                   v1::StreamBatchesResponse& message) {
  const model::ImageShape& shape = stream.model->renderer->shape();
  const model::FeatureSchema& schema = stream.model->schema;
  v1::ImageData& data = *message.mutable_images();
  data.set_encoding(v1::IMAGE_ENCODING_RAW);
  data.set_pixel_type(stream.wire.type());
  const bool nhwc = stream.wire.layout() == model::PixelLayout::kNhwc;
  data.set_layout(nhwc ? v1::PIXEL_LAYOUT_NHWC : v1::PIXEL_LAYOUT_NCHW);
  const auto count = static_cast<int64_t>(images.size());
  for (const int64_t axis : model::BatchShape(shape, stream.wire.layout(), count)) data.add_shape(axis);
  *message.mutable_labels() = model::MakeLabels(schema, stream.plan.labels(), dense, static_cast<int>(images.size()));
  for (size_t i = 0; i < images.size(); ++i) {
    const model::PlannedImage& planned = images[i].planned;
    v1::Provenance& provenance = *message.add_provenance();
    provenance.set_index(planned.index);
    provenance.set_transform(ToProto(planned.change.square));
    provenance.set_source(planned.real ? v1::IMAGE_SOURCE_REAL : v1::IMAGE_SOURCE_RENDERED);
    provenance.set_replaced(images[i].replaced);
    DescribeMix(schema, dense.subspan(i * schema.total_classes(), schema.total_classes()), provenance);
    if (stream.plan.changes().photometric()) ToProto(planned.change.photometric, *provenance.mutable_photometric());
  }
}

}  // namespace facet::server
