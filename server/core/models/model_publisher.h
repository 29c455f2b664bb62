// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_MODELS_MODEL_PUBLISHER_H_
#define FACET_SERVER_CORE_MODELS_MODEL_PUBLISHER_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "facet/v1/training.pb.h"
#include "server/core/store/store.h"
#include "server/core/store/version_folders.h"

namespace facet::server {

// INVALID_ARGUMENT (reasons INVALID_ID, TEXT_TOO_LONG, BAD_REQUEST_ID) with the
// field path.
absl::Status ValidatePublishRequest(const v1::PublishModelRequest& request);

// Turns the bundle of an ended job into the next version of a model: copied,
// read back and checked before any name points to it. Thread-safe; one at a
// time; blocks on the disk.
class ModelPublisher {
 public:
  ModelPublisher(VersionFolders* folders, FileSystem* file_system, Clock* clock, Store* store)
      : folders_(*folders), file_system_(file_system), clock_(clock), store_(store) {}

  // As ModelRegistry::Publish; the version has its name, card, size and time.
  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModelRequest& request, const std::string& bundle_dir)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The version that the request's id has made, as Publish would return it, where
  // that request asked for the same.
  absl::StatusOr<std::optional<v1::ModelVersion>> FindPublished(const v1::PublishModelRequest& request);

 private:
  absl::StatusOr<v1::ModelVersion> CopyBundle(const v1::PublishModelRequest& request, const std::string& bundle_dir,
                                              int64_t version);

  VersionFolders& folders_;
  FileSystem* const file_system_;
  Clock* const clock_;
  Store* const store_;
  absl::Mutex mutex_;  // one at a time, so that `latest` follows the versions
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_MODELS_MODEL_PUBLISHER_H_
