// SPDX-License-Identifier: Apache-2.0
#include "server/core/store/job_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "server/core/store/schema.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

v1::TrainingJob MakeJob(const std::string& id, v1::TrainingJobState state = v1::TRAINING_JOB_STATE_QUEUED) {
  v1::TrainingJob job;
  job.set_name(absl::StrCat("trainingJobs/", id));
  job.set_state(state);
  job.mutable_spec()->set_dataset("datasets/digits");
  return job;
}

v1::TrainingEvent MakeTransition(const std::string& text) {
  v1::TrainingEvent event;
  event.set_transition(text);
  return event;
}

v1::TrainingEvent MakeProgress(int step) {
  v1::TrainingEvent event;
  event.mutable_progress()->set_step(step);
  return event;
}

std::vector<std::string> Names(const Page<v1::TrainingJob>& page) {
  std::vector<std::string> names;
  for (const auto& job : page.items) names.push_back(job.name());
  return names;
}

constexpr int64_t kKept = 1000;

class JobTableTest : public testing::Test {
 protected:
  JobTableTest() : database_(Database::Open(folder_ / "test.db").value()), table_(database_.get(), {kKept}) {
    EXPECT_TRUE(Migrate(*database_, Migrations()).ok());
  }
  void Insert(const v1::TrainingJob& job, const std::string& request_id = "") {
    const absl::Status status = table_.Insert({job, request_id}, MakeTransition("queued"));
    ASSERT_TRUE(status.ok()) << status;
  }

  TempFolder folder_;
  std::unique_ptr<Database> database_;
  JobTable table_;
};

TEST_F(JobTableTest, ReturnsWhatWasInserted) {
  Insert(MakeJob("a"), "request-1");
  auto record = table_.Get("trainingJobs/a");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->job.spec().dataset(), "datasets/digits");
  EXPECT_EQ(record->job.revision(), 1);
  EXPECT_EQ(record->request_id, "request-1");
  auto events = table_.ListEvents("trainingJobs/a", 0, 10);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ((*events)[0].transition(), "queued");
  EXPECT_EQ((*events)[0].revision(), 1);
}

TEST_F(JobTableTest, RefusesATakenName) {
  Insert(MakeJob("a"));
  const absl::Status status = table_.Insert({MakeJob("a"), ""}, MakeTransition("queued"));
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_EQ(GetErrorDetail(status).reason, "JOB_EXISTS");
}

TEST_F(JobTableTest, FindsByRequestId) {
  Insert(MakeJob("a"), "request-1");
  Insert(MakeJob("b"));
  EXPECT_EQ((*table_.FindByRequestId("request-1"))->job.name(), "trainingJobs/a");
  EXPECT_EQ(*table_.FindByRequestId("request-2"), std::nullopt);
  EXPECT_EQ(*table_.FindByRequestId(""), std::nullopt);
}

TEST_F(JobTableTest, TakenRequestIdIsRefused) {
  Insert(MakeJob("a"), "request-1");
  EXPECT_TRUE(absl::IsAlreadyExists(table_.Insert({MakeJob("b"), "request-1"}, MakeTransition("queued"))));
  EXPECT_TRUE(absl::IsNotFound(table_.Get("trainingJobs/b").status()));
}

TEST_F(JobTableTest, UnknownJobNamesTheNearest) {
  Insert(MakeJob("digits-1"));
  const absl::Status status = table_.Get("trainingJobs/digit-1").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("Did you mean 'digits-1'?"));
  EXPECT_EQ(GetErrorDetail(status).resource->name, "trainingJobs/digit-1");
}

TEST_F(JobTableTest, UpdateCountsRevisionsWhateverTheCallerBelieves) {
  Insert(MakeJob("a"));
  v1::TrainingJob job = MakeJob("a", v1::TRAINING_JOB_STATE_RUNNING);
  job.set_revision(77);
  EXPECT_EQ(table_.Update(job, MakeTransition("runs")).value(), 2);
  EXPECT_EQ(table_.Update(job, MakeProgress(5)).value(), 3);
  EXPECT_EQ(table_.Get("trainingJobs/a")->job.revision(), 3);
  EXPECT_EQ(table_.Get("trainingJobs/a")->job.state(), v1::TRAINING_JOB_STATE_RUNNING);
  EXPECT_EQ(table_.ListEvents("trainingJobs/a", 2, 10)->at(0).progress().step(), 5);
}

