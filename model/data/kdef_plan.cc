// SPDX-License-Identifier: Apache-2.0
#include "model/data/kdef_plan.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/choice.h"
#include "model/data/face_cropper.h"
#include "model/image/square_transform.h"

namespace facet::model {
namespace {

using Names = std::vector<std::string>;
using Pictures = std::vector<KdefSource::Picture>;

constexpr int kDefaultSide = 158;
constexpr int kMinSide = 8;
constexpr int kMaxSide = 1024;

Names ToNames(const google::protobuf::RepeatedPtrField<std::string>& field) { return {field.begin(), field.end()}; }

bool Contains(const std::vector<int>& sorted, int value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

uint16_t PlaceOf(const std::vector<int>& sorted, int value) {
  return static_cast<uint16_t>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
}

// The different values of one part of the names, ascending.
template <typename Value>
std::vector<Value> ValuesOf(const Pictures& pictures, Value KdefName::*part) {
  std::set<Value> values;
  for (const KdefSource::Picture& picture : pictures) values.insert(picture.name.*part);
  return {values.begin(), values.end()};
}

Names NamesOf(const std::vector<int>& indices, const Names& names) {
  Names chosen;
  for (const int index : indices) chosen.push_back(names[index]);
  return chosen;
}

// Every value that a repeated field names must be one of those in the pictures.
absl::Status CheckAsked(absl::string_view field, const Names& asked, const Names& present, const std::string& missing) {
  for (size_t i = 0; i < asked.size(); ++i) {
    if (std::find(present.begin(), present.end(), asked[i]) != present.end()) continue;
    const std::string rest =
        present.empty() ? "There are none at all." : absl::StrCat("There are: ", absl::StrJoin(present, ", "), ".");
    return InvalidField(absl::StrCat("kdef.", field, "[", i, "]"), "NO_SUCH_PICTURES",
                        absl::StrCat("'", asked[i], "' ", missing, ". ", rest));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KdefPlan> MakeKdefPlan(const v1::KdefImportOptions& options) {
  const int side = options.image_size();
  if (side != 0 && (side < kMinSide || side > kMaxSide)) {
    return InvalidField(
        "image_size", "OUT_OF_RANGE",
        absl::StrCat("must be in [", kMinSide, ", ", kMaxSide, "], or 0 for ", kDefaultSide, ", not ", side));
  }
  KdefPlan plan;
  plan.side = side == 0 ? kDefaultSide : side;
  ASSIGN_OR_RETURN(plan.sessions, Choose("sessions", ToNames(options.sessions()), KdefSessions()));
  ASSIGN_OR_RETURN(plan.expressions, Choose("expressions", ToNames(options.expressions()), KdefExpressions()));
  ASSIGN_OR_RETURN(plan.angles, Choose("angles", ToNames(options.angles()), KdefAngles()));
  ASSIGN_OR_RETURN(plan.people, Choose("people", ToNames(options.people()), KdefPeople()));
  ASSIGN_OR_RETURN(plan.transforms, Choose("transforms", ToNames(options.transforms()), SquareTransformNames()));
  RETURN_IF_ERROR(PrefixField(ValidateFaceCrop(options.face_crop()), "face_crop"));
  return plan;
}

Pictures ChooseKdefPictures(const KdefPlan& plan, const Pictures& pictures) {
  Pictures chosen;
  const Names names = NamesOf(plan.people, KdefPeople());
  const std::set<std::string> people(names.begin(), names.end());
  std::copy_if(pictures.begin(), pictures.end(), std::back_inserter(chosen), [&](const auto& picture) {
    return Contains(plan.sessions, picture.name.session) && Contains(plan.expressions, picture.name.expression) &&
           Contains(plan.angles, picture.name.angle) && people.contains(picture.name.identity);
  });
  return chosen;
}

absl::Status CheckKdefChoices(const v1::KdefImportOptions& options, const Pictures& pictures,
                              const std::string& missing, bool faces_found) {
  const auto check = [&](absl::string_view field, const auto& asked, int KdefName::*part, const Names& names) {
    return CheckAsked(field, ToNames(asked), NamesOf(ValuesOf(pictures, part), names), missing);
  };
  RETURN_IF_ERROR(check("sessions", options.sessions(), &KdefName::session, KdefSessions()));
  RETURN_IF_ERROR(check("expressions", options.expressions(), &KdefName::expression, KdefExpressions()));
  RETURN_IF_ERROR(check("angles", options.angles(), &KdefName::angle, KdefAngles()));
  if (faces_found) return absl::OkStatus();
  return CheckAsked("people", ToNames(options.people()), ValuesOf(pictures, &KdefName::identity), missing);
}

absl::Status CheckSeveralPeople(const Pictures& pictures) {
  const std::string& first = pictures.front().name.identity;
  const bool one = std::all_of(pictures.begin(), pictures.end(),
                               [&](const auto& picture) { return picture.name.identity == first; });
  if (!one) return absl::OkStatus();
  return WithReason(absl::InvalidArgumentError(
                        absl::StrCat("all pictures show one person, ", first,
                                     ": a model learns what people differ in, so bring the pictures of two or more")),
                    "ONE_PERSON");
}

KdefLabels::KdefLabels(const KdefPlan& plan, const Pictures& pictures)
    : identities_(ValuesOf(pictures, &KdefName::identity)),
      sessions_(ValuesOf(pictures, &KdefName::session)),
      expressions_(ValuesOf(pictures, &KdefName::expression)),
      angles_(ValuesOf(pictures, &KdefName::angle)),
      transforms_(plan.transforms) {}

FeatureSchema KdefLabels::schema() const {
  std::vector<Feature> features = {{"identity", identities_}, {"expression", NamesOf(expressions_, KdefExpressions())}};
  if (sessions_.size() > 1) features.push_back({"session", NamesOf(sessions_, KdefSessions())});
  if (angles_.size() > 1) features.push_back({"angle", NamesOf(angles_, KdefAngles())});
  if (transforms_.size() > 1) features.push_back({"transform", NamesOf(transforms_, SquareTransformNames())});
  return FeatureSchema::Create(std::move(features)).value();  // names and numbers are known to be good
}

std::vector<uint16_t> KdefLabels::Of(const KdefName& name, size_t transform) const {
  const auto identity = std::lower_bound(identities_.begin(), identities_.end(), name.identity);
  std::vector<uint16_t> labels = {static_cast<uint16_t>(identity - identities_.begin()),
                                  PlaceOf(expressions_, name.expression)};
  if (sessions_.size() > 1) labels.push_back(PlaceOf(sessions_, name.session));
  if (angles_.size() > 1) labels.push_back(PlaceOf(angles_, name.angle));
  if (transforms_.size() > 1) labels.push_back(static_cast<uint16_t>(transform));
  return labels;
}

}  // namespace facet::model
