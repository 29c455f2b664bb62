// SPDX-License-Identifier: Apache-2.0
// Commands that start jobs and follow them.
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "base/process.h"
#include "gmock/gmock.h"
#include "tests/client/cli/facet_program.h"
#include "tests/end_to_end/server_process.h"

namespace facet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class TrainTest : public FacetProgramTest {
 protected:
  TrainTest() {
    server_.training.create = [this](const v1::CreateTrainingJobRequest& request, v1::TrainingJob* job) {
      asked_ = request;
      job->set_name("trainingJobs/j");
      return grpc::Status::OK;
    };
  }
  CommandResult Train(std::vector<std::string> words) {
    words.insert(words.begin(), {"train", "--dataset", "digits", "--preset", "digits"});
    return Facet(std::move(words));
  }

  // Answers those who watch or get the job that it has ended so.
  void End(v1::TrainingJobState state, std::string transition, v1::TrainingFailure failure = {}) {
    server_.training.watch = [state, transition](const v1::WatchTrainingJobRequest&,
                                                 grpc::ServerWriter<v1::TrainingEvent>* writer) {
      v1::TrainingEvent event;
      event.set_revision(1);
      event.set_state(state);
      event.set_transition(transition);
      writer->Write(event);
      return grpc::Status::OK;
    };
    server_.training.get = [state, failure](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
      job->set_name(request.name());
      job->set_state(state);
      if (state == v1::TRAINING_JOB_STATE_FAILED) *job->mutable_failure() = failure;
      return grpc::Status::OK;
    };
  }

  v1::CreateTrainingJobRequest asked_;
};

TEST_F(TrainTest, TheRequestIsWhatTheOptionsSay) {
  const CommandResult result =
      Train({"--id", "j", "--steps", "7", "--seed", "5", "--override", "learning_rate: 0.5", "--validate-only",
             "--hold-out", "colour:per=digit,example;missing=colour;count=100;seed=9", "--hold-out",
             "both:per=digit;missing=colour,rotation;count=1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(asked_.training_job_id(), "j");
  EXPECT_TRUE(asked_.validate_only());
  EXPECT_FALSE(asked_.request_id().empty());
  EXPECT_EQ(asked_.spec().dataset(), "digits");
  EXPECT_EQ(asked_.spec().preset(), "digits");
  EXPECT_EQ(asked_.spec().overrides().steps(), 7);
  EXPECT_EQ(asked_.spec().overrides().seed(), 5u);
  EXPECT_FLOAT_EQ(asked_.spec().overrides().learning_rate(), 0.5f);
  ASSERT_EQ(asked_.spec().hold_out_size(), 2);
  const v1::HoldOutRule& rule = asked_.spec().hold_out(0);
  EXPECT_EQ(rule.name(), "colour");
  EXPECT_THAT(rule.per(), ElementsAre("digit", "example"));
  EXPECT_THAT(rule.missing(), ElementsAre("colour"));
  EXPECT_EQ(rule.count(), 100);
  EXPECT_EQ(rule.seed(), 9u);
  EXPECT_THAT(asked_.spec().hold_out(1).missing(), ElementsAre("colour", "rotation"));
}

TEST_F(TrainTest, HoldOutsThatMakeNoSenseAreShown) {
  for (const char* rule : {"colour", "colour:per", "colour:count=many", "colour:per=a;counts=3", "colour:seed=-1"}) {
    const CommandResult result = Train({"--hold-out", rule, "--validate-only"});
    EXPECT_EQ(result.exit_code, 2) << rule;
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("'", rule, "'"))) << rule;
  }
}

TEST_F(TrainTest, AJobThatFailsEndsWith9AndItsLog) {
  v1::TrainingFailure failure;
  failure.set_message("out of memory");
  failure.set_signal(9);
  failure.add_log_tail("loading");
  End(v1::TRAINING_JOB_STATE_FAILED, "the trainer was killed", failure);
  const CommandResult result = Train({});
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_THAT(result.err, HasSubstr("the trainer was killed"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("out of memory"), HasSubstr("signal 9"), HasSubstr("loading")));
}

