// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_SAMPLE_SHEET_H_
#define FACET_MODEL_TRAIN_SAMPLE_SHEET_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/image/pixels.h"

namespace facet::model {

// A few images by which a run is judged while it goes on: up to 32 held-out
// ones, in which classes of every feature come as evenly as can be
// (base/even_choice.h); where nothing is held out, training images. Immutable.
class SampleSheet {
 public:
  // `dataset` outlives this; it has training images.
  SampleSheet(const Dataset* dataset, const Split& split);

  bool held_out() const { return held_out_; }
  int size() const { return static_cast<int>(images_.size()); }
  // Indices in the data set.
  const std::vector<int64_t>& images() const { return images_; }
  // [size, total_classes], one-hot in each feature: what to draw.
  const std::vector<float>& labels() const { return labels_; }

  // Peak signal-to-noise ratio of drawn images, float32 NHWC in about [0, 1]
  // (clamped here), against the real ones; dB, peak 1, at most 100. Nothing
  // where a pixel is no number.
  std::optional<double> Psnr(const std::vector<float>& drawn) const;
  // Rows of 8: the real images, below them the drawn ones. Small images are
  // enlarged.
  Image Draw(const std::vector<float>& drawn) const;
  // What Draw was given, clamped and rounded to a 255th. INVALID_ARGUMENT
  // (reason BAD_IMAGE): the picture is of other samples: its size or its real
  // images differ.
  absl::StatusOr<std::vector<float>> Read(const Image& sheet) const;

 private:
  // Where things are on the sheet, in pixels.
  struct Layout {
    int scale = 1;  // of an image
    int cell = 0;   // side of an image
    int columns = 0;
    ImageShape shape;
    // Of the i-th real image; the drawn one is a cell below.
    int x(int i) const { return i % columns * cell; }
    int y(int i) const { return i / columns * 2 * cell; }
  };
  Layout MakeLayout() const;

  const Dataset* dataset_;
  bool held_out_;
  std::vector<int64_t> images_;
  std::vector<float> labels_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_SAMPLE_SHEET_H_
