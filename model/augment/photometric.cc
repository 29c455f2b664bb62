// SPDX-License-Identifier: Apache-2.0
#include "model/augment/photometric.h"

#include <algorithm>
#include <cmath>

namespace facet::model {
namespace {

// Of red, green and blue (ITU-R BT.601); an image of another number of channels
// counts them alike.
float Luma(const float* pixel, int channels) {
  if (channels == 3) return 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
  float sum = 0;
  for (int c = 0; c < channels; ++c) sum += pixel[c];
  return sum / static_cast<float>(channels);
}

// Weights of a Gaussian from its middle outwards, to three deviations; both
// sides together sum to 1.
std::vector<float> HalfKernel(float deviation) {
  const int radius = std::max(1, static_cast<int>(std::ceil(3 * deviation)));
  std::vector<float> kernel(radius + 1);
  double sum = 0;
  for (int i = 0; i <= radius; ++i) {
    const double weight = std::exp(-0.5 * i * i / (static_cast<double>(deviation) * deviation));
    kernel[i] = static_cast<float>(weight);
    sum += i == 0 ? weight : 2 * weight;
  }
  for (float& weight : kernel) weight = static_cast<float>(weight / sum);
  return kernel;
}

// Blurs along one axis: `lines` lines of `length` pixels; a pixel and the next
// of its line are `step` samples apart, a line and the next `stride`.
void BlurLines(absl::Span<const float> kernel, int lines, size_t stride, int length, size_t step, int channels,
               const float* source, float* target) {
  const int radius = static_cast<int>(kernel.size()) - 1;
  for (int line = 0; line < lines; ++line) {
    const float* from = source + line * stride;
    float* to = target + line * stride;
    for (int i = 0; i < length; ++i) {
      for (int c = 0; c < channels; ++c) {
        float sum = kernel[0] * from[i * step + c];
        for (int k = 1; k <= radius; ++k) {
          const size_t before = std::max(i - k, 0) * step, after = std::min(i + k, length - 1) * step;
          sum += kernel[k] * (from[before + c] + from[after + c]);
        }
        to[i * step + c] = sum;
      }
    }
  }
}

void Blur(float deviation, const ImageShape& shape, std::vector<float>& scratch, absl::Span<float> image) {
  const std::vector<float> kernel = HalfKernel(deviation);
  const size_t row = size_t{1} * shape.width * shape.channels;
  scratch.resize(image.size());
  BlurLines(kernel, shape.height, row, shape.width, shape.channels, shape.channels, image.data(), scratch.data());
  BlurLines(kernel, shape.width, shape.channels, shape.height, row, shape.channels, scratch.data(), image.data());
}

}  // namespace

void ApplyPhotometric(const Photometric& change, const ImageShape& shape, CounterRandom& random,
                      std::vector<float>& scratch, absl::Span<float> image) {
  if (change == Photometric()) return;
  if (change.blur > 0) Blur(change.blur, shape, scratch, image);
  for (size_t pixel = 0; pixel < image.size(); pixel += shape.channels) {
    const float grey = Luma(&image[pixel], shape.channels);
    for (int c = 0; c < shape.channels; ++c) {
      float x = image[pixel + c];
      if (change.saturation != 1) x = grey + change.saturation * (x - grey);
      if (change.contrast != 1) x = 0.5f + change.contrast * (x - 0.5f);
      x += change.brightness;
      if (change.noise > 0) x += change.noise * static_cast<float>(random.NextNormal());
      image[pixel + c] = std::clamp(x, 0.0f, 1.0f);
    }
  }
}

double Sharpness(const ImageShape& shape, absl::Span<const float> image) {
  if (shape.height < 3 || shape.width < 3) return 0;
  const auto luma = [&](int y, int x) {
    return Luma(&image[(size_t{1} * y * shape.width + x) * shape.channels], shape.channels);
  };
  double sum = 0, squares = 0;
  for (int y = 1; y + 1 < shape.height; ++y) {
    for (int x = 1; x + 1 < shape.width; ++x) {
      const double value = luma(y - 1, x) + luma(y + 1, x) + luma(y, x - 1) + luma(y, x + 1) - 4 * luma(y, x);
      sum += value;
      squares += value * value;
    }
  }
  const double count = static_cast<double>(shape.height - 2) * (shape.width - 2);
  const double mean = sum / count;
  return std::sqrt(std::max(0.0, squares / count - mean * mean));
}

}  // namespace facet::model
