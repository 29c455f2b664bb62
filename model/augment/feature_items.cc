// SPDX-License-Identifier: Apache-2.0
#include "model/augment/feature_items.h"

#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/features/feature_vector.h"

namespace facet::model {
namespace {

absl::StatusOr<std::vector<int>> FindClasses(const FeatureSchema& schema, int feature,
                                             const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<int> classes;
  if (names.empty()) {
    classes.resize(schema.features()[feature].classes.size());
    std::iota(classes.begin(), classes.end(), 0);
    return classes;
  }
  std::set<int> seen;
  for (int i = 0; i < names.size(); ++i) {
    const std::string path = absl::StrCat("classes[", i, "]");
    auto found = schema.FindClass(feature, names[i]);
    if (!found.ok()) return PrefixField(found.status(), path);
    if (!seen.insert(*found).second) {
      return InvalidField(path, "DUPLICATE_CLASS", absl::StrCat("class '", names[i], "' is listed twice"));
    }
    classes.push_back(*found);
  }
  return classes;
}

absl::Status CheckUnit(float value, absl::string_view field) {
  if (value >= 0 && value <= 1) return absl::OkStatus();
  return InvalidField(field, "BAD_RATIO", absl::StrCat("the ratio ", value, " must lie in [0, 1]"));
}

// Weights of one feature, resolved as those of a vector would be.
absl::StatusOr<std::vector<float>> ResolveFixed(const FeatureSchema& schema, int feature,
                                                const v1::FeatureWeights& weights) {
  const Feature& named = schema.features()[feature];
  if (!weights.feature().empty() && weights.feature() != named.name) {
    return InvalidField("feature", "OTHER_FEATURE",
                        absl::StrCat("'", weights.feature(), "' must be '", named.name, "' as in the recipe"));
  }
  ASSIGN_OR_RETURN(const FeatureSchema alone, FeatureSchema::Create({named}));
  v1::FeatureVector vector;
  *vector.add_features() = weights;
  vector.mutable_features(0)->set_feature(named.name);
  std::vector<float> dense(named.classes.size());
  absl::Status status = ResolveFeatureVector(alone, vector, absl::MakeSpan(dense));
  if (status.ok()) return dense;
  // The path begins at the vector we made up, not at what the caller wrote.
  const std::string field = GetErrorDetail(status).field.value_or("");
  constexpr absl::string_view kMadeUp = "features[0].";
  const std::string path = field.rfind(std::string(kMadeUp), 0) == 0 ? field.substr(kMadeUp.size()) : "";
  return InvalidField(path, GetErrorDetail(status).reason, status.message());
}

// Unordered pairs before those whose first place is `first`, of `n` classes.
int64_t PairsBefore(int64_t first, int64_t n, bool include_self) {
  const int64_t longest = include_self ? n : n - 1;
  return first * longest - first * (first - 1) / 2;
}

}  // namespace

FeatureItems FeatureItems::AllClasses(const FeatureSchema& schema, int feature) {
  FeatureItems items;
  items.feature_ = feature;
  items.classes_.resize(schema.features()[feature].classes.size());
  std::iota(items.classes_.begin(), items.classes_.end(), 0);
  return items;
}

absl::StatusOr<FeatureItems> FeatureItems::Create(const FeatureSchema& schema, const v1::FeatureRecipe& recipe) {
  auto feature = schema.FindFeature(recipe.feature());
  if (!feature.ok()) return PrefixField(feature.status(), "feature");
  switch (recipe.kind_case()) {
    case v1::FeatureRecipe::kClasses: {
      FeatureItems items = AllClasses(schema, *feature);
      auto classes = FindClasses(schema, *feature, recipe.classes().classes());
      if (!classes.ok()) return PrefixField(classes.status(), "classes");
      items.classes_ = *std::move(classes);
      return items;
    }
    case v1::FeatureRecipe::kFixed: {
      FeatureItems items;
      items.feature_ = *feature;
      items.kind_ = Kind::kFixed;
      auto fixed = ResolveFixed(schema, *feature, recipe.fixed());
      if (!fixed.ok()) return PrefixField(fixed.status(), "fixed");
      items.fixed_ = *std::move(fixed);
      return items;
    }
    case v1::FeatureRecipe::kPairs: {
      auto items = CreatePairs(schema, *feature, recipe.pairs());
      if (!items.ok()) return PrefixField(items.status(), "pairs");
      return items;
    }
    case v1::FeatureRecipe::KIND_NOT_SET:
      break;
  }
  return InvalidField("kind", "MISSING_KIND", "give one of classes, fixed and pairs");
}

absl::StatusOr<FeatureItems> FeatureItems::CreatePairs(const FeatureSchema& schema, int feature,
                                                       const v1::PairMix& mix) {
  FeatureItems items;
  items.feature_ = feature;
  items.kind_ = Kind::kPairs;
  ASSIGN_OR_RETURN(items.classes_, FindClasses(schema, feature, mix.classes()));
  items.ordered_ = mix.ordered();
  items.include_self_ = mix.include_self();
  if (items.classes_.size() < 2 && !items.include_self_) {
    return InvalidField("classes", "TOO_FEW_CLASSES", "a pair needs two classes, or include_self");
  }
  switch (mix.ratio_case()) {
    case v1::PairMix::kRange:
      items.ratio_ = Ratio::kRange;
      items.low_ = mix.range().min();
      items.high_ = mix.range().max();
      RETURN_IF_ERROR(CheckUnit(items.low_, "range.min"));
      RETURN_IF_ERROR(CheckUnit(items.high_, "range.max"));
      if (items.low_ > items.high_) return InvalidField("range", "BAD_RATIO", "min must not be above max");
      break;
    case v1::PairMix::kBeta:
      items.ratio_ = Ratio::kBeta;
      items.low_ = mix.beta();
      if (!(items.low_ > 0) || !std::isfinite(items.low_)) {
        return InvalidField("beta", "BAD_RATIO", absl::StrCat("beta ", items.low_, " must be finite and above 0"));
      }
      break;
    case v1::PairMix::kFixed:
      items.low_ = mix.fixed();
      RETURN_IF_ERROR(CheckUnit(items.low_, "fixed"));
      break;
    case v1::PairMix::RATIO_NOT_SET:
      return InvalidField("ratio", "MISSING_RATIO", "give one of fixed, range and beta");
  }
  return items;
}

int64_t FeatureItems::size() const {
  const int64_t n = static_cast<int64_t>(classes_.size());
  switch (kind_) {
    case Kind::kClasses:
      return n;
    case Kind::kFixed:
      return 1;
    case Kind::kPairs:
      return ordered_ ? n * (include_self_ ? n : n - 1) : PairsBefore(n, n, include_self_);
  }
  return 0;
}

FeatureItems::Pair FeatureItems::PairAt(int64_t i) const {
  const int64_t n = static_cast<int64_t>(classes_.size());
  if (ordered_) {
    const int64_t partners = include_self_ ? n : n - 1;
    const int64_t first = i / partners, rest = i % partners;
    return {first, include_self_ || rest < first ? rest : rest + 1};
  }
  int64_t low = 0, high = n - 1;  // the last first place whose pairs begin at or before i
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    if (PairsBefore(middle, n, include_self_) <= i) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return {low, low + (i - PairsBefore(low, n, include_self_)) + (include_self_ ? 0 : 1)};
}

float FeatureItems::DrawRatio(CounterRandom& random) const {
  switch (ratio_) {
    case Ratio::kFixed:
      return low_;
    case Ratio::kRange:
      return low_ + (high_ - low_) * static_cast<float>(random.NextDouble());
    case Ratio::kBeta:
      return static_cast<float>(random.NextBeta(low_));
  }
  return low_;
}

void FeatureItems::Write(int64_t i, CounterRandom& random, absl::Span<float> weights) const {
  switch (kind_) {
    case Kind::kClasses:
      weights[classes_[i]] = 1;
      return;
    case Kind::kFixed:
      std::copy(fixed_.begin(), fixed_.end(), weights.begin());
      return;
    case Kind::kPairs: {
      const Pair pair = PairAt(i);
      const float ratio = DrawRatio(random);
      weights[classes_[pair.first]] += ratio;
      weights[classes_[pair.second]] += 1 - ratio;
      return;
    }
  }
}

}  // namespace facet::model
