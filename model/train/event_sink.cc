// SPDX-License-Identifier: Apache-2.0
#include "model/train/event_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace facet::model {
namespace {

using internal::TrainerEvent;

std::string Frame(const TrainerEvent& event) {
  std::string frame;
  {
    google::protobuf::io::StringOutputStream stream(&frame);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.WriteVarint32(static_cast<uint32_t>(event.ByteSizeLong()));
    event.SerializeWithCachedSizes(&coded);
  }
  return frame;
}

// Summaries first, then the parts in alphabetical order.
std::string FormatLosses(const google::protobuf::Map<std::string, double>& losses) {
  if (losses.empty()) return "";
  const std::map<std::string, double> sorted(losses.begin(), losses.end());
  const auto format = [](std::string* out, const auto& loss) {
    absl::StrAppendFormat(out, "%s %.4g", loss.first, loss.second);
  };
  return absl::StrCat("  ", absl::StrJoin(sorted, ", ", format));
}

std::string FormatEvent(const TrainerEvent& event) {
  switch (event.event_case()) {
    case TrainerEvent::kSaved:
      if (!event.saved().error().empty()) {
        return absl::StrCat("the checkpoint of step ", event.saved().step(),
                            " could not be saved, training goes on: ", event.saved().error());
      }
      return absl::StrCat("saved a checkpoint at step ", event.saved().step(),
                          event.saved().checkpoint().best() ? ", the best so far" : "");
    case TrainerEvent::kStopped:
      return absl::StrCat("stopped at step ", event.stopped().step(), "; start again to go on");
    case TrainerEvent::kFailed:
      return absl::StrCat("failed: ", absl::StatusCodeToString(static_cast<absl::StatusCode>(event.failed().code())),
                          ": ", event.failed().message());
    case TrainerEvent::kFinished:
      return "finished";
    default:
      return "";
  }
}

}  // namespace

void PipeEventSink::Send(const TrainerEvent& event) {
  const std::string frame = Frame(event);
  size_t written = 0;
  while (!gone_ && written < frame.size()) {
    const ssize_t count = write(fd_, frame.data() + written, frame.size() - written);
    if (count >= 0) {
      written += count;
    } else if (errno != EINTR) {
      gone_ = true;  // EPIPE; anything else leaves a broken stream, too
    }
  }
}

bool EventSinks::gone() const {
  return std::any_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->gone(); });
}

std::string FormatProgress(const v1::TrainingProgress& progress) {
  std::string text = progress.phase();
  if (progress.total_steps() > 0) {
    absl::StrAppend(&text, "  step ", progress.step(), "/", progress.total_steps());
  }
  absl::StrAppend(&text, FormatLosses(progress.losses()));
  if (progress.learning_rate() > 0) absl::StrAppendFormat(&text, "  rate %.2e", progress.learning_rate());
  if (progress.images_per_second() > 0) absl::StrAppendFormat(&text, "  %.0f images/s", progress.images_per_second());
  if (progress.has_time_left()) {
    absl::StrAppend(&text, "  ", absl::FormatDuration(absl::Seconds(progress.time_left().seconds())), " left");
  }
  return text;
}

void TextEventSink::Send(const TrainerEvent& event) {
  if (event.has_heartbeat() || event.has_kept()) return;
  if (event.has_progress()) {
    SendProgress(event.progress());
  } else {
    Line(FormatEvent(event));
  }
}

void TextEventSink::SendProgress(const v1::TrainingProgress& progress) {
  const absl::Time now = clock_->Now();
  const bool is_last_step = progress.losses_size() > 0 && progress.step() == progress.total_steps();
  if (!terminal_ && progress.phase() == phase_ && now - last_line_ < interval_ && !is_last_step) return;
  if (terminal_ && progress.phase() == phase_) {
    std::fprintf(out_, "\r\033[K%s", FormatProgress(progress).c_str());
    std::fflush(out_);
    line_open_ = true;
    return;
  }
  phase_ = progress.phase();
  last_line_ = now;
  Line(FormatProgress(progress));
}

void TextEventSink::Line(const std::string& text) {
  std::fprintf(out_, "%s%s\n", line_open_ ? "\n" : "", text.c_str());
  std::fflush(out_);
  line_open_ = false;
}

}  // namespace facet::model