TEST_F(TrainTest, AsJsonTheJobAndThePublishedVersionAreALineEach) {
  End(v1::TRAINING_JOB_STATE_SUCCEEDED, "done");
  server_.training.publish = [this](const v1::PublishModelRequest& request, v1::ModelVersion* version) {
    EXPECT_EQ(request.name(), "trainingJobs/j");
    EXPECT_EQ(request.model_id(), "digits");
    *version = model_;
    return grpc::Status::OK;
  };
  const auto lines = [](const std::string& out) {
    std::vector<nlohmann::json> objects;
    for (const absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
      objects.push_back(nlohmann::json::parse(line));
    }
    return objects;
  };
  const auto published = lines(Train({"--json", "--publish", "digits"}).out);
  ASSERT_EQ(published.size(), 2u);
  EXPECT_EQ(published[0]["name"], "trainingJobs/j");
  EXPECT_EQ(published[0]["state"], "TRAINING_JOB_STATE_SUCCEEDED");
  EXPECT_EQ(published[1]["name"], "models/digits@3");
  EXPECT_EQ(lines(Train({"--json"}).out).size(), 1u);
  EXPECT_THAT(Train({"--publish", "digits"}).out, testing::EndsWith("published as models/digits@3\n"));
}

TEST_F(TrainTest, WatchingWithoutAServerEndsAtOnce) {
  server_.Stop();
  const CommandResult result = Facet({"jobs", "watch", "j"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("cannot reach a server"));
}

TEST_F(TrainTest, AConnectionThatIsLostIsSaidOnce) {
  int connections = 0;
  server_.training.watch = [&](const v1::WatchTrainingJobRequest& request,
                               grpc::ServerWriter<v1::TrainingEvent>* writer) {
    if (++connections < 4 && connections != 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    v1::TrainingEvent event;
    event.set_revision(request.after_revision() + 1);
    event.set_state(connections == 1 ? v1::TRAINING_JOB_STATE_RUNNING : v1::TRAINING_JOB_STATE_SUCCEEDED);
    writer->Write(event);
    return connections == 1 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone") : grpc::Status::OK;
  };
  server_.training.get = [](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
    job->set_name(request.name());
    job->set_state(v1::TRAINING_JOB_STATE_SUCCEEDED);
    return grpc::Status::OK;
  };
  const CommandResult result = Facet({"jobs", "watch", "j"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(connections, 4);
  const size_t first = result.err.find("connection lost, trying again");
  EXPECT_NE(first, std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("connection lost", first + 1), std::string::npos) << result.err;
}

// A job that stands at revision 40, with a checkpoint; then it ends.
TEST_F(TrainTest, WhoWatchesIsToldHowItStandsAndNotAllThatWas) {
  int64_t asked = -1;
  server_.training.watch = [&](const v1::WatchTrainingJobRequest& request,
                               grpc::ServerWriter<v1::TrainingEvent>* writer) {
    asked = request.after_revision();
    v1::TrainingEvent event;
    event.set_revision(41);
    event.set_state(v1::TRAINING_JOB_STATE_SUCCEEDED);
    event.set_transition("done");
    writer->Write(event);
    return grpc::Status::OK;
  };
  int gets = 0;
  server_.training.get = [&](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
    job->set_name(request.name());
    job->set_state(++gets % 2 == 1 ? v1::TRAINING_JOB_STATE_RUNNING : v1::TRAINING_JOB_STATE_SUCCEEDED);
    job->set_revision(40);
    job->mutable_best_checkpoint()->set_step(30);
    job->mutable_best_checkpoint()->set_psnr_db(21.5);
    return grpc::Status::OK;
  };
  const CommandResult newest = Facet({"jobs", "watch", "j"});
  EXPECT_EQ(newest.exit_code, 0) << newest.err;
  EXPECT_EQ(asked, 40);
  EXPECT_EQ(newest.err, "running, best checkpoint so far: step 30, 21.50 dB\nsucceeded: done\n");
  const CommandResult all = Facet({"jobs", "watch", "j", "--all"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(all.err, "succeeded: done\n");
}

TEST_F(TrainTest, APriorityThatChangesNothingIsSaid) {
  server_.training.create = [](const v1::CreateTrainingJobRequest&, v1::TrainingJob* job) {
    job->set_name("trainingJobs/j");
    job->set_priority(3);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Train({"--id", "j", "--priority", "50", "--detach"}).err,
              AllOf(HasSubstr("there already, with priority 3"), HasSubstr("--priority 50")));
  EXPECT_EQ(Train({"--id", "j", "--priority", "3", "--detach"}).err, "");
  EXPECT_EQ(Train({"--id", "j", "--detach"}).err, "");
}

TEST_F(TrainTest, WhatIsOnlyCheckedIsNotQueued) {
  server_.training.create = [](const v1::CreateTrainingJobRequest&, v1::TrainingJob* job) {
    job->set_name("trainingJobs/j");
    job->set_state(v1::TRAINING_JOB_STATE_QUEUED);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Train({"--validate-only"}).out, AllOf(HasSubstr("not made"), Not(HasSubstr("queued"))));
  EXPECT_THAT(Train({"--detach"}).out, HasSubstr("queued"));
}

TEST_F(TrainTest, WhatGoesOnIsNotExtended) {
  v1::TrainingJobState state = v1::TRAINING_JOB_STATE_RUNNING;
  server_.training.get = [&](const v1::GetTrainingJobRequest&, v1::TrainingJob* job) {
    job->set_name("trainingJobs/j");
    job->set_state(state);
    job->mutable_progress()->set_total_steps(60);
    return grpc::Status::OK;
  };
  for (const auto busy : {v1::TRAINING_JOB_STATE_QUEUED, v1::TRAINING_JOB_STATE_RUNNING, v1::TRAINING_JOB_STATE_PAUSING,
                          v1::TRAINING_JOB_STATE_CANCELLING, v1::TRAINING_JOB_STATE_RECOVERING}) {
    state = busy;
    const CommandResult result = Facet({"jobs", "extend", "j", "--steps", "5"});
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_THAT(result.err, AllOf(HasSubstr("trainingJobs/j is "), HasSubstr("second time"), HasSubstr("pause")));
  }
  EXPECT_FALSE(asked_.has_spec());
  for (const auto still : {v1::TRAINING_JOB_STATE_PAUSED, v1::TRAINING_JOB_STATE_SUCCEEDED,
                           v1::TRAINING_JOB_STATE_FAILED, v1::TRAINING_JOB_STATE_CANCELLED}) {
    state = still;
    EXPECT_EQ(Facet({"jobs", "extend", "j", "--steps", "5"}).exit_code, 0);
    EXPECT_EQ(asked_.spec().overrides().steps(), 65);
  }
}

TEST_F(TrainTest, WhatWouldNotBePublishedIsRefused) {
  server_.Stop();
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--publish", "digits", "--detach"}, {"--alias", "stable"}, {"--float16"}, {"--float16", "--detach"}}) {
    const CommandResult result = Train(words);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words);
    EXPECT_THAT(result.err, HasSubstr("--publish"));
  }
}

// Commands that are interrupted while they follow a job.
class InterruptTest : public TrainTest {
 protected:
  // What was printed until the interruption has ended the program.
  std::string Interrupt(std::vector<std::string> words) {
    const auto watched = std::make_shared<absl::Notification>();  // a call may outlive the test's body
    const auto ended = std::make_shared<absl::Notification>();
    server_.training.get = [](const v1::GetTrainingJobRequest&, v1::TrainingJob*) { return grpc::Status::OK; };
    server_.training.watch = [watched, ended](const v1::WatchTrainingJobRequest&,
                                              grpc::ServerWriter<v1::TrainingEvent>*) {
      watched->Notify();
      ended->WaitForNotification();
      return grpc::Status::OK;
    };
    ProcessOptions options;
    options.argv = {ProgramPath("facet"), "--server", server_.address()};
    options.argv.insert(options.argv.end(), words.begin(), words.end());
    options.log_path = dir_ / "log";
    auto process = ProcessLauncher::Posix()->Launch(options);
    EXPECT_TRUE(process.ok()) << process.status();
    if (!process.ok()) return "";
    watched->WaitForNotification();
    (*process)->Signal(SIGINT);
    EXPECT_EQ((*process)->Wait().signal, SIGINT);
    ended->Notify();
    return TempDir::Read(dir_ / "log");
  }
};

constexpr char kGoesOn[] = "trainingJobs/j goes on; follow it with: facet jobs watch trainingJobs/j\n";

TEST_F(InterruptTest, WhoLeavesATrainingIsToldWhatGoesOn) {
  EXPECT_THAT(Interrupt({"train", "--dataset", "digits", "--preset", "digits", "--publish", "digits"}),
              AllOf(HasSubstr(kGoesOn), HasSubstr("facet models publish trainingJobs/j --as digits\n")));
}

TEST_F(InterruptTest, WhoLeavesAMeasurementIsToldWhatGoesOn) {
  EXPECT_THAT(Interrupt({"evaluate", "digits", "digits"}),
              AllOf(HasSubstr(kGoesOn), Not(HasSubstr("will not be written"))));
}

TEST_F(InterruptTest, WhoLeavesAMeasurementIsToldHowToGetTheReport) {
  const std::string report = dir_ / "report.json";
  EXPECT_THAT(Interrupt({"evaluate", "digits", "digits", "--report", report}),
              AllOf(HasSubstr(kGoesOn), HasSubstr(report + " will not be written; once it has ended, the same command "
                                                           "does, with --id j\n")));
}

}  // namespace
}  // namespace facet
