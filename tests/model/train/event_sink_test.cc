// SPDX-License-Identifier: Apache-2.0
#include "model/train/event_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "base/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/train/job_samples.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

internal::TrainerEvent Progress(const std::string& phase, int step) {
  internal::TrainerEvent event;
  v1::TrainingProgress& progress = *event.mutable_progress();
  progress.set_phase(phase);
  progress.set_step(step);
  progress.set_total_steps(100);
  (*progress.mutable_losses())["pixels"] = 31.25;
  (*progress.mutable_losses())["classes"] = 0.5;
  progress.set_learning_rate(0.002);
  progress.set_images_per_second(1234.5);
  progress.mutable_time_left()->set_seconds(61);
  return event;
}

internal::TrainerEvent Stopped(int step) {
  internal::TrainerEvent event;
  event.mutable_stopped()->set_step(step);
  return event;
}

class PipeEventSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(pipe(ends_), 0);
  }
  void TearDown() override {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }
  int ends_[2] = {-1, -1};
};

TEST_F(PipeEventSinkTest, WritesMessagesWithTheirLengthInFront) {
  PipeEventSink sink(ends_[1]);
  sink.Send(Stopped(7));
  sink.Send(Progress("training", 300));
  char bytes[4096];
  const ssize_t count = read(ends_[0], bytes, sizeof(bytes));
  const auto events = ParseEvents(absl::string_view(bytes, count));
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].stopped().step(), 7);
  EXPECT_EQ(events[1].progress().step(), 300);
  EXPECT_EQ(events[1].progress().losses().at("pixels"), 31.25);
  EXPECT_FALSE(sink.gone());
}

TEST_F(PipeEventSinkTest, IsGoneOnceItsReaderIs) {
  PipeEventSink sink(ends_[1]);
  close(ends_[0]);
  ends_[0] = -1;
  sink.Send(Stopped(1));
  EXPECT_TRUE(sink.gone());
  sink.Send(Stopped(2));
}

class TextEventSinkTest : public testing::Test {
 protected:
  ~TextEventSinkTest() override { std::fclose(file_); }
  std::string Text() {
    std::string text(4096, '\0');
    std::rewind(file_);
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }
  FakeClock clock_;
  std::FILE* file_ = std::tmpfile();
};

TEST_F(TextEventSinkTest, WritesALineAPhaseAndThenOneAnInterval) {
  TextEventSink sink(file_, false, &clock_, absl::Seconds(10));
  sink.Send(Progress("training", 1));
  sink.Send(Progress("training", 2));
  clock_.Advance(absl::Seconds(10));
  sink.Send(Progress("training", 3));
  sink.Send(Progress("judging", 100));
  const std::string rest = "/100  classes 0.5, pixels 31.25  rate 2.00e-03  1234 images/s  1m1s left\n";
  EXPECT_EQ(Text(), "training  step 1" + rest + "training  step 3" + rest + "judging  step 100" + rest);
}

TEST_F(TextEventSinkTest, RewritesItsLineOnATerminal) {
  TextEventSink sink(file_, true, &clock_);
  sink.Send(Progress("training", 1));
  sink.Send(Progress("training", 2));
  sink.Send(Stopped(2));
  EXPECT_THAT(Text(), HasSubstr("left\n\r\033[Ktraining  step 2/100"));
  EXPECT_THAT(Text(), HasSubstr("left\nstopped at step 2; start again to go on\n"));
}

TEST_F(TextEventSinkTest, SaysWhyACheckpointWasNotWrittenAndWhyAJobFailed) {
  TextEventSink sink(file_, false, &clock_);
  internal::TrainerEvent saved;
  saved.mutable_saved()->set_step(5);
  sink.Send(saved);
  saved.mutable_saved()->set_error("disk full");
  sink.Send(saved);
  internal::TrainerEvent failed;
  failed.mutable_failed()->set_code(15);
  failed.mutable_failed()->set_message("the loss is nan");
  sink.Send(failed);
  EXPECT_EQ(Text(),
            "saved a checkpoint at step 5\n"
            "the checkpoint of step 5 could not be saved, training goes on: disk full\n"
            "failed: DATA_LOSS: the loss is nan\n");
}

TEST(EventSinksTest, TellsAllAndIsGoneOnceOneIs) {
  std::vector<std::unique_ptr<EventSink>> sinks;
  auto first = std::make_unique<RecordingSink>();
  auto second = std::make_unique<RecordingSink>();
  RecordingSink* const first_sink = first.get();
  RecordingSink* const second_sink = second.get();
  second->leaves_after = 2;
  sinks.push_back(std::move(first));
  sinks.push_back(std::move(second));
  EventSinks both(std::move(sinks));
  both.Send(Stopped(1));
  EXPECT_FALSE(both.gone());
  both.Send(Stopped(2));
  EXPECT_TRUE(both.gone());
  EXPECT_EQ(first_sink->events.size(), 2);
  EXPECT_EQ(second_sink->events.size(), 2);
}

}  // namespace
}  // namespace facet::model