TEST_F(JobTableTest, PutChangesTheJobButNotItsRevision) {
  Insert(MakeJob("a"));
  v1::TrainingJob job = MakeJob("a");
  job.add_published("models/digits@1");
  ASSERT_TRUE(table_.Put(job).ok());
  EXPECT_EQ(table_.Get("trainingJobs/a")->job.revision(), 1);
  EXPECT_EQ(table_.Get("trainingJobs/a")->job.published(0), "models/digits@1");
  EXPECT_TRUE(absl::IsNotFound(table_.Put(MakeJob("b"))));
}

TEST_F(JobTableTest, ListsNewestFirstInPages) {
  for (const char* id : {"a", "b", "c", "d", "e"}) Insert(MakeJob(id));
  auto first = table_.List({}, {2, ""});
  EXPECT_THAT(Names(*first), ElementsAre("trainingJobs/e", "trainingJobs/d"));
  Insert(MakeJob("f"));  // a new job moves nothing on later pages
  auto second = table_.List({}, {2, first->next});
  EXPECT_THAT(Names(*second), ElementsAre("trainingJobs/c", "trainingJobs/b"));
  auto third = table_.List({}, {2, second->next});
  EXPECT_THAT(Names(*third), ElementsAre("trainingJobs/a"));
  EXPECT_THAT(third->next, IsEmpty());
}

TEST_F(JobTableTest, ExactlyFullPageIsTheLast) {
  Insert(MakeJob("a"));
  Insert(MakeJob("b"));
  EXPECT_THAT(table_.List({}, {2, ""})->next, IsEmpty());
}

TEST_F(JobTableTest, ListsByState) {
  Insert(MakeJob("a"));
  Insert(MakeJob("b", v1::TRAINING_JOB_STATE_FAILED));
  Insert(MakeJob("c", v1::TRAINING_JOB_STATE_RUNNING));
  EXPECT_THAT(Names(*table_.List({v1::TRAINING_JOB_STATE_FAILED, v1::TRAINING_JOB_STATE_RUNNING}, {10, ""})),
              ElementsAre("trainingJobs/c", "trainingJobs/b"));
  ASSERT_TRUE(table_.Update(MakeJob("a", v1::TRAINING_JOB_STATE_FAILED), MakeTransition("fails")).ok());
  EXPECT_THAT(Names(*table_.List({v1::TRAINING_JOB_STATE_FAILED}, {10, ""})),
              ElementsAre("trainingJobs/b", "trainingJobs/a"));
}

TEST_F(JobTableTest, MadeUpPageTokenIsRefused) {
  for (const char* token : {"nonsense", "0", "-5"}) {
    const absl::Status status = table_.List({}, {2, token}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << token;
    EXPECT_EQ(GetErrorDetail(status).field, "page_token");
  }
}

TEST_F(JobTableTest, EventsComeOldestFirstUpToTheLimit) {
  Insert(MakeJob("a"));
  Insert(MakeJob("b"));
  for (int step = 1; step <= 5; ++step) ASSERT_TRUE(table_.Update(MakeJob("a"), MakeProgress(step)).ok());
  auto events = table_.ListEvents("trainingJobs/a", 1, 3);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(events->front().revision(), 2);
  EXPECT_EQ(events->back().revision(), 4);
}

TEST_F(JobTableTest, OldProgressGoesWhereOldTransitionsStay) {
  Insert(MakeJob("a"));
  ASSERT_TRUE(table_.Update(MakeJob("a"), MakeProgress(1)).ok());
  // A job that has come a long way, without writing every event of it.
  ASSERT_TRUE(database_->Run("UPDATE jobs SET revision = ?", kKept).ok());
  EXPECT_EQ(table_.CompactedRevision("trainingJobs/a").value(), 0);
  ASSERT_TRUE(table_.Update(MakeJob("a"), MakeProgress(8)).ok());
  ASSERT_TRUE(table_.Update(MakeJob("a"), MakeProgress(9)).ok());
  auto events = table_.ListEvents("trainingJobs/a", 0, 10);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[0].transition(), "queued");
  EXPECT_EQ((*events)[1].progress().step(), 8);
  EXPECT_EQ(table_.CompactedRevision("trainingJobs/a").value(), 2);
}

