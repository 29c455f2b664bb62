// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/quality_filter.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"
#include "model/augment/photometric.h"

namespace facet::server {
namespace {

constexpr int kMaxAttempts = 16;

absl::Status CheckSharpness(const v1::SharpnessFilter& sharpness) {
  const float min = sharpness.min(), max = sharpness.max();
  if (std::isfinite(min) && std::isfinite(max) && min >= 0 && (max == 0 || max >= min)) return absl::OkStatus();
  return InvalidField(
      "sharpness", "OUT_OF_RANGE",
      absl::StrCat("min ", min, " and max ", max, " must be at least 0, max not below min (or 0: no end)"));
}

absl::Status DuplicateFeature(const std::string& feature) {
  return InvalidField("feature", "DUPLICATE_FEATURE", absl::StrCat("feature '", feature, "' has a judge already"));
}

absl::Status CheckSize(const ImageJudge& judge, const model::ImageShape& shape) {
  const int side = judge.image_size();
  if (shape.height == side && shape.width == side) return absl::OkStatus();
  const absl::Status status = absl::FailedPreconditionError(
      absl::StrCat("the judge ", judge.name(), " takes images of ", side, " x ", side, ", not ", shape.height, " x ",
                   shape.width, ", which the model renders"));
  return WithField(WithReason(status, "SHAPE_MISMATCH"), "judge");
}

}  // namespace

absl::StatusOr<QualityFilter> QualityFilter::Create(const v1::QualityFilter& recipe, const model::FeatureSchema& schema,
                                                    const model::ImageShape& shape, absl::string_view own_model,
                                                    const JudgeProvider& judges) {
  QualityFilter filter;
  Mistakes mistakes;
  if (recipe.has_attempts()) filter.attempts_ = recipe.attempts();
  if (filter.attempts_ < 0 || filter.attempts_ > kMaxAttempts) {
    mistakes.Add(InvalidField("attempts", "OUT_OF_RANGE",
                              absl::StrCat("attempts ", filter.attempts_, " must lie in [0, ", kMaxAttempts, "]")));
  }
  if (recipe.has_sharpness()) {
    mistakes.Add(CheckSharpness(recipe.sharpness()));
    filter.sharpness_ = true;
    filter.min_sharpness_ = recipe.sharpness().min();
    if (recipe.sharpness().max() > 0) filter.max_sharpness_ = recipe.sharpness().max();
  }
  // Each judge costs memory and time; a schema bounds their number.
  std::set<std::string> judged;
  for (int i = 0; i < recipe.confidence_size() && !mistakes.full(); ++i) {
    const v1::ConfidenceFilter& confidence = recipe.confidence(i);
    const bool again = !judged.insert(confidence.feature()).second;
    mistakes.Add(
        again ? DuplicateFeature(confidence.feature()) : filter.AddBelief(confidence, schema, shape, own_model, judges),
        absl::StrCat("confidence[", i, "]"));
  }
  RETURN_IF_ERROR(mistakes.ToStatus());
  if (filter.sharpness_ || !filter.beliefs_.empty()) return filter;
  return InvalidField("", "EMPTY_FILTER", "the filter names neither confidence nor sharpness");
}

absl::Status QualityFilter::AddBelief(const v1::ConfidenceFilter& recipe, const model::FeatureSchema& schema,
                                      const model::ImageShape& shape, absl::string_view own_model,
                                      const JudgeProvider& judges) {
  Mistakes mistakes;
  int feature = 0;
  mistakes.Take(schema.FindFeature(recipe.feature()), feature, "feature");
  if (!(recipe.min() > 0 && recipe.min() <= 1)) {
    mistakes.Add(InvalidField("min", "OUT_OF_RANGE", absl::StrCat("min ", recipe.min(), " must lie in (0, 1]")));
  }
  RETURN_IF_ERROR(mistakes.ToStatus());
  if (judges == nullptr) {
    return WithReason(absl::UnimplementedError("this server has no classifier that could judge; filter by sharpness"),
                      "NO_JUDGE");
  }
  auto judge = judges(recipe.judge().empty() ? own_model : absl::string_view(recipe.judge()), "judge");
  if (!judge.ok()) return judge.status();
  const model::FeatureSchema& known = (*judge)->schema();
  const auto judged = known.FindFeature(recipe.feature());
  if (!judged.ok() || known.features()[*judged] != schema.features()[feature] || !(*judge)->Knows(*judged)) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("the judge ", (*judge)->name(), " was not taught '",
                                                                 recipe.feature(), "' with the same classes")),
                      "SCHEMA_MISMATCH");
  }
  RETURN_IF_ERROR(CheckSize(**judge, shape));
  const int classes = static_cast<int>(schema.features()[feature].classes.size());
  beliefs_.push_back({*std::move(judge), schema.offset(feature), known.offset(*judged), classes, recipe.min()});
  return absl::OkStatus();
}

std::string QualityFilter::judges() const {
  std::string text;
  for (const Belief& belief : beliefs_) {
    absl::StrAppend(&text, belief.judge->name(), " ", belief.judge->digest(), "\n");
  }
  return text;
}

std::vector<std::string> QualityFilter::judge_versions() const {
  std::vector<std::string> versions;
  for (const Belief& belief : beliefs_) versions.push_back(belief.judge->name());
  return versions;
}

absl::StatusOr<std::vector<QualityFilter::Verdict>> QualityFilter::Judge(absl::Span<const float> images,
                                                                         const model::ImageShape& shape,
                                                                         absl::Span<const float> dense,
                                                                         int count) const {
  std::vector<Verdict> verdicts(count, Verdict::kKept);
  const size_t row = count == 0 ? 0 : dense.size() / count;
  for (const Belief& belief : beliefs_) {
    const size_t judge_row = belief.judge->schema().total_classes();
    std::vector<float> probabilities(count * judge_row);
    RETURN_IF_ERROR(belief.judge->Classify(images, shape, count, absl::MakeSpan(probabilities)));
    for (int i = 0; i < count; ++i) {
      float believed = 0;
      for (int c = 0; c < belief.classes; ++c) {
        if (dense[i * row + belief.offset + c] > 0) believed += probabilities[i * judge_row + belief.judge_offset + c];
      }
      if (!(believed >= belief.min)) verdicts[i] = Verdict::kNotBelieved;
    }
  }
  for (int i = 0; sharpness_ && i < count; ++i) {
    const double sharpness = model::Sharpness(shape, images.subspan(i * shape.samples(), shape.samples()));
    if (sharpness < min_sharpness_ || sharpness > max_sharpness_) verdicts[i] = Verdict::kNotSharp;
  }
  return verdicts;
}

}  // namespace facet::server
