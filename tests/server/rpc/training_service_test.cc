// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/training_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "facet/v1/training.grpc.pb.h"
#include "tests/server/rpc/fakes/test_server.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;

class TrainingServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<grpc::ClientReader<v1::TrainingEvent>> Watch(int64_t after, const std::string& name = "j") {
    v1::WatchTrainingJobRequest request;
    request.set_name(name);
    request.set_after_revision(after);
    return stub_->WatchTrainingJob(&context_, request);
  }

  TestServer server_;
  std::unique_ptr<v1::TrainingService::Stub> stub_ = v1::TrainingService::NewStub(server_.channel);
  grpc::ClientContext context_;
};

TEST_F(TrainingServiceTest, PassesJobMethodsOn) {
  v1::TrainingJob job;
  v1::PauseTrainingJobRequest pause;
  pause.set_name("j");
  ASSERT_TRUE(stub_->PauseTrainingJob(&context_, pause, &job).ok());
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_PAUSING);
  grpc::ClientContext resuming;
  v1::ResumeTrainingJobRequest resume;
  ASSERT_TRUE(stub_->ResumeTrainingJob(&resuming, resume, &job).ok());
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_QUEUED);
  grpc::ClientContext cancelling;
  v1::CancelTrainingJobRequest cancel;
  ASSERT_TRUE(stub_->CancelTrainingJob(&cancelling, cancel, &job).ok());
  EXPECT_EQ(job.state(), v1::TRAINING_JOB_STATE_CANCELLED);
  grpc::ClientContext listing;
  v1::ListTrainingJobsResponse jobs;
  ASSERT_TRUE(stub_->ListTrainingJobs(&listing, {}, &jobs).ok());
  EXPECT_EQ(jobs.training_jobs_size(), 1);
  grpc::ClientContext getting;
  v1::GetTrainingJobRequest get;
  get.set_name("j");
  ASSERT_TRUE(stub_->GetTrainingJob(&getting, get, &job).ok());
  grpc::ClientContext deleting;
  google::protobuf::Empty empty;
  EXPECT_TRUE(stub_->DeleteTrainingJob(&deleting, {}, &empty).ok());
}

TEST_F(TrainingServiceTest, FullQueueSaysWhenToRetry) {
  v1::CreateTrainingJobRequest request;
  request.set_training_job_id("full");
  v1::TrainingJob job;
  const grpc::Status status = stub_->CreateTrainingJob(&context_, request, &job);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReadRichError(status).retry_seconds, 1.5);
}

TEST_F(TrainingServiceTest, JobsInTheMakingHoldUpNoOtherCallAndAreBounded) {
  constexpr int kRunning = 2;
  constexpr int kWaiting = 16;
  struct Creation {
    grpc::ClientContext context;
    v1::CreateTrainingJobRequest request;
    v1::TrainingJob job;
    grpc::Status status;
    absl::Notification done;
  };
  absl::Mutex mutex;
  Creation* first = nullptr;  // to be done
  server_.jobs.HoldCreations(true);
  std::vector<std::unique_ptr<Creation>> creations;
  for (int i = 0; i < kRunning + kWaiting + 1; ++i) {
    Creation* const creation = creations.emplace_back(std::make_unique<Creation>()).get();
    stub_->async()->CreateTrainingJob(&creation->context, &creation->request, &creation->job,
                                      [&, creation](grpc::Status status) {
                                        creation->status = std::move(status);
                                        {
                                          absl::MutexLock lock(&mutex);
                                          if (first == nullptr) first = creation;
                                        }
                                        creation->done.Notify();
                                      });
    // Those that run take no place in the queue.
    if (i < kRunning) server_.jobs.AwaitCreations(i + 1);
  }
  grpc::Status full;
  {
    const auto one_is_done = [&] { return first != nullptr; };
    absl::MutexLock lock(&mutex, absl::Condition(&one_is_done));
    full = first->status;
  }
  EXPECT_EQ(full.error_code(), grpc::RESOURCE_EXHAUSTED) << full.error_message();
  EXPECT_TRUE(ReadRichError(full).retry_seconds.has_value());
  context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  v1::TrainingJob running;
  const grpc::Status got = stub_->GetTrainingJob(&context_, {}, &running);
  EXPECT_TRUE(got.ok()) << got.error_message();
  server_.jobs.HoldCreations(false);
  int made = 0;
  for (const auto& creation : creations) {
    creation->done.WaitForNotification();
    made += creation->status.ok();
  }
  EXPECT_EQ(made, kRunning + kWaiting);
}

TEST_F(TrainingServiceTest, PublishesTheBundleOfAJobAndNotesIt) {
  v1::PublishModelRequest request;
  request.set_name("digits-1");
  request.set_model_id("digits");
  v1::ModelVersion version;
  ASSERT_TRUE(stub_->PublishModel(&context_, request, &version).ok());
  EXPECT_EQ(version.name(), "models/digits@1");
  EXPECT_EQ(version.card().description(), "/state/trainingJobs/digits-1");
  EXPECT_THAT(server_.jobs.published(), ElementsAre("trainingJobs/digits-1 -> models/digits@1"));
}

TEST_F(TrainingServiceTest, ARepeatedPublicationOutlivesItsJob) {
  v1::PublishModelRequest request;
  request.set_name("gone");
  request.set_model_id("digits");
  request.set_request_id("published-before");
  v1::ModelVersion version;
  grpc::Status status = stub_->PublishModel(&context_, request, &version);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(version.name(), "models/digits@3");
  request.set_request_id("another");
  grpc::ClientContext again;
  EXPECT_EQ(stub_->PublishModel(&again, request, &version).error_code(), grpc::NOT_FOUND);
}

