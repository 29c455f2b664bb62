// SPDX-License-Identifier: Apache-2.0
#include "model/train/sample_sheet.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/even_choice.h"
#include "model/evaluate/image_quality.h"

namespace facet::model {
namespace {

constexpr size_t kImages = 32;
constexpr int kColumns = 8;
constexpr int kSmallestSide = 56;  // pixels, on the sheet

std::vector<int64_t> AllHeldOut(const Split& split) {
  std::vector<int64_t> images;
  for (const Split::HeldOut& part : split.held_out) {
    images.insert(images.end(), part.images.begin(), part.images.end());
  }
  return images;
}

std::vector<int64_t> ChooseSome(const Dataset& dataset, const std::vector<int64_t>& all) {
  std::vector<EvenCandidate> candidates(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    const auto labels = dataset.labels(all[i]);
    candidates[i].classes.assign(labels.begin(), labels.end());
    candidates[i].subject = candidates[i].classes;
  }
  std::vector<int64_t> some;
  for (const size_t position : ChooseEvenly(candidates, kImages)) some.push_back(all[position]);
  std::sort(some.begin(), some.end());
  return some;
}

float Clamp(float value) { return std::clamp(value, 0.0f, 1.0f); }

// Copies an image of `side` pixels to (x, y) of `sheet`, `scale` times as large.
void Paste(const uint8_t* pixels, int side, int scale, int x, int y, Image* sheet) {
  for (int row = 0; row < side * scale; ++row) {
    uint8_t* out = &sheet->pixels[(size_t{1} * (y + row) * sheet->shape.width + x) * 3];
    const uint8_t* in = pixels + size_t{1} * (row / scale) * side * 3;
    for (int column = 0; column < side * scale; ++column) std::memcpy(out + 3 * column, in + column / scale * 3, 3);
  }
}

}  // namespace

SampleSheet::SampleSheet(const Dataset* dataset, const Split& split) : dataset_(dataset) {
  const std::vector<int64_t> held_out = AllHeldOut(split);
  held_out_ = !held_out.empty();
  images_ = ChooseSome(*dataset, held_out_ ? held_out : split.train);
  const FeatureSchema& schema = dataset->info().schema;
  labels_.resize(images_.size() * schema.total_classes());
  for (size_t i = 0; i < images_.size(); ++i) {
    const auto labels = dataset->labels(images_[i]);
    for (int f = 0; f < schema.size(); ++f) labels_[i * schema.total_classes() + schema.offset(f) + labels[f]] = 1;
  }
}

std::optional<double> SampleSheet::Psnr(const std::vector<float>& drawn) const {
  const size_t samples = dataset_->info().shape.samples();
  double squares = 0;
  for (size_t i = 0; i < images_.size(); ++i) {
    const uint8_t* real = dataset_->pixels(images_[i]);
    for (size_t k = 0; k < samples; ++k) {
      const double error = Clamp(drawn[i * samples + k]) - static_cast<float>(real[k]) / 255.0f;
      squares += error * error;
    }
  }
  const double mean = squares / static_cast<double>(samples * images_.size());
  if (std::isnan(mean)) return std::nullopt;
  return PsnrFromError(mean);
}

SampleSheet::Layout SampleSheet::MakeLayout() const {
  const int side = dataset_->info().shape.height;
  Layout layout;
  layout.scale = std::max(1, (kSmallestSide + side - 1) / side);
  layout.cell = side * layout.scale;
  layout.columns = std::min(kColumns, size());
  const int rows = (size() + layout.columns - 1) / layout.columns;
  layout.shape = {2 * rows * layout.cell, layout.columns * layout.cell, 3};
  return layout;
}

Image SampleSheet::Draw(const std::vector<float>& drawn) const {
  const ImageShape& shape = dataset_->info().shape;
  const int side = shape.height;
  const Layout layout = MakeLayout();
  Image sheet;
  sheet.shape = layout.shape;
  sheet.pixels.assign(sheet.shape.samples(), 255);
  std::vector<uint8_t> pixels(shape.samples());
  for (int i = 0; i < size(); ++i) {
    Paste(dataset_->pixels(images_[i]), side, layout.scale, layout.x(i), layout.y(i), &sheet);
    for (size_t k = 0; k < pixels.size(); ++k) {
      const float value = drawn[i * pixels.size() + k];
      pixels[k] = std::isnan(value) ? 0 : static_cast<uint8_t>(std::lround(255 * Clamp(value)));
    }
    Paste(pixels.data(), side, layout.scale, layout.x(i), layout.y(i) + layout.cell, &sheet);
  }
  return sheet;
}

absl::StatusOr<std::vector<float>> SampleSheet::Read(const Image& sheet) const {
  const Layout layout = MakeLayout();
  const int side = dataset_->info().shape.height;
  const auto pixel_at = [&](int x, int y) { return &sheet.pixels[(size_t{1} * y * sheet.shape.width + x) * 3]; };
  const auto shows = [&](int i) {
    const uint8_t* real = dataset_->pixels(images_[i]);
    for (int k = 0; k < side * side; ++k) {
      const uint8_t* pixel = pixel_at(layout.x(i) + k % side * layout.scale, layout.y(i) + k / side * layout.scale);
      if (!std::equal(pixel, pixel + 3, real + 3 * k)) return false;
    }
    return true;
  };
  bool same = sheet.shape == layout.shape;
  for (int i = 0; same && i < size(); ++i) same = shows(i);
  if (!same) {
    return WithReason(absl::InvalidArgumentError("the sheet is of other samples than these"), "BAD_IMAGE");
  }
  std::vector<float> drawn;
  drawn.reserve(images_.size() * dataset_->info().shape.samples());
  for (int i = 0; i < size(); ++i) {
    for (int k = 0; k < side * side; ++k) {
      const uint8_t* pixel =
          pixel_at(layout.x(i) + k % side * layout.scale, layout.y(i) + layout.cell + k / side * layout.scale);
      for (int c = 0; c < 3; ++c) drawn.push_back(static_cast<float>(pixel[c]) / 255.0f);
    }
  }
  return drawn;
}

}  // namespace facet::model
