// SPDX-License-Identifier: Apache-2.0
#include "model/augment/batch_labels.h"

#include <bit>
#include <string>

namespace facet::model {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays travel as they lie in memory");

template <typename T>
void Append(T value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// The two heaviest classes of one feature; the lower index where equal.
struct Heaviest {
  int32_t first = 0;
  int32_t second = 0;  // = first where no other class has weight
};

Heaviest FindHeaviest(absl::Span<const float> weights) {
  Heaviest result;
  for (int32_t i = 1; i < static_cast<int32_t>(weights.size()); ++i) {
    if (weights[i] > weights[result.first]) result.first = i;
  }
  float second = 0;
  result.second = result.first;
  for (int32_t i = 0; i < static_cast<int32_t>(weights.size()); ++i) {
    if (i != result.first && weights[i] > second) {
      second = weights[i];
      result.second = i;
    }
  }
  return result;
}

// Labels of one feature of one image in every form that is asked for.
void AppendFeature(const std::vector<v1::LabelForm>& forms, absl::Span<const float> weights, v1::BatchLabels& labels) {
  const Heaviest heaviest = FindHeaviest(weights);
  for (const v1::LabelForm form : forms) {
    switch (form) {
      case v1::LABEL_FORM_CLASS:
        Append(heaviest.first, *labels.mutable_class_index());
        break;
      case v1::LABEL_FORM_ONE_HOT:
        for (int32_t i = 0; i < static_cast<int32_t>(weights.size()); ++i) {
          Append(i == heaviest.first ? 1.0f : 0.0f, *labels.mutable_one_hot());
        }
        break;
      case v1::LABEL_FORM_PAIR:
        Append(heaviest.first, *labels.mutable_pair_class());
        Append(heaviest.second, *labels.mutable_pair_class());
        Append(weights[heaviest.first], *labels.mutable_pair_weight());
        break;
      default:  // SOFT is copied whole
        break;
    }
  }
}

}  // namespace

v1::BatchLabels MakeLabels(const FeatureSchema& schema, const std::vector<v1::LabelForm>& forms,
                           absl::Span<const float> dense, int count) {
  v1::BatchLabels labels;
  const size_t row = schema.total_classes();
  for (int i = 0; i < count; ++i) {
    for (int feature = 0; feature < schema.size(); ++feature) {
      const size_t classes = schema.features()[feature].classes.size();
      AppendFeature(forms, dense.subspan(i * row + schema.offset(feature), classes), labels);
    }
  }
  for (const v1::LabelForm form : forms) {
    if (form != v1::LABEL_FORM_SOFT) continue;
    labels.set_soft(reinterpret_cast<const char*>(dense.data()), count * row * sizeof(float));
  }
  return labels;
}

int64_t LabelBytesPerImage(const FeatureSchema& schema, const std::vector<v1::LabelForm>& forms) {
  int64_t bytes = 0;
  for (const v1::LabelForm form : forms) {
    switch (form) {
      case v1::LABEL_FORM_CLASS:
        bytes += 4 * schema.size();
        break;
      case v1::LABEL_FORM_PAIR:
        bytes += 12 * schema.size();
        break;
      default:
        bytes += int64_t{4} * schema.total_classes();
    }
  }
  return bytes;
}

}  // namespace facet::model
