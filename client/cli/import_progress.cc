// SPDX-License-Identifier: Apache-2.0
#include "client/cli/import_progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(250);

}  // namespace

ImportProgress::ImportProgress(client::Client* client, std::string label, std::string import_id, bool quiet)
    : client_(client),
      bar_(std::move(label), quiet),
      asker_("progress", [this, import_id = std::move(import_id)] { Ask(import_id); }) {}

ImportProgress::~ImportProgress() {
  done_.Notify();
  asker_.Join();
  const absl::MutexLock lock(&mutex_);
  bar_.Clear();
}

void ImportProgress::Sent(uint64_t sent, uint64_t total) {
  const double share = total == 0 ? 1.0 : static_cast<double>(sent) / static_cast<double>(total);
  const absl::MutexLock lock(&mutex_);
  bar_.Update(share, absl::StrCat(FormatBytes(sent), " of ", FormatBytes(total), " sent"));
}

// A server that does not know, or knows no longer, is no reason to complain:
// the import itself says how it ends.
void ImportProgress::Ask(const std::string& import_id) {
  while (!done_.WaitForNotificationWithTimeout(kInterval)) {
    const auto progress = client_->GetImportProgress(import_id);
    if (absl::IsUnimplemented(progress.status())) return;
    if (progress.ok() && progress->images_total() > 0) Show(*progress);
  }
}

void ImportProgress::Show(const v1::ImportProgress& progress) {
  const absl::Time now = Clock::Steady()->Now();
  const auto done = static_cast<double>(progress.images_done());
  const auto total = static_cast<double>(progress.images_total());
  const absl::MutexLock lock(&mutex_);
  preparing_since_ = std::min(preparing_since_, now);
  const double rate = done / std::max(0.25, absl::ToDoubleSeconds(now - preparing_since_ + kInterval));
  std::string text = absl::StrFormat("%d of %d images, %.0f/s", progress.images_done(), progress.images_total(), rate);
  if (done >= total) {
    absl::StrAppend(&text, ", now writing");
  } else if (rate > 0) {
    absl::StrAppend(&text, ", ", FormatTimeLeft(absl::Seconds((total - done) / rate)), " left");
  }
  bar_.Update(done / total, text);
}

}  // namespace facet::cli
