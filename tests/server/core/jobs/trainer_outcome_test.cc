// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace facet::server {
namespace {

using testing::HasSubstr;

TrainerTraces Ended(int exit_code, int signal = 0, bool stop_asked = false) {
  TrainerTraces traces;
  traces.exit = {exit_code, signal};
  traces.stop_asked = stop_asked;
  return traces;
}

TrainerTraces Said(const internal::TrainerEvent& word, int exit_code, int signal = 0) {
  TrainerTraces traces = Ended(exit_code, signal);
  traces.last_word = word;
  return traces;
}

internal::TrainerEvent Finished() {
  internal::TrainerEvent event;
  event.mutable_finished()->mutable_report()->set_train_psnr_db(31);
  return event;
}

TEST(TrainerOutcomeTest, ResultCounts) {
  const TrainerOutcome outcome = JudgeTrainer(Said(Finished(), 0));
  EXPECT_EQ(outcome.verb, JobVerb::kFinished);
  EXPECT_EQ(outcome.report.train_psnr_db(), 31);
  EXPECT_EQ(OutcomeLabel(outcome), "success");
}

TEST(TrainerOutcomeTest, ResultOutlivesACrashOnTheWayOut) {
  EXPECT_EQ(JudgeTrainer(Said(Finished(), 0, SIGSEGV)).verb, JobVerb::kFinished);
}

TEST(TrainerOutcomeTest, StoppedAfterSaving) {
  internal::TrainerEvent event;
  event.mutable_stopped()->set_step(40);
  const TrainerOutcome outcome = JudgeTrainer(Said(event, 0));
  EXPECT_EQ(outcome.verb, JobVerb::kStopped);
  EXPECT_THAT(outcome.message, HasSubstr("saved step 40"));
  EXPECT_EQ(OutcomeLabel(outcome), "stopped");
}

TEST(TrainerOutcomeTest, ItsOwnWordsAboutAFailure) {
  internal::TrainerEvent event;
  event.mutable_failed()->set_code(static_cast<int>(absl::StatusCode::kDataLoss));
  event.mutable_failed()->set_message("loss is NaN at step 12");
  const TrainerOutcome outcome = JudgeTrainer(Said(event, 1));
  EXPECT_EQ(outcome.verb, JobVerb::kFailed);
  EXPECT_EQ(outcome.message, "DATA_LOSS: loss is NaN at step 12");
  EXPECT_EQ(outcome.exit.exit_code, 1);
  EXPECT_EQ(OutcomeLabel(outcome), "failure");
}

TEST(TrainerOutcomeTest, SignalUnaskedIsADeath) {
  const TrainerOutcome outcome = JudgeTrainer(Ended(0, SIGKILL));
  EXPECT_EQ(outcome.verb, JobVerb::kDied);
  EXPECT_THAT(outcome.message, HasSubstr("signal 9 (SIGKILL)"));
  EXPECT_EQ(OutcomeLabel(outcome), "signal");
}

TEST(TrainerOutcomeTest, KilledWhileMemoryRanOutIsOutOfMemory) {
  TrainerTraces traces = Ended(0, SIGKILL);
  traces.memory_ran_out = true;
  const TrainerOutcome outcome = JudgeTrainer(traces);
  EXPECT_EQ(outcome.verb, JobVerb::kDied);
  EXPECT_EQ(outcome.end, v1::TrainingAttempt::END_OUT_OF_MEMORY);
  EXPECT_EQ(outcome.reason, "OUT_OF_MEMORY");
  traces.exit.signal = SIGSEGV;
  EXPECT_EQ(JudgeTrainer(traces).end, v1::TrainingAttempt::END_DIED);
}

TEST(TrainerOutcomeTest, KilledForItsSilenceIsADeathEvenWhereAStopWasAskedFor) {
  TrainerTraces traces = Ended(0, SIGKILL, true);
  traces.hung = true;
  EXPECT_EQ(JudgeTrainer(traces).verb, JobVerb::kDied);
  EXPECT_EQ(JudgeTrainer(traces).end, v1::TrainingAttempt::END_HUNG);
}

TEST(TrainerOutcomeTest, WhatItGaveUpForDecidesWhetherItIsTriedAgain) {
  internal::TrainerEvent event;
  for (const char* passing : {"DISK_FULL", "FILE_ERROR", "FILE_ACCESS_DENIED"}) {
    event.mutable_failed()->set_reason(passing);
    EXPECT_EQ(JudgeTrainer(Said(event, 1)).verb, JobVerb::kDied) << passing;
  }
  event.mutable_failed()->set_reason("OUT_OF_MEMORY");
  EXPECT_EQ(JudgeTrainer(Said(event, 1)).verb, JobVerb::kFailed);
  EXPECT_EQ(JudgeTrainer(Said(event, 1)).end, v1::TrainingAttempt::END_OUT_OF_MEMORY);
  event.mutable_failed()->set_reason("LOSS_NOT_FINITE");
  event.mutable_failed()->set_step(12);
  EXPECT_EQ(JudgeTrainer(Said(event, 1)).verb, JobVerb::kFailed);
  EXPECT_EQ(JudgeTrainer(Said(event, 1)).reason, "LOSS_NOT_FINITE");
  EXPECT_EQ(JudgeTrainer(Said(event, 1)).step, 12);
}

TEST(TrainerOutcomeTest, SignalAskedForIsAStop) {
  EXPECT_EQ(JudgeTrainer(Ended(0, SIGTERM, true)).verb, JobVerb::kStopped);
  EXPECT_EQ(JudgeTrainer(Ended(0, SIGKILL, true)).verb, JobVerb::kStopped);
}

TEST(TrainerOutcomeTest, WhatWasAskedForIsNotToldAsADeath) {
  TrainerTraces traces = Ended(0, SIGTERM, true);
  EXPECT_EQ(JudgeTrainer(traces).message, "the trainer stopped as asked, while it was starting");
  traces.exit.signal = SIGKILL;
  EXPECT_EQ(JudgeTrainer(traces).message, "the trainer was killed by signal 9 (SIGKILL)") << "by somebody else";
  traces.overdue = true;
  EXPECT_EQ(JudgeTrainer(traces).message, "the trainer did not stop within the grace and was killed");
  traces.kill_asked = true;
  EXPECT_EQ(JudgeTrainer(traces).message, "the trainer was killed as asked (now)");
  traces.exit.signal = SIGSEGV;
  EXPECT_THAT(JudgeTrainer(traces).message, HasSubstr("signal 11"));
}

TEST(TrainerOutcomeTest, ExitCodeWithoutAWordIsAFailure) {
  const TrainerOutcome outcome = JudgeTrainer(Ended(7));
  EXPECT_EQ(outcome.verb, JobVerb::kFailed);
  EXPECT_THAT(outcome.message, HasSubstr("exit code 7"));
}

TEST(TrainerOutcomeTest, ExitWithoutAResultIsAFailure) { EXPECT_EQ(JudgeTrainer(Ended(0)).verb, JobVerb::kFailed); }

TEST(TrainerOutcomeTest, LockedOrAbandonedJobIsTriedAgain) {
  EXPECT_EQ(JudgeTrainer(Ended(3)).verb, JobVerb::kDied);
  EXPECT_TRUE(JudgeTrainer(Ended(3)).locked);
  EXPECT_EQ(JudgeTrainer(Ended(4)).verb, JobVerb::kDied);
}

TEST(TrainerOutcomeTest, MissingProgramIsAFailureAndLackOfRoomIsNot) {
  TrainerTraces traces;
  traces.launch = absl::NotFoundError("no such program");
  EXPECT_EQ(JudgeTrainer(traces).verb, JobVerb::kFailed);
  EXPECT_THAT(JudgeTrainer(traces).message, HasSubstr("no such program"));
  traces.launch = absl::ResourceExhaustedError("too many processes");
  EXPECT_EQ(JudgeTrainer(traces).verb, JobVerb::kDied);
}

TEST(TrainerOutcomeTest, BrokenProtocolIsAFailure) {
  TrainerTraces traces = Ended(0, SIGKILL);
  traces.protocol = absl::DataLossError("nonsense");
  EXPECT_EQ(JudgeTrainer(traces).verb, JobVerb::kFailed);
}

TEST(TrainerOutcomeTest, NeverStartedIsAStop) {
  TrainerTraces traces;
  traces.never_started = true;
  EXPECT_EQ(JudgeTrainer(traces).verb, JobVerb::kStopped);
}

}  // namespace
}  // namespace facet::server
