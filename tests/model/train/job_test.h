// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_MODEL_TRAIN_JOB_TEST_H_
#define FACET_TESTS_MODEL_TRAIN_JOB_TEST_H_

#include <atomic>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "model/train/job_files.h"
#include "model/train/trainer_job.h"
#include "tests/model/train/fragile_file_system.h"
#include "tests/model/train/job_samples.h"

namespace facet::model {

// Runs the job in a folder here, as often as a test likes, on a disk that can
// fail.
class JobTest : public testing::Test {
 protected:
  explicit JobTest(std::string dir) : dir_(std::move(dir)) {}

  absl::StatusOr<JobOutcome> Run() {
    sink_.events.clear();
    TrainerJobOptions options;
    options.job_dir = dir_;
    options.device = "cpu";
    options.file_system = &disk_;
    options.sink = &sink_;
    options.disk_patience = absl::ZeroDuration();
    return RunTrainerJob(options, stop_);
  }
  template <typename Change>
  void ChangeSpec(Change change) {
    internal::TrainerSpec spec = *ReadTrainerSpec(disk_, dir_);
    change(spec);
    WriteSpec(dir_, spec);
  }
  const internal::TrainerEvent& Last() const { return sink_.events.back(); }

  FragileFileSystem disk_;
  RecordingSink sink_;  // of the last run
  std::atomic<bool> stop_{false};
  std::string dir_;
};

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_TRAIN_JOB_TEST_H_
