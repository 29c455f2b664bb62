// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/image_quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

constexpr double kHighestPsnr = 100;
constexpr int kWindow = 11;
constexpr double kSigma = 1.5;
constexpr double kC1 = 0.01 * 0.01;  // (K1 L)^2 with the dynamic range L = 1
constexpr double kC2 = 0.03 * 0.03;  // (K2 L)^2

// One channel, row-major.
struct Plane {
  int height = 0;
  int width = 0;
  std::vector<double> values;
};

std::array<double, kWindow> GaussianWindow() {
  std::array<double, kWindow> window;
  constexpr int kCentre = kWindow / 2;
  double sum = 0;
  for (int i = 0; i < kWindow; ++i) {
    const double x = i - kCentre;
    window[i] = std::exp(-x * x / (2 * kSigma * kSigma));
    sum += window[i];
  }
  for (double& w : window) w /= sum;
  return window;
}

// Weighted means over all windows inside the plane; rows, then columns.
Plane Smooth(const Plane& in) {
  static const std::array<double, kWindow> window = GaussianWindow();
  Plane rows{in.height, in.width - kWindow + 1, {}};
  rows.values.resize(size_t{1} * rows.height * rows.width);
  for (int y = 0; y < rows.height; ++y) {
    for (int x = 0; x < rows.width; ++x) {
      double sum = 0;
      for (int k = 0; k < kWindow; ++k) sum += window[k] * in.values[y * in.width + x + k];
      rows.values[y * rows.width + x] = sum;
    }
  }
  Plane out{in.height - kWindow + 1, rows.width, {}};
  out.values.assign(size_t{1} * out.height * out.width, 0.0);
  for (int y = 0; y < out.height; ++y) {
    for (int k = 0; k < kWindow; ++k) {
      const double* row = &rows.values[(y + k) * rows.width];
      for (int x = 0; x < out.width; ++x) out.values[y * out.width + x] += window[k] * row[x];
    }
  }
  return out;
}

Plane Product(const Plane& a, const Plane& b) {
  Plane out = a;
  for (size_t i = 0; i < out.values.size(); ++i) out.values[i] *= b.values[i];
  return out;
}

Plane Channel(const ImageShape& shape, absl::Span<const float> image, int channel) {
  Plane plane{shape.height, shape.width, {}};
  for (size_t i = channel; i < image.size(); i += shape.channels) plane.values.push_back(image[i]);
  return plane;
}

double SsimOfPlanes(const Plane& a, const Plane& b) {
  const Plane mean_a = Smooth(a);
  const Plane mean_b = Smooth(b);
  const Plane square_a = Smooth(Product(a, a));
  const Plane square_b = Smooth(Product(b, b));
  const Plane product = Smooth(Product(a, b));
  double sum = 0;
  for (size_t i = 0; i < mean_a.values.size(); ++i) {
    const double ma = mean_a.values[i];
    const double mb = mean_b.values[i];
    const double variance_a = square_a.values[i] - ma * ma;
    const double variance_b = square_b.values[i] - mb * mb;
    const double covariance = product.values[i] - ma * mb;
    sum += (2 * ma * mb + kC1) * (2 * covariance + kC2) / ((ma * ma + mb * mb + kC1) * (variance_a + variance_b + kC2));
  }
  return sum / static_cast<double>(mean_a.values.size());
}

}  // namespace

double MeanSquaredError(absl::Span<const float> a, absl::Span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    sum += difference * difference;
  }
  return sum / static_cast<double>(a.size());
}

double PsnrFromError(double mean_squared_error) {
  return mean_squared_error > 0 ? std::min(kHighestPsnr, -10 * std::log10(mean_squared_error)) : kHighestPsnr;
}

double Psnr(absl::Span<const float> a, absl::Span<const float> b) { return PsnrFromError(MeanSquaredError(a, b)); }

absl::StatusOr<double> Ssim(const ImageShape& shape, absl::Span<const float> a, absl::Span<const float> b) {
  if (shape.height < kWindow || shape.width < kWindow) {
    return WithReason(
        absl::InvalidArgumentError(absl::StrCat("structural similarity needs sides of at least ", kWindow,
                                                " pixels; the image has ", shape.height, " x ", shape.width)),
        "IMAGE_TOO_SMALL");
  }
  if (a.size() != shape.samples() || b.size() != shape.samples()) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat("images of ", a.size(), " and ", b.size(),
                                                              " samples where the shape has ", shape.samples())),
                      "BAD_SHAPE");
  }
  double sum = 0;
  for (int c = 0; c < shape.channels; ++c) sum += SsimOfPlanes(Channel(shape, a, c), Channel(shape, b, c));
  return sum / shape.channels;
}

}  // namespace facet::model
