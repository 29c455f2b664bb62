// SPDX-License-Identifier: Apache-2.0
#include "model/augment/feature_items.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
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
  Mistakes mistakes;
  std::set<int> seen;
  for (int i = 0; i < names.size() && !mistakes.full(); ++i) {
    const std::string path = absl::StrCat("classes[", i, "]");
    int found = 0;
    if (!mistakes.Take(schema.FindClass(feature, names[i]), found, path)) continue;
    if (!seen.insert(found).second) {
      mistakes.Add(InvalidField(path, "DUPLICATE_CLASS", absl::StrCat("class '", names[i], "' is listed twice")));
    }
    classes.push_back(found);
  }
  RETURN_IF_ERROR(mistakes.ToStatus());
  return classes;
}

absl::Status MissingKind() {
  return InvalidField("kind", "MISSING_KIND", "give one of classes, fixed, pairs and triples");
}

// What the enum and the older switch say together.
absl::StatusOr<Across> ReadAcross(v1::MixAcross across, bool include_self) {
  switch (across) {
    case v1::MIX_ACROSS_UNSPECIFIED:
      return include_self ? Across::kEither : Across::kAlways;
    case v1::MIX_ACROSS_NEVER:
      return Across::kNever;
    case v1::MIX_ACROSS_ALWAYS:
      if (!include_self) return Across::kAlways;
      return InvalidField("include_self", "CONTRADICTION", "include_self and across: ALWAYS exclude each other");
    case v1::MIX_ACROSS_EITHER:
      return Across::kEither;
    default:
      return InvalidField("across", "UNKNOWN_VALUE", absl::StrCat(static_cast<int>(across), " is no MixAcross"));
  }
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

// What can be told of a recipe though its feature is not known.
absl::Status CheckWithoutFeature(const v1::FeatureRecipe& recipe) {
  Mistakes mistakes;
  switch (recipe.kind_case()) {
    case v1::FeatureRecipe::kPairs:
      mistakes.Add(MixRatio::OfPair(recipe.pairs()).status(), "pairs");
      mistakes.Add(ReadAcross(recipe.pairs().across(), recipe.pairs().include_self()).status(), "pairs");
      return mistakes.ToStatus();
    case v1::FeatureRecipe::kTriples:
      mistakes.Add(MixRatio::OfTriple(recipe.triples()).status(), "triples");
      mistakes.Add(ReadAcross(recipe.triples().across(), false).status(), "triples");
      return mistakes.ToStatus();
    case v1::FeatureRecipe::KIND_NOT_SET:
      return MissingKind();
    default:
      return absl::OkStatus();
  }
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
  if (!feature.ok()) {
    Mistakes mistakes;
    mistakes.Add(feature.status(), "feature");
    mistakes.Add(CheckWithoutFeature(recipe));
    return mistakes.ToStatus();
  }
  FeatureItems items;
  items.feature_ = *feature;
  items.sampled_ = recipe.sample();
  switch (recipe.kind_case()) {
    case v1::FeatureRecipe::kClasses: {
      auto classes = FindClasses(schema, *feature, recipe.classes().classes());
      if (!classes.ok()) return PrefixField(classes.status(), "classes");
      items.classes_ = *std::move(classes);
      return items;
    }
    case v1::FeatureRecipe::kFixed: {
      auto fixed = ResolveFixed(schema, *feature, recipe.fixed());
      if (!fixed.ok()) return PrefixField(fixed.status(), "fixed");
      items.fixed_ = *std::move(fixed);
      return items;
    }
    case v1::FeatureRecipe::kPairs:
      RETURN_IF_ERROR(PrefixField(items.ReadPairs(schema, recipe.pairs()), "pairs"));
      return items;
    case v1::FeatureRecipe::kTriples:
      RETURN_IF_ERROR(PrefixField(items.ReadTriples(schema, recipe.triples()), "triples"));
      return items;
    case v1::FeatureRecipe::KIND_NOT_SET:
      break;
  }
  return MissingKind();
}

absl::Status FeatureItems::ReadPairs(const FeatureSchema& schema, const v1::PairMix& mix) {
  return ReadMix(FindClasses(schema, feature_, mix.classes()), MixRatio::OfPair(mix),
                 ReadAcross(mix.across(), mix.include_self()), 2, mix.ordered());
}

absl::Status FeatureItems::ReadTriples(const FeatureSchema& schema, const v1::TripleMix& mix) {
  return ReadMix(FindClasses(schema, feature_, mix.classes()), MixRatio::OfTriple(mix), ReadAcross(mix.across(), false),
                 3, mix.ordered());
}

absl::Status FeatureItems::ReadMix(absl::StatusOr<std::vector<int>> classes, absl::StatusOr<MixRatio> ratio,
                                   absl::StatusOr<Across> across, int parents, bool ordered) {
  Mistakes mistakes;
  const bool countable = classes.ok() && across.ok();
  mistakes.Take(std::move(classes), classes_);
  mistakes.Take(std::move(ratio), ratio_);
  mistakes.Add(across.status());
  if (countable) mistakes.Add(Tuple(parents, *across, ordered));
  return mistakes.ToStatus();
}

absl::Status FeatureItems::Tuple(int parents, Across across, bool ordered) {
  tuples_ = ClassTuples(static_cast<int64_t>(classes_.size()), parents, across, ordered);
  if (tuples_->size() > 0) return absl::OkStatus();
  return InvalidField("classes", "TOO_FEW_CLASSES",
                      absl::StrCat("a mix of ", parents, " needs ", parents, " classes, or across: EITHER; there ",
                                   classes_.size() == 1 ? "is" : "are", " ", classes_.size()));
}

int64_t FeatureItems::size() const {
  if (!fixed_.empty()) return 1;
  return tuples_.has_value() ? tuples_->size() : static_cast<int64_t>(classes_.size());
}

void FeatureItems::Write(int64_t i, const MixRatio::Weights& parents, absl::Span<float> weights) const {
  if (!fixed_.empty()) {
    std::copy(fixed_.begin(), fixed_.end(), weights.begin());
  } else if (!tuples_.has_value()) {
    weights[classes_[i]] = 1;
  } else {
    const ClassTuples::Tuple tuple = tuples_->At(i);
    for (int k = 0; k < ratio_->parents(); ++k) weights[classes_[tuple[k]]] += parents[k];
  }
}

}  // namespace facet::model
