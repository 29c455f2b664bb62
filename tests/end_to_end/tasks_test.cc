// SPDX-License-Identifier: Apache-2.0
// Jobs that measure a model, over the wire: what they come to, and what is wrong
// with what is asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "facet/client/error.h"
#include "tests/end_to_end/tiny_service.h"

namespace facet {
namespace {

using absl::StatusCode;
using client::Client;
using client::ErrorDescription;
using testing::AllOf;
using testing::HasSubstr;

class TasksTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    service_ = new TinyService;
    Must(service_->Train(
        "first", {"--publish", "tiny", "--hold-out", "colour:per=digit,example;missing=colour;count=4;seed=1"}));
    // Other examples, which nobody learnt from.
    Must(service_->Facet({"dataset", "import", "other", "--bundled", "digits", "--per-digit", "1", "--skip", "5"}));
    MakePictures();
    client_ = service_->Connect().release();
  }
  static void TearDownTestSuite() {
    delete client_;
    delete service_;
  }
  static void Must(const CommandResult& result) { ASSERT_EQ(result.exit_code, 0) << result.err; }
  // `small`, of 16 x 16, and `roman`, with a class that `tiny` does not have.
  static void MakePictures() {
    const std::string folder = service_->folder() / "pictures";
    for (const char* digit : {"0", "1"}) {
      const std::string set = absl::StrCat("digit=", digit);
      Must(service_->Facet({"render", "--model", "tiny", "--set", set, "--set", "colour=red", "--set", "rotation=0",
                            "--set", "example=0", "--out", service_->folder() / absl::StrCat(digit, ".png")}));
    }
    const auto import = [](const std::string& name, const std::string& size, const std::string& second) {
      const std::string at = absl::StrCat(name, "/");
      for (const char* picture : {"0.png", "1.png"}) {
        service_->folder().Write(at + picture, TempDir::Read(service_->folder() / picture));
      }
      service_->folder().Write(at + "manifest.csv", absl::StrCat("path,digit\n0.png,0\n1.png,", second, "\n"));
      Must(service_->Facet({"dataset", "import", name, service_->folder() / name, "--format", "csv", "--size", size}));
    };
    import("small", "16", "1");
    import("roman", "28", "xi");
  }

  // A request that would be right.
  static v1::CreateTrainingJobRequest Comparison() {
    v1::CreateTrainingJobRequest request;
    v1::TrainingSpec& spec = *request.mutable_spec();
    spec.set_dataset("tiny");
    v1::AugmentationTask& task = *spec.mutable_augmentation();
    task.set_model("tiny");
    task.set_feature("digit");
    task.set_mix_feature("example");
    task.add_tests()->set_name("other");
    task.mutable_tests(0)->set_dataset("other");
    task.add_sources(v1::TRAINING_SOURCE_ORIGINALS);
    task.add_sources(v1::TRAINING_SOURCE_SYNTHETIC);
    task.set_seeds(2);
    task.set_steps(15);
    task.set_batch_size(8);
    // What so little training draws is no good.
    task.mutable_filter()->set_min_confidence(1e-9);
    task.mutable_filter()->set_min_sharpness(1e-9);
    task.mutable_filter()->set_max_sharpness(1e9);
    return request;
  }
  static v1::CreateTrainingJobRequest Evaluation() {
    v1::CreateTrainingJobRequest request;
    request.mutable_spec()->set_dataset("tiny");
    request.mutable_spec()->mutable_evaluation()->set_model("tiny");
    return request;
  }
  static void ExpectBad(v1::CreateTrainingJobRequest request, const std::string& reason, const std::string& field) {
    request.set_validate_only(true);
    const absl::Status status = client_->CreateTrainingJob(request).status();
    const ErrorDescription details = client::DescribeError(status);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(details.reason, reason) << status;
    EXPECT_EQ(details.field, field) << status;
  }
  template <typename Change>
  static void ExpectBadTask(Change change, const std::string& reason, const std::string& field) {
    SCOPED_TRACE(reason);
    v1::CreateTrainingJobRequest request = Comparison();
    change(*request.mutable_spec()->mutable_augmentation());
    ExpectBad(request, reason, field);
  }