TEST_F(JobTableTest, PointsOfTheCurveAndCheckpointsStay) {
  Insert(MakeJob("a"));
  v1::TrainingEvent with_point = MakeProgress(1);
  with_point.mutable_progress()->add_points()->set_step(1);
  ASSERT_TRUE(table_.Update(MakeJob("a"), with_point).ok());
  v1::TrainingEvent saved;
  saved.mutable_checkpoint()->set_step(1);
  ASSERT_TRUE(table_.Update(MakeJob("a"), saved).ok());
  ASSERT_TRUE(database_->Run("UPDATE jobs SET revision = ?", 10 * kKept).ok());
  ASSERT_TRUE(table_.Update(MakeJob("a"), MakeProgress(2)).ok());
  EXPECT_EQ(table_.ListEvents("trainingJobs/a", 0, 10)->size(), 4u);
  EXPECT_EQ(table_.CompactedRevision("trainingJobs/a").value(), 0);
}

TEST_F(JobTableTest, AttemptsAreKeptApartAndReplacedByNumber) {
  Insert(MakeJob("a"));
  v1::TrainingJob job = MakeJob("a");
  job.add_attempts()->set_attempt(1);
  ASSERT_TRUE(table_.Update(job, MakeTransition("starts")).ok());
  job.mutable_attempts(0)->set_signal(9);
  ASSERT_TRUE(table_.Put(job).ok());
  job.mutable_attempts(0)->set_attempt(2);
  ASSERT_TRUE(table_.Update(job, MakeTransition("starts")).ok());
  ASSERT_TRUE(table_.Update(MakeJob("a"), MakeTransition("runs")).ok());
  EXPECT_EQ(table_.Get("trainingJobs/a")->job.attempts_size(), 0);
  auto attempts = table_.ListAttempts("trainingJobs/a", 10);
  ASSERT_EQ(attempts->size(), 2u);
  EXPECT_EQ((*attempts)[0].attempt(), 1);
  EXPECT_EQ((*attempts)[0].signal(), 9);
  EXPECT_EQ(table_.ListAttempts("trainingJobs/a", 1)->front().attempt(), 2);
  ASSERT_TRUE(table_.Delete("trainingJobs/a").ok());
  EXPECT_THAT(*table_.ListAttempts("trainingJobs/a", 10), IsEmpty());
}

TEST_F(JobTableTest, DeleteTakesTheEventsAlong) {
  Insert(MakeJob("a"));
  ASSERT_TRUE(table_.Delete("trainingJobs/a").ok());
  EXPECT_TRUE(absl::IsNotFound(table_.Get("trainingJobs/a").status()));
  EXPECT_THAT(*table_.ListEvents("trainingJobs/a", 0, 10), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(table_.Delete("trainingJobs/a")));
  EXPECT_TRUE(absl::IsNotFound(table_.Update(MakeJob("a"), MakeProgress(1)).status()));
}

TEST_F(JobTableTest, CountsByStateWithoutReadingTheJobs) {
  EXPECT_THAT(*table_.Count(), IsEmpty());
  for (const char* id : {"a", "b"}) Insert(MakeJob(id));
  Insert(MakeJob("c", v1::TRAINING_JOB_STATE_FAILED));
  ASSERT_TRUE(database_->Run("UPDATE jobs SET job = ? WHERE name = ?", Blob{"\xff"}, "trainingJobs/a").ok());
  EXPECT_THAT(*table_.Count(),
              ElementsAre(std::pair(v1::TRAINING_JOB_STATE_QUEUED, 2), std::pair(v1::TRAINING_JOB_STATE_FAILED, 1)));
}

TEST_F(JobTableTest, DamagedRowIsDataLoss) {
  Insert(MakeJob("a"));
  ASSERT_TRUE(database_->Run("UPDATE jobs SET job = ?", Blob{"\xff\xff"}).ok());
  EXPECT_TRUE(absl::IsDataLoss(table_.Get("trainingJobs/a").status()));
}

}  // namespace
}  // namespace facet::server
