// SPDX-License-Identifier: Apache-2.0
// What an import of KDEF takes and makes: choices, features, labels.
#ifndef FACET_MODEL_DATA_KDEF_PLAN_H_
#define FACET_MODEL_DATA_KDEF_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/kdef_source.h"
#include "model/features/schema.h"

namespace facet::model {

// The options with defaults in place; indices ascend.
struct KdefPlan {
  int side = 0;               // pixels
  std::vector<int> sessions;  // in KdefSessions()
  std::vector<int> expressions;
  std::vector<int> angles;
  std::vector<int> people;      // in KdefPeople()
  std::vector<int> transforms;  // in SquareTransformNames()
};

// Errors of ValidateKdefOptions.
absl::StatusOr<KdefPlan> MakeKdefPlan(const v1::KdefImportOptions& options);

// Those of `pictures` that the plan takes.
std::vector<KdefSource::Picture> ChooseKdefPictures(const KdefPlan& plan,
                                                    const std::vector<KdefSource::Picture>& pictures);

// INVALID_ARGUMENT (reason NO_SUCH_PICTURES, field "kdef.sessions[0]" or the
// like) where a value that `options` names is in none of `pictures`; `missing`
// goes on after the value: "is in no picture". `faces_found`: the pictures are
// those with a face, so that a person may be in none.
absl::Status CheckKdefChoices(const v1::KdefImportOptions& options, const std::vector<KdefSource::Picture>& pictures,
                              const std::string& missing, bool faces_found = false);

// INVALID_ARGUMENT (reason ONE_PERSON); `pictures` is not empty.
absl::Status CheckSeveralPeople(const std::vector<KdefSource::Picture>& pictures);

// The features of some pictures in every transform of the plan, and their
// labels.
class KdefLabels {
 public:
  // `pictures` is not empty.
  KdefLabels(const KdefPlan& plan, const std::vector<KdefSource::Picture>& pictures);

  FeatureSchema schema() const;
  // Class indices of a picture in the plan's transform number `transform`.
  std::vector<uint16_t> Of(const KdefName& name, size_t transform) const;

 private:
  std::vector<std::string> identities_;  // sorted
  std::vector<int> sessions_;            // those there are; likewise below
  std::vector<int> expressions_;
  std::vector<int> angles_;
  std::vector<int> transforms_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_KDEF_PLAN_H_
