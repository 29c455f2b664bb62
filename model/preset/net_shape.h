// SPDX-License-Identifier: Apache-2.0
// Both nets and the training plan as plain values, every size solved. These
// are what model/nn and model/train take: a file that sees LibTorch must not
// see protobuf.
#ifndef FACET_MODEL_PRESET_NET_SHAPE_H_
#define FACET_MODEL_PRESET_NET_SHAPE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace facet::model {

// A stride-2 transposed convolution: out = 2 (in - 1) + kernel - 2 padding.
struct UpconvShape {
  int in_channels = 0;
  int out_channels = 0;
  int kernel = 0;
  int padding = 0;
  int in_size = 0;   // side, pixels
  int out_size = 0;  // side, pixels
};

struct GeneratorShape {
  std::vector<int> classes;         // K of each feature, schema order
  std::vector<int> feature_widths;  // of both layers of each feature
  std::vector<int> joint_widths;    // FC-3, FC-4, …
  int base_size = 0;
  int base_channels = 0;
  std::vector<UpconvShape> layers;
  float leaky_slope = 0.1f;
  bool sub_pixel_start = false;  // weights begin without a checkerboard
  int image_size() const { return layers.empty() ? base_size : layers.back().out_size; }
};

struct ConvBlockShape {
  int in_channels = 0;
  int out_channels = 0;
  int kernel = 0;
  int stride = 1;
  int padding = 0;
  int pool_kernel = 0;  // 0: no pooling
  int pool_stride = 0;
  bool local_response_norm = false;
  int out_size = 0;  // side after pooling, pixels
  // Side before pooling, of an input of `in_size`.
  int conv_size(int in_size) const { return (in_size + 2 * padding - kernel) / stride + 1; }
};

struct ClassifierShape {
  std::vector<int> classes;  // K of each feature, schema order
  // Features that the classifier does not learn, ascending: they have no head
  // and no logits.
  std::vector<int> headless;
  int image_size = 0;
  std::vector<ConvBlockShape> blocks;
  std::vector<int> head_widths;
  float leaky_slope = 0.2f;
  float dropout = 0.0f;  // of hidden head activations, in [0, 1)
  // Block whose activations, before its pooling, the feature loss compares.
  int feature_loss_block = 0;
  bool has_head(int feature) const;
};

enum class UpdateRule { kReal, kJoint, kBoth, kPixels };
enum class PixelDistance { kSquared, kAbsolute, kCharbonnier };
enum class Precision { kFloat32, kMixed };
enum class ScheduleKind { kPaper, kStep, kCosine };

struct SchedulePlan {
  ScheduleKind kind = ScheduleKind::kPaper;
  int interval = 1000;
  double factor = 0.5;
  double floor = 0.0;
  int warmup_steps = 0;
};

// Defaults are rounded to float, as presets hold them.
struct TrainingPlan {
  int steps = 0;
  int batch_size = 64;
  uint64_t seed = 0;
  UpdateRule update_rule = UpdateRule::kReal;
  double pixel_weight = 1.0;
  PixelDistance pixel_distance = PixelDistance::kSquared;
  std::vector<double> class_weights;  // one a feature; 0 where it has no head
  double feature_loss_weight = 0.0;
  double learning_rate = 2e-4f;
  double classifier_learning_rate = 2e-4f;
  double beta1 = 0.9f;
  double beta2 = 0.99f;
  double epsilon = 1e-8f;
  SchedulePlan schedule;
  int classifier_warmup_steps = 0;
  int classifier_interval = 1;
  double mix_share = 0.0;
  int mix_feature = -1;  // index; -1: none
  int mix_parents = 2;
  double mix_ratio_min = 0.3f;
  double mix_ratio_max = 0.7f;
  double analogy_share = 0.0;
  int analogy_feature = -1;  // index; -1: none
  int analogy_neighbours = 4;
  Precision precision = Precision::kFloat32;
  double average_decay = 0.0;  // of the generator's weights; 0: no average
  int checkpoint_interval = 500;
  int threads = 0;  // 0: all cores
};

struct JudgePlan {
  int steps = 0;  // 0: no judge
  int batch_size = 64;
  double learning_rate = 1e-3f;
  uint64_t seed = 0;
  Precision precision = Precision::kFloat32;
  bool train_on_synthetic = false;  // whether a second one learns, too
};

// A preset resolved against a feature schema.
struct NetPlan {
  GeneratorShape generator;
  ClassifierShape classifier;
  TrainingPlan training;
  JudgePlan judge;
};

// Learnable numbers of each net.
int64_t ParameterCount(const GeneratorShape& shape);
int64_t ParameterCount(const ClassifierShape& shape);

}  // namespace facet::model

#endif  // FACET_MODEL_PRESET_NET_SHAPE_H_