  static TinyService* service_;
  static Client* client_;
};
TinyService* TasksTest::service_ = nullptr;
Client* TasksTest::client_ = nullptr;

TEST_F(TasksTest, EvaluateMeasuresWhatTrainingDid) {
  const std::string file = service_->folder() / "report.json";
  const CommandResult evaluate = service_->Facet({"evaluate", "tiny", "tiny", "--id", "again", "--report", file});
  ASSERT_EQ(evaluate.exit_code, 0) << evaluate.err;
  EXPECT_THAT(evaluate.out, AllOf(HasSubstr("evaluation with models/tiny@1"), HasSubstr("held out 'colour'")));
  EXPECT_THAT(TempDir::Read(file), HasSubstr("\"judge_train_images\""));
  const auto trained = client_->GetTrainingJob("first");
  const auto measured = client_->GetTrainingJob("again");
  ASSERT_TRUE(measured.ok()) << measured.status();
  EXPECT_EQ(measured->model_version(), "models/tiny@1");
  const auto& held_out = measured->report().held_out(0);
  EXPECT_EQ(held_out.DebugString(), trained->report().held_out(0).DebugString())
      << "the model's own held-out cells, judge and seed";
  EXPECT_EQ(measured->report().judge_train_images(), 240 - held_out.cell_count());
}

TEST_F(TasksTest, AnotherJudgeIsAskedFor) {
  const CommandResult evaluate =
      service_->Facet({"evaluate", "tiny@1", "tiny", "--judge-seed", "7", "--judge-steps", "5", "--train-on-synthetic",
                       "--hold-out", "turned:per=digit,example;missing=rotation;count=2"});
  ASSERT_EQ(evaluate.exit_code, 0) << evaluate.err;
  EXPECT_THAT(evaluate.out, AllOf(HasSubstr("held out 'turned'"), HasSubstr("the judge: seed 7"),
                                  HasSubstr("learnt from rendered images alone")));
}

TEST_F(TasksTest, AComparisonEndsWithItsReport) {
  v1::CreateTrainingJobRequest request = Comparison();
  request.set_training_job_id("compare");
  const auto made = client_->CreateTrainingJob(request);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->test_dataset_versions(0), "datasets/other@1");
  EXPECT_GT(made->estimate().duration().seconds() + made->estimate().duration().nanos(), 0);
  // Neither data set goes while it is needed; this one may have ended already.
  const CommandResult watch = service_->Facet({"jobs", "watch", "compare"});
  ASSERT_EQ(watch.exit_code, 0) << watch.err;
  EXPECT_THAT(watch.out, AllOf(HasSubstr("augmentation with models/tiny@1, tested on datasets/other@1"),
                               HasSubstr("SOURCE"), HasSubstr("synthetic images: 360 rendered, 360 kept")));
  const auto job = client_->GetTrainingJob("compare");
  ASSERT_EQ(job->augmentation_report().sources_size(), 2);
  const auto& synthetic = job->augmentation_report().sources(1);
  EXPECT_EQ(synthetic.name(), "synthetic");
  EXPECT_EQ(synthetic.images(), 360);
  EXPECT_EQ(synthetic.tests(0).images(), 120);
  EXPECT_EQ(synthetic.tests(0).accuracy_size(), 2);
  EXPECT_TRUE(synthetic.tests(0).has_difference());
  EXPECT_FALSE(job->has_report());
  EXPECT_THAT(service_->Facet({"jobs", "list"}).out, AllOf(HasSubstr("augmentation"), HasSubstr("60/60")));
}

TEST_F(TasksTest, MakeNoModel) {
  v1::CreateTrainingJobRequest request = Evaluation();
  request.set_training_job_id("no-model");
  ASSERT_TRUE(client_->CreateTrainingJob(request).ok());
  const CommandResult publish = service_->Facet({"models", "publish", "no-model", "--as", "x"});
  EXPECT_EQ(publish.exit_code, 4);
  EXPECT_THAT(publish.err, HasSubstr("makes none"));
}

