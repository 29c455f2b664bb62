// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/likeness.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "model/evaluate/image_quality.h"

namespace facet::model {
namespace {

template <typename A, typename B>
double Dot(const A& a, const B& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

template <typename A, typename B>
double CosineOf(const A& a, const B& b) {
  const double norms = std::sqrt(Dot(a, a) * Dot(b, b));
  return norms > 0 ? Dot(a, b) / norms : 0;
}

double Kernel(absl::Span<const float> x, absl::Span<const float> y) {
  const double value = Dot(x, y) / static_cast<double>(x.size()) + 1;
  return value * value * value;
}

// Mean of the kernel over all pairs of rows of different numbers.
double MeanKernel(absl::Span<const float> a, absl::Span<const float> b, int size) {
  const size_t n = a.size() / size;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      if (i != j) sum += Kernel(a.subspan(i * size, size), b.subspan(j * size, size));
    }
  }
  return sum / (static_cast<double>(n) * static_cast<double>(n - 1));
}

}  // namespace

double HighFrequencyEnergy(const ImageShape& shape, absl::Span<const float> image) {
  if (shape.height < 3 || shape.width < 3) return 0;
  const ptrdiff_t across = shape.channels;
  const ptrdiff_t down = across * shape.width;
  double sum = 0;
  for (int y = 1; y + 1 < shape.height; ++y) {
    for (ptrdiff_t i = y * down + across; i < (y + 1) * down - across; ++i) {
      const double rest = 4.0 * image[i] - image[i - across] - image[i + across] - image[i - down] - image[i + down];
      sum += rest * rest;
    }
  }
  return sum / (static_cast<double>(shape.height - 2) * (shape.width - 2) * shape.channels);
}

double Cosine(absl::Span<const float> a, absl::Span<const float> b) { return CosineOf(a, b); }

double PairedKernelDistance(absl::Span<const float> a, absl::Span<const float> b, int size) {
  if (size < 1 || a.size() < size_t{2} * size || b.size() != a.size()) return 0;
  return MeanKernel(a, a, size) + MeanKernel(b, b, size) - 2 * MeanKernel(a, b, size);
}

double Unevenness(absl::Span<const float> images, int count) {
  const size_t samples = images.size() / count;
  double sum = 0;
  double largest = 0;
  for (int i = 0; i + 1 < count; ++i) {
    const double step =
        std::sqrt(MeanSquaredError(images.subspan(i * samples, samples), images.subspan((i + 1) * samples, samples)));
    sum += step;
    largest = std::max(largest, step);
  }
  return sum > 0 ? largest * (count - 1) / sum : 1;
}

void ClassCentres::Add(int class_index, absl::Span<const float> features) {
  for (int i = 0; i < size_; ++i) sums_[class_index][i] += features[i];
  ++counts_[class_index];
}

int ClassCentres::Nearest(absl::Span<const float> features) const {
  int nearest = -1;
  double best = 0;
  for (size_t c = 0; c < sums_.size(); ++c) {
    if (counts_[c] == 0) continue;
    const double cosine = CosineOf(sums_[c], features);
    if (nearest >= 0 && cosine <= best) continue;
    nearest = static_cast<int>(c);
    best = cosine;
  }
  return nearest;
}

}  // namespace facet::model
