// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_IMPORT_PROGRESS_H_
#define FACET_CLIENT_CLI_IMPORT_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "base/thread.h"
#include "client/cli/progress_bar.h"
#include "facet/client/client.h"

namespace facet::cli {

// The bar of one import: bytes while files are sent, then images, which it asks
// the server for from a thread of its own. Thread-safe.
class ImportProgress {
 public:
  // Asks for `import_id` until it goes. `client` outlives it.
  ImportProgress(client::Client* client, std::string label, std::string import_id, bool quiet);
  // Clears the bar.
  ~ImportProgress();

  void Sent(uint64_t sent, uint64_t total) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Ask(const std::string& import_id) ABSL_LOCKS_EXCLUDED(mutex_);
  void Show(const v1::ImportProgress& progress) ABSL_LOCKS_EXCLUDED(mutex_);

  client::Client* const client_;
  absl::Mutex mutex_;
  ProgressBar bar_ ABSL_GUARDED_BY(mutex_);
  absl::Time preparing_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Notification done_;
  Thread asker_;
};

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_IMPORT_PROGRESS_H_
