// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_LABELLED_IMAGES_H_
#define FACET_MODEL_TRAIN_LABELLED_IMAGES_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "model/data/dataset.h"
#include "model/features/schema.h"
#include "model/image/pixels.h"

namespace facet::model {

// Images that batches are drawn from, wherever they lie: uint8 HWC of one
// shape, one class index a feature for each. Thread-safe once made.
class LabelledImages {
 public:
  virtual ~LabelledImages() = default;
  virtual const FeatureSchema& schema() const = 0;
  virtual const ImageShape& shape() const = 0;
  virtual int64_t size() const = 0;
  // shape().samples() bytes of image `i`, and its schema().size() labels; valid
  // while this lives.
  virtual const uint8_t* pixels(int64_t i) const = 0;
  virtual absl::Span<const uint16_t> labels(int64_t i) const = 0;
};

// Some images of a data set.
class DatasetImages final : public LabelledImages {
 public:
  // `images` are indices of `dataset`, which outlives this.
  DatasetImages(const Dataset* dataset, std::vector<int64_t> images) : dataset_(*dataset), images_(std::move(images)) {}

  const FeatureSchema& schema() const override { return dataset_.info().schema; }
  const ImageShape& shape() const override { return dataset_.info().shape; }
  int64_t size() const override { return static_cast<int64_t>(images_.size()); }
  const uint8_t* pixels(int64_t i) const override { return dataset_.pixels(images_[i]); }
  absl::Span<const uint16_t> labels(int64_t i) const override { return dataset_.labels(images_[i]); }

 private:
  const Dataset& dataset_;
  const std::vector<int64_t> images_;
};

// Images in memory.
class MemoryImages final : public LabelledImages {
 public:
  MemoryImages(FeatureSchema schema, ImageShape shape) : schema_(std::move(schema)), shape_(shape) {}

  // Copies shape().samples() bytes and schema().size() labels.
  void Add(const uint8_t* pixels, absl::Span<const uint16_t> labels);
  // Room for `count` images in all.
  void Reserve(int64_t count);

  const FeatureSchema& schema() const override { return schema_; }
  const ImageShape& shape() const override { return shape_; }
  int64_t size() const override { return static_cast<int64_t>(labels_.size()) / schema_.size(); }
  const uint8_t* pixels(int64_t i) const override { return &pixels_[i * shape_.samples()]; }
  absl::Span<const uint16_t> labels(int64_t i) const override {
    return absl::MakeConstSpan(labels_).subspan(i * schema_.size(), schema_.size());
  }

 private:
  const FeatureSchema schema_;
  const ImageShape shape_;
  std::vector<uint8_t> pixels_;   // [size, samples]
  std::vector<uint16_t> labels_;  // [size, features]
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_LABELLED_IMAGES_H_
