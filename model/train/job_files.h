// SPDX-License-Identifier: Apache-2.0
// What lies in the folder of a training job beside its checkpoints.
#ifndef FACET_MODEL_TRAIN_JOB_FILES_H_
#define FACET_MODEL_TRAIN_JOB_FILES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/model.pb.h"
#include "google/protobuf/message.h"

namespace facet::model {

// kSpecFile of the folder, or kSpecTextFile where there is no such. NOT_FOUND:
// neither. INVALID_ARGUMENT (reason BAD_SPEC): not a TrainerSpec, or one
// without data set or preset.
absl::StatusOr<internal::TrainerSpec> ReadTrainerSpec(FileSystem& file_system, const std::string& job_dir);

// The card of the bundle `path`, where it is there and every byte of it is
// right; nothing where there is none, or a damaged one. Errors of FileSystem: it
// cannot be read and may be whole.
absl::StatusOr<std::optional<v1::ModelCard>> ReadFinishedBundle(FileSystem& file_system, const std::string& path);

// Removes a damaged bundle and what a killed trainer left of one.
absl::Status ClearBundle(FileSystem& file_system, const std::string& job_dir, absl::string_view bundle);

// Writes a report as JSON, every field there.
absl::Status WriteReport(FileSystem& file_system, const std::string& path, const google::protobuf::Message& report);

// A file with a checksum (facet.internal.KeptPart), written at once or not at
// all; nothing is read where there is none, or a damaged one. Errors of
// FileSystem: it cannot be read and may be whole.
absl::Status WritePart(FileSystem& file_system, const std::string& path, const std::string& part);
absl::StatusOr<std::optional<std::string>> ReadPart(FileSystem& file_system, const std::string& path);

// What a task came to, kResultFile, likewise.
absl::Status WriteResult(FileSystem& file_system, const std::string& job_dir,
                         const internal::TrainerEvent::Finished& result);
absl::StatusOr<std::optional<internal::TrainerEvent::Finished>> ReadResult(FileSystem& file_system,
                                                                           const std::string& job_dir);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_JOB_FILES_H_
