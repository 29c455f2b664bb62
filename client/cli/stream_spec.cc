// SPDX-License-Identifier: Apache-2.0
#include "client/cli/stream_spec.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "facet/client/feature_vector.h"

namespace facet::cli {
namespace {

// Keeps the first error of a text-format parse with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  std::string text;
};

absl::Status BadMix(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("--mix '", text, "': write feature, feature:0.5, feature:0.3-0.7 or feature:beta=0.4"));
}

}  // namespace

absl::StatusOr<v1::StreamSpec> ReadStreamSpec(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, FileSystem::Posix()->ReadFile(path));
  v1::StreamSpec spec;
  if (absl::EndsWith(path, ".json")) {
    const auto status = google::protobuf::util::JsonStringToMessage(text, &spec);
    if (status.ok()) return spec;
    return absl::InvalidArgumentError(absl::StrCat("'", path, "': ", std::string(status.message())));
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, &spec)) return spec;
  return absl::InvalidArgumentError(absl::StrCat("'", path, "', ", error.text));
}

absl::StatusOr<v1::FeatureRecipe> ParseMix(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  v1::FeatureRecipe recipe;
  recipe.set_feature(parts[0]);
  v1::PairMix& pairs = *recipe.mutable_pairs();
  absl::string_view ratio = parts.size() == 2 ? absl::string_view(parts[1]) : "0.5";
  float low = 0, high = 0;
  if (absl::ConsumePrefix(&ratio, "beta=")) {
    if (!absl::SimpleAtof(ratio, &low)) return BadMix(text);
    pairs.set_beta(low);
    return recipe;
  }
  const std::vector<std::string> range = absl::StrSplit(ratio, absl::MaxSplits('-', 1));
  if (!absl::SimpleAtof(range[0], &low)) return BadMix(text);
  if (range.size() == 1) {
    pairs.set_fixed(low);
    return recipe;
  }
  if (!absl::SimpleAtof(range[1], &high)) return BadMix(text);
  pairs.mutable_range()->set_min(low);
  pairs.mutable_range()->set_max(high);
  return recipe;
}

absl::StatusOr<v1::FeatureRecipe> ParseOnly(const std::string& text) {
  ASSIGN_OR_RETURN(v1::FeatureWeights weights, client::ParseFeatureWeights(text));
  v1::FeatureRecipe recipe;
  recipe.set_feature(weights.feature());
  bool mixed = false;
  for (const auto& weight : weights.weights()) mixed = mixed || weight.has_weight() || weight.has_index();
  if (mixed) {
    *recipe.mutable_fixed() = std::move(weights);
  } else {
    for (const auto& weight : weights.weights()) recipe.mutable_classes()->add_classes(weight.class_());
  }
  return recipe;
}

}  // namespace facet::cli
