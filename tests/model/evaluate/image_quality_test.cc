// SPDX-License-Identifier: Apache-2.0
#include "model/evaluate/image_quality.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/random.h"
#include "gtest/gtest.h"
#include "tests/base/must_run.h"
#include "tests/base/temp_dir.h"

namespace facet::model {
namespace {

constexpr ImageShape kShape{16, 20, 3};

std::vector<float> Noise(uint64_t index, double low = 0, double high = 1) {
  CounterRandom random(1, "image", index);
  std::vector<float> image(kShape.samples());
  for (float& sample : image) sample = static_cast<float>(low + (high - low) * random.NextDouble());
  return image;
}

// One window of the definition, in its plainest form.
double SsimOfWindow(const std::vector<float>& a, const std::vector<float>& b, int y0, int x0, int channel) {
  double weight_sum = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  for (int y = 0; y < 11; ++y) {
    for (int x = 0; x < 11; ++x) {
      const double weight = std::exp(-((y - 5) * (y - 5) + (x - 5) * (x - 5)) / (2 * 1.5 * 1.5));
      const size_t i = ((y0 + y) * kShape.width + x0 + x) * 3 + channel;
      weight_sum += weight;
      ma += weight * a[i];
      mb += weight * b[i];
      aa += weight * a[i] * a[i];
      bb += weight * b[i] * b[i];
      ab += weight * a[i] * b[i];
    }
  }
  ma /= weight_sum;
  mb /= weight_sum;
  const double va = aa / weight_sum - ma * ma;
  const double vb = bb / weight_sum - mb * mb;
  const double cov = ab / weight_sum - ma * mb;
  return (2 * ma * mb + 1e-4) * (2 * cov + 9e-4) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4));
}

TEST(PsnrTest, IsTenTimesTheLogarithmOfTheError) {
  const std::vector<float> a(12, 0.5f);
  const std::vector<float> b(12, 0.6f);
  EXPECT_NEAR(Psnr(a, b), 20, 1e-4);
  EXPECT_NEAR(MeanSquaredError(a, b), 0.01, 1e-7);
}

TEST(PsnrTest, OfEqualImagesIsAHundred) { EXPECT_EQ(Psnr(Noise(0), Noise(0)), 100); }

TEST(SsimTest, OfEqualImagesIsOne) { EXPECT_NEAR(*Ssim(kShape, Noise(0), Noise(0)), 1, 1e-9); }

TEST(SsimTest, IsTheMeanOverAllWindowsInside) {
  const std::vector<float> a = Noise(0);
  const std::vector<float> b = Noise(1);
  double sum = 0;
  int windows = 0;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y + 11 <= kShape.height; ++y) {
      for (int x = 0; x + 11 <= kShape.width; ++x, ++windows) sum += SsimOfWindow(a, b, y, x, c);
    }
  }
  EXPECT_NEAR(*Ssim(kShape, a, b), sum / windows, 1e-9);
}

TEST(SsimTest, FallsWithNoiseAndDoesNotDependOnTheOrder) {
  const std::vector<float> image = Noise(0, 0.2, 0.8);
  const auto with_noise = [&](float amount) {
    std::vector<float> noisy = image;
    const std::vector<float> noise = Noise(7, -amount, amount);
    for (size_t i = 0; i < noisy.size(); ++i) noisy[i] += noise[i];
    return noisy;
  };
  EXPECT_GT(*Ssim(kShape, image, with_noise(0.05f)), *Ssim(kShape, image, with_noise(0.2f)));
  EXPECT_NEAR(*Ssim(kShape, image, with_noise(0.1f)), *Ssim(kShape, with_noise(0.1f), image), 1e-12);
}

TEST(SsimTest, RefusesImagesSmallerThanItsWindow) {
  const std::vector<float> image(10 * 20 * 3);
  EXPECT_EQ(GetErrorDetail(Ssim({10, 20, 3}, image, image).status()).reason, "IMAGE_TOO_SMALL");
}

TEST(SsimTest, RefusesSpansThatDoNotFitTheShape) {
  const std::vector<float> image(5);
  EXPECT_EQ(GetErrorDetail(Ssim(kShape, image, image).status()).reason, "BAD_SHAPE");
}

// The same number as other people's code: scikit-image, with the choices of the
// paper.
TEST(SsimTest, AgreesWithScikitImage) {
  const std::string python = absl::StrCat(std::getenv("FACET_SOURCE_DIR"), "/.venv/bin/python");
  if (std::system(absl::StrCat("'", python, "' -c 'import skimage' 2>/dev/null").c_str()) != 0) {
    SKIP_FOR_WANT_OF("no scikit-image in " + python);
  }
  const TempDir dir;
  const std::vector<float> a = Noise(0);
  const std::vector<float> b = Noise(1, 0.2, 0.9);
  const auto bytes = [](const std::vector<float>& image) {
    return absl::string_view(reinterpret_cast<const char*>(image.data()), image.size() * sizeof(float));
  };
  dir.Write("a", bytes(a));
  dir.Write("b", bytes(b));
  dir.Write("compare.py",
            absl::StrCat(R"(
import numpy, skimage.metrics
a, b = (numpy.fromfile(name, "float32").reshape(16, 20, 3).astype("float64") for name in "ab")
theirs = skimage.metrics.structural_similarity(a, b, data_range=1, channel_axis=2, gaussian_weights=True, sigma=1.5,
                                               use_sample_covariance=False)
psnr = skimage.metrics.peak_signal_noise_ratio(a, b, data_range=1)
assert abs(theirs - )",
                         *Ssim(kShape, a, b), ") < 1e-4, theirs\nassert abs(psnr - ", Psnr(a, b), ") < 1e-3, psnr\n"));
  EXPECT_EQ(std::system(absl::StrCat("cd '", dir.path(), "' && '", python, "' compare.py").c_str()), 0);
}

}  // namespace
}  // namespace facet::model
