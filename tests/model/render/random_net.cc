// SPDX-License-Identifier: Apache-2.0
#include "random_net.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/random.h"

namespace facet::model {
namespace {

using Doubles = std::vector<double>;

void AddTensor(RandomNet& net, const std::string& name, std::vector<int64_t> shape, double deviation, double mean,
               uint64_t seed) {
  CounterRandom random(seed, name, 0);
  const int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  std::vector<float>& values = net.tensors[name];
  values.resize(count);
  // Uniform with the same deviation: large nets are made in a moment.
  for (float& value : values) {
    value = static_cast<float>(mean + deviation * std::sqrt(3.0) * (2.0 * (random.NextUint32() / 4294967296.0) - 1.0));
  }
  net.shapes[name] = std::move(shape);
}

void AddLayer(RandomNet& net, const std::string& name, std::vector<int64_t> shape, int64_t out, double fan_in,
              uint64_t seed, double bias_mean = 0.0) {
  AddTensor(net, absl::StrCat("generator.", name, ".weight"), std::move(shape), std::sqrt(2.0 / fan_in), 0.0, seed);
  AddTensor(net, absl::StrCat("generator.", name, ".bias"), {out}, 0.1, bias_mean, seed);
}

void Leaky(const RandomNet& net, Doubles& values) {
  for (double& value : values) value = value > 0 ? value : value * net.shape.leaky_slope;
}

Doubles Linear(const RandomNet& net, const std::string& name, const Doubles& input) {
  const std::vector<float>& weight = net.tensors.at(absl::StrCat("generator.", name, ".weight"));
  const std::vector<float>& bias = net.tensors.at(absl::StrCat("generator.", name, ".bias"));
  Doubles output(bias.begin(), bias.end());
  for (size_t o = 0; o < output.size(); ++o) {
    for (size_t i = 0; i < input.size(); ++i) output[o] += static_cast<double>(weight[o * input.size() + i]) * input[i];
  }
  Leaky(net, output);
  return output;
}

// y[o, 2r + a - p, 2c + b - p] += x[i, r, c] * weight[i, o, a, b]; channels
// innermost on the way, which is some times faster.
Doubles Upconv(const RandomNet& net, int k, const Doubles& input) {
  const UpconvShape& l = net.shape.layers[k];
  const std::vector<float>& weight = net.tensors.at(absl::StrCat("generator.up.", k, ".weight"));
  const std::vector<float>& bias = net.tensors.at(absl::StrCat("generator.up.", k, ".bias"));
  const size_t area = size_t{1} * l.kernel * l.kernel;
  const size_t plane = size_t{1} * l.out_size * l.out_size;
  const size_t channels = l.out_channels;
  Doubles pixels;  // [y, x, o]
  for (size_t i = 0; i < plane; ++i) pixels.insert(pixels.end(), bias.begin(), bias.end());
  Doubles column(channels);
  for (int i = 0; i < l.in_channels; ++i) {
    for (size_t position = 0; position < area; ++position) {
      const int a = static_cast<int>(position) / l.kernel;
      const int b = static_cast<int>(position) % l.kernel;
      for (size_t o = 0; o < channels; ++o) column[o] = weight[(i * channels + o) * area + position];
      for (int r = 0; r < l.in_size; ++r) {
        for (int c = 0; c < l.in_size; ++c) {
          const int y = 2 * r + a - l.padding;
          const int x = 2 * c + b - l.padding;
          if (y < 0 || y >= l.out_size || x < 0 || x >= l.out_size) continue;
          const double value = input[(size_t{1} * i * l.in_size + r) * l.in_size + c];
          double* out = pixels.data() + (size_t{1} * y * l.out_size + x) * channels;
          for (size_t o = 0; o < channels; ++o) out[o] += value * column[o];
        }
      }
    }
  }
  if (k + 1 < static_cast<int>(net.shape.layers.size())) Leaky(net, pixels);
  Doubles output(pixels.size());  // [o, y, x]
  for (size_t i = 0; i < plane; ++i) {
    for (size_t o = 0; o < channels; ++o) output[o * plane + i] = pixels[i * channels + o];
  }
  return output;
}

}  // namespace

TensorMap RandomNet::Views() const {
  TensorMap views;
  for (const auto& [name, values] : tensors) {
    views[name] = {TensorType::kFloat32, shapes.at(name),
                   absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))};
  }
  return views;
}

std::string RandomNet::File() const { return SerializeSafetensors(Views(), {}); }