TEST_F(TrainingServiceTest, AJobDeletedWhileItIsPublishedHasPublished) {
  v1::PublishModelRequest request;
  request.set_name("deleted-meanwhile");
  request.set_model_id("digits");
  v1::ModelVersion version;
  const grpc::Status status = stub_->PublishModel(&context_, request, &version);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(version.name(), "models/digits@1");
}

TEST_F(TrainingServiceTest, AVersionThatWasMadeIsAnsweredThoughItCannotBeNoted) {
  v1::PublishModelRequest request;
  request.set_name("no-room");
  request.set_model_id("digits");
  v1::ModelVersion version;
  const grpc::Status status = stub_->PublishModel(&context_, request, &version);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(version.name(), "models/digits@1");
  std::vector<std::string> causes;
  for (const FakeLog::Line& line : server_.log.lines()) {
    const auto cause = line.fields.find("cause");
    if (line.severity == LogSeverity::kWarning && cause != line.fields.end()) causes.push_back(cause->second);
  }
  EXPECT_THAT(causes, ElementsAre("no space left on device"));
}

TEST_F(TrainingServiceTest, ABundleIsDamagedUnlessItsJobIsGone) {
  v1::PublishModelRequest request;
  request.set_name("digits-1");
  request.set_model_id("damaged");
  v1::ModelVersion version;
  EXPECT_EQ(stub_->PublishModel(&context_, request, &version).error_code(), grpc::DATA_LOSS);
  request.set_name("going");
  grpc::ClientContext again;
  EXPECT_EQ(stub_->PublishModel(&again, request, &version).error_code(), grpc::NOT_FOUND);
}

TEST_F(TrainingServiceTest, DoesNotPublishAJobThatRuns) {
  v1::PublishModelRequest request;
  request.set_name("trainingJobs/running");
  v1::ModelVersion version;
  const grpc::Status status = stub_->PublishModel(&context_, request, &version);
  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_TRUE(server_.jobs.published().empty());
}

TEST_F(TrainingServiceTest, WatchSendsWhatWasAndWhatComes) {
  server_.jobs.AddEvent();
  server_.jobs.AddEvent();
  auto reader = Watch(1);
  v1::TrainingEvent event;
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.revision(), 2);
  server_.jobs.AwaitWatches(1);
  server_.jobs.AddEvent();
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.revision(), 3);
  server_.jobs.EndJob();
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.revision(), 4);
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(TrainingServiceTest, CurveSamplesLogAndDiskArriveWhole) {
  v1::GetTrainingCurveRequest curve_request;
  curve_request.set_name("j");
  v1::TrainingCurve curve;
  ASSERT_TRUE(stub_->GetTrainingCurve(std::make_unique<grpc::ClientContext>().get(), curve_request, &curve).ok());
  EXPECT_EQ(curve.svg(), "<svg>j</svg>");
  v1::GetTrainingSamplesRequest samples_request;
  samples_request.set_step(7);
  v1::TrainingSamples samples;
  ASSERT_TRUE(stub_->GetTrainingSamples(std::make_unique<grpc::ClientContext>().get(), samples_request, &samples).ok());
  EXPECT_EQ(samples.step(), 7);
  v1::ReadTrainingLogRequest log_request;
  log_request.set_offset(41);
  v1::ReadTrainingLogResponse log;
  ASSERT_TRUE(stub_->ReadTrainingLog(std::make_unique<grpc::ClientContext>().get(), log_request, &log).ok());
  EXPECT_EQ(log.next_offset(), 42);
  v1::DiskUsage disk;
  ASSERT_TRUE(
      stub_->GetDiskUsage(std::make_unique<grpc::ClientContext>().get(), v1::GetDiskUsageRequest(), &disk).ok());
  EXPECT_EQ(disk.free_bytes(), 1000);
}

TEST_F(TrainingServiceTest, WatchOfAnUnknownJobIsNotFound) {
  auto reader = Watch(0, "k");
  v1::TrainingEvent event;
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_EQ(reader->Finish().error_code(), grpc::NOT_FOUND);
}

TEST_F(TrainingServiceTest, WatchEndsWhenTheClientGoes) {
  auto reader = Watch(0);
  server_.jobs.AwaitWatches(1);
  context_.TryCancel();
  server_.jobs.AwaitWatches(0);
  EXPECT_EQ(reader->Finish().error_code(), grpc::CANCELLED);
}

// Thousands of events, far more than the queue holds: a client that reads late
// misses none.
TEST_F(TrainingServiceTest, SlowWatcherGetsEveryEventOnce) {
  constexpr int kEvents = 5000;
  auto reader = Watch(0);
  server_.jobs.AwaitWatches(1);
  for (int i = 1; i < kEvents; ++i) server_.jobs.AddEvent();
  server_.jobs.EndJob();
  v1::TrainingEvent event;
  for (int64_t expected = 1; expected <= kEvents; ++expected) {
    ASSERT_TRUE(reader->Read(&event));
    ASSERT_EQ(event.revision(), expected);
  }
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(TrainingServiceTest, ShutdownEndsWatches) {
  auto reader = Watch(0);
  server_.jobs.AwaitWatches(1);
  server_.server->RefuseCalls();
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(ReadRichError(status).reason, "SHUTTING_DOWN");
  server_.jobs.AwaitWatches(0);
}

}  // namespace
}  // namespace facet::server
