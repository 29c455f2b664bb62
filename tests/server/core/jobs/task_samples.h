// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_TASK_SAMPLES_H_
#define FACET_TESTS_SERVER_CORE_JOBS_TASK_SAMPLES_H_

#include <string>

#include "base/error.h"
#include "model/preset/preset.h"
#include "server/core/jobs/job_start.h"
#include "tests/server/core/jobs/fake_datasets.h"
#include "tests/server/core/jobs/job_harness.h"

namespace facet::server {

// `models/digits@1`, trained on `datasets/digits@1` but for some colours; its
// bundle lies in `folder`.
inline ModelFinder FindDigitsModel(const std::string& folder) {
  return [folder](const std::string& name) -> absl::StatusOr<FoundModel> {
    if (name != "digits" && name != "models/digits@1") {
      return ResourceNotFound("facet.v1.Model", name, "there is no such model");
    }
    FoundModel found;
    found.bundle_dir = folder;
    found.version.set_name("models/digits@1");
    v1::ModelCard& card = *found.version.mutable_card();
    *card.mutable_schema() = FakeDatasets::schema();
    card.set_height(28);
    card.set_width(28);
    *card.mutable_preset() = *model::FindPreset(*FileSystem::Posix(), PresetDir(), "digits");
    card.set_dataset("datasets/digits@1");
    card.set_dataset_fingerprint("digits1");
    v1::HoldOutRule& rule = *card.add_hold_out();
    rule.set_name("of_the_model");
    rule.add_per("digit");
    rule.add_missing("colour");
    rule.set_count(3);
    return found;
  };
}

inline v1::TrainingSpec EvaluationSpec() {
  v1::TrainingSpec spec;
  spec.set_dataset("digits@1");
  spec.mutable_evaluation()->set_model("digits");
  return spec;
}

// Learns from version 1 and is tested on version 2.
inline v1::TrainingSpec AugmentationSpec() {
  v1::TrainingSpec spec;
  spec.set_dataset("digits@1");
  v1::AugmentationTask& task = *spec.mutable_augmentation();
  task.set_model("digits");
  task.set_feature("digit");
  task.set_mix_feature("example");
  task.add_tests()->set_name("other");
  task.mutable_tests(0)->set_dataset("digits@2");
  return spec;
}

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_TASK_SAMPLES_H_
