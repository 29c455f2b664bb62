// SPDX-License-Identifier: Apache-2.0
// Where a trainer tells what it does.
#ifndef FACET_MODEL_TRAIN_EVENT_SINK_H_
#define FACET_MODEL_TRAIN_EVENT_SINK_H_

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "facet/internal/trainer.pb.h"

namespace facet::model {

// Takes events in order. Not thread-safe.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Send(const internal::TrainerEvent& event) = 0;
  // Whether nobody listens any more; then Send has no effect.
  virtual bool gone() const { return false; }
};

// Writes messages, a varint with the length in front of each, to a file
// descriptor, which it does not own. Blocks while a pipe is full. SIGPIPE must
// be ignored.
class PipeEventSink final : public EventSink {
 public:
  explicit PipeEventSink(int fd) : fd_(fd) {}
  void Send(const internal::TrainerEvent& event) override;
  bool gone() const override { return gone_; }

 private:
  int fd_;
  bool gone_ = false;
};

// Writes lines for people. Progress is rewritten in place where `terminal` is
// set; else a line is written when a phase begins, every `interval` after, and
// after the last step.
class TextEventSink final : public EventSink {
 public:
  // `out` and `clock` outlive the sink.
  TextEventSink(std::FILE* out, bool terminal, Clock* clock, absl::Duration interval = absl::Seconds(10))
      : out_(out), terminal_(terminal), clock_(clock), interval_(interval) {}
  void Send(const internal::TrainerEvent& event) override;

 private:
  void SendProgress(const v1::TrainingProgress& progress);
  void Line(const std::string& text);

  std::FILE* out_;
  bool terminal_;
  Clock* clock_;
  absl::Duration interval_;
  std::string phase_;
  absl::Time last_line_ = absl::InfinitePast();
  bool line_open_ = false;  // a progress line that the next one overwrites
};

// Sends to several; gone once any of them is.
class EventSinks final : public EventSink {
 public:
  explicit EventSinks(std::vector<std::unique_ptr<EventSink>> sinks) : sinks_(std::move(sinks)) {}
  void Send(const internal::TrainerEvent& event) override {
    for (const auto& sink : sinks_) sink->Send(event);
  }
  bool gone() const override;

 private:
  std::vector<std::unique_ptr<EventSink>> sinks_;
};

// "step 120/1200  generator 34.2 (classes 0.41, …)  640 images/s  41s left".
std::string FormatProgress(const v1::TrainingProgress& progress);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_EVENT_SINK_H_