TEST_F(TasksTest, ADataSetThatAJobTestsOnStays) {
  v1::CreateTrainingJobRequest request = Comparison();
  request.set_training_job_id("long");
  request.mutable_spec()->mutable_augmentation()->set_steps(1'000'000);
  ASSERT_TRUE(client_->CreateTrainingJob(request).ok());
  const CommandResult removed = service_->Facet({"dataset", "rm", "other"});
  EXPECT_EQ(removed.exit_code, 4);
  EXPECT_THAT(removed.err, HasSubstr("trainingJobs/long"));
  EXPECT_EQ(service_->Facet({"jobs", "cancel", "long"}).exit_code, 0);
  EXPECT_EQ(service_->Facet({"jobs", "watch", "long"}).exit_code, 9);
}

TEST_F(TasksTest, WhatTheyAreMadeFromIsRight) {
  for (v1::CreateTrainingJobRequest request : {Comparison(), Evaluation()}) {
    request.set_validate_only(true);
    const auto job = client_->CreateTrainingJob(request);
    EXPECT_TRUE(job.ok()) << job.status();
  }
}

TEST_F(TasksTest, BadComparisonsNameTheirField) {
  ExpectBadTask([](auto& task) { task.set_feature("digits"); }, "UNKNOWN_FEATURE", "spec.augmentation.feature");
  ExpectBadTask([](auto& task) { task.set_mix_feature("digit"); }, "SAME_FEATURE", "spec.augmentation.mix_feature");
  ExpectBadTask([](auto& task) { task.set_seeds(101); }, "OUT_OF_RANGE", "spec.augmentation.seeds");
  ExpectBadTask([](auto& task) { task.set_seeds(-1); }, "OUT_OF_RANGE", "spec.augmentation.seeds");
  ExpectBadTask([](auto& task) { task.clear_tests(); }, "REQUIRED", "spec.augmentation.tests");
  const std::string test = "spec.augmentation.tests[0].dataset";
  ExpectBadTask([](auto& task) { task.mutable_tests(0)->set_dataset("small"); }, "OTHER_SIZE", test);
  ExpectBadTask([](auto& task) { task.mutable_tests(0)->set_dataset("roman"); }, "UNKNOWN_CLASS", test);
  ExpectBadTask([](auto& task) { task.mutable_tests(0)->set_dataset("tiny"); }, "TEST_SEEN", test);
}

TEST_F(TasksTest, WhatDoesNotGoWithAModelIsSaid) {
  v1::CreateTrainingJobRequest request = Evaluation();
  request.mutable_spec()->set_dataset("small");
  ExpectBad(request, "OTHER_SCHEMA", "spec.dataset");
  request = Evaluation();
  request.mutable_spec()->mutable_overrides()->set_steps(4);
  ExpectBad(request, "NOT_WITH_TASK", "spec.overrides");
  request = Evaluation();
  request.mutable_spec()->mutable_evaluation()->set_model("nobody");
  EXPECT_EQ(client_->CreateTrainingJob(request).status().code(), StatusCode::kNotFound);
  request = Evaluation();
  request.mutable_spec()->set_preset("digits");
  request.mutable_spec()->mutable_judge()->set_steps(-3);
  ExpectBad(request, "BAD_PRESET", "spec.judge.steps");
}

TEST_F(TasksTest, AFeatureOfOneClassIsNothingToRecognise) {
  Must(service_->Facet({"dataset", "import", "one", "--bundled", "digits", "--per-digit", "1"}));
  Must(service_->Facet({"train", "--dataset", "one", "--preset-file", TestFile("tiny.textproto"), "--steps", "4",
                        "--publish", "one", "--id", "one"}));
  v1::CreateTrainingJobRequest request = Comparison();
  request.mutable_spec()->set_dataset("one");
  request.mutable_spec()->mutable_augmentation()->set_model("one");
  ExpectBad(request, "ONE_CLASS", "spec.augmentation.mix_feature");
}

}  // namespace
}  // namespace facet
