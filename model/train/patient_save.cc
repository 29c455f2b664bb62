// SPDX-License-Identifier: Apache-2.0
#include "model/train/patient_save.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/train/job_files.h"

namespace facet::model {
namespace {

// Between tries to write on a full disk.
constexpr absl::Duration kLookAtStop = absl::Milliseconds(100);
constexpr int kLooksAtStop = 50;

}  // namespace

absl::Status SavePatiently(const TrainerJobOptions& options, JobProgress& progress, std::atomic<bool>& stop,
                           absl::string_view what, const std::function<absl::Status()>& save) {
  const absl::Time patient_until = options.steady_clock->Now() + options.disk_patience;
  while (true) {
    absl::Status saved = save();
    const bool wait = GetErrorDetail(saved).reason == "DISK_FULL" && !stop;
    if (!wait || options.steady_clock->Now() >= patient_until) return saved;
    progress.Warn(absl::StrCat(what, " has no room, trying again: ", saved.message()));
    progress.Heartbeat();
    for (int i = 0; i < kLooksAtStop && !stop; ++i) absl::SleepFor(kLookAtStop);
    if (options.sink->gone()) stop = true;
  }
}

absl::Status SaveResult(const TrainerJobOptions& options, JobProgress& progress, std::atomic<bool>& stop,
                        const internal::TrainerEvent::Finished& result, const google::protobuf::Message& report) {
  const auto save = [&]() -> absl::Status {
    const std::string path = absl::StrCat(options.job_dir, "/", kReportFile);
    RETURN_IF_ERROR(WriteReport(*options.file_system, path, report));
    return WriteResult(*options.file_system, options.job_dir, result);
  };
  return SavePatiently(options, progress, stop, "the report", save);
}

}  // namespace facet::model