GeneratorShape MakeShape(std::vector<int> classes, std::vector<int> widths, std::vector<int> joint, int base_size,
                         int base_channels, const std::vector<UpconvSpec>& upconvs) {
  GeneratorShape shape;
  shape.classes = std::move(classes);
  shape.feature_widths = std::move(widths);
  shape.joint_widths = std::move(joint);
  shape.base_size = base_size;
  shape.base_channels = base_channels;
  int size = base_size;
  int channels = base_channels;
  for (const UpconvSpec& spec : upconvs) {
    const int out = 2 * (size - 1) + spec.kernel - 2 * spec.padding;
    shape.layers.push_back({channels, spec.out_channels, spec.kernel, spec.padding, size, out});
    size = out;
    channels = spec.out_channels;
  }
  return shape;
}

GeneratorShape DigitsShape() {
  return MakeShape({10, 3, 4, 100}, {64, 64, 64, 64}, {256, 256}, 7, 128, {{64, 4, 1}, {3, 4, 1}});
}

GeneratorShape Face64Shape() {
  return MakeShape({70, 4, 8}, {256, 256, 128}, {512, 512}, 8, 128, {{128, 4, 1}, {64, 4, 1}, {3, 4, 1}});
}

GeneratorShape Face158Shape() {
  return MakeShape({70, 4, 8}, {512, 512, 256}, {2048, 2048}, 8, 256,
                   {{256, 5, 0}, {256, 5, 1}, {92, 5, 1}, {3, 2, 0}});
}

RandomNet MakeNet(const GeneratorShape& shape, uint64_t seed) {
  RandomNet net;
  net.shape = shape;
  int64_t in = 0;
  for (size_t f = 0; f < shape.classes.size(); ++f) {
    const int64_t width = shape.feature_widths[f];
    AddLayer(net, absl::StrCat("feature.", f, ".fc1"), {width, shape.classes[f]}, width, 2.0, seed);
    AddLayer(net, absl::StrCat("feature.", f, ".fc2"), {width, width}, width, width, seed);
    in += width;
  }
  for (size_t j = 0; j < shape.joint_widths.size(); ++j) {
    const int64_t out = shape.joint_widths[j];
    AddLayer(net, absl::StrCat("joint.", j), {out, in}, out, in, seed);
    in = out;
  }
  const int64_t base = int64_t{1} * shape.base_channels * shape.base_size * shape.base_size;
  AddLayer(net, "base", {base, in}, base, in, seed);
  for (size_t k = 0; k < shape.layers.size(); ++k) {
    const UpconvShape& l = shape.layers[k];
    const bool last = k + 1 == shape.layers.size();
    // Pixels of mean 0.5 and deviation about 0.3: some are clamped.
    const double fan_in = l.in_channels * l.kernel * l.kernel / 4.0 * (last ? 16.0 : 1.0);
    AddLayer(net, absl::StrCat("up.", k), {l.in_channels, l.out_channels, l.kernel, l.kernel}, l.out_channels, fan_in,
             seed, last ? 0.5 : 0.0);
  }
  return net;
}

std::vector<float> MakeVectors(const GeneratorShape& shape, int count, uint64_t seed) {
  std::vector<float> vectors;
  for (int i = 0; i < count; ++i) {
    CounterRandom random(seed, "vector", i);
    for (const int classes : shape.classes) {
      std::vector<float> weights(classes);
      switch (random.NextBelow(4)) {
        case 0:  // dense, some negative
          for (float& weight : weights) weight = static_cast<float>(random.NextNormal() / classes);
          break;
        case 1: {  // a mix
          const auto ratio = static_cast<float>(random.NextDouble());
          weights[random.NextBelow(classes)] += ratio;
          weights[random.NextBelow(classes)] += 1 - ratio;
          break;
        }
        default:
          weights[random.NextBelow(classes)] = 1;
      }
      vectors.insert(vectors.end(), weights.begin(), weights.end());
    }
  }
  return vectors;
}

std::vector<double> ReferenceRender(const RandomNet& net, const float* vector) {
  Doubles joint;
  size_t offset = 0;
  for (size_t f = 0; f < net.shape.classes.size(); ++f) {
    const Doubles slice(vector + offset, vector + offset + net.shape.classes[f]);
    offset += net.shape.classes[f];
    const Doubles first = Linear(net, absl::StrCat("feature.", f, ".fc1"), slice);
    const Doubles second = Linear(net, absl::StrCat("feature.", f, ".fc2"), first);
    joint.insert(joint.end(), second.begin(), second.end());
  }
  for (size_t j = 0; j < net.shape.joint_widths.size(); ++j) joint = Linear(net, absl::StrCat("joint.", j), joint);
  Doubles image = Linear(net, "base", joint);
  for (size_t k = 0; k < net.shape.layers.size(); ++k) image = Upconv(net, static_cast<int>(k), image);
  return image;
}

}  // namespace facet::model
