// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_RECOGNISER_FILES_H_
#define FACET_MODEL_TRAIN_RECOGNISER_FILES_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "model/recognise/comparison.h"

namespace facet::model {

// Keeps each recogniser's answers in `<folder>/<source>-<seed>.binpb` and the
// counts in `<folder>/synthetic.binpb` (facet.internal.KeptPart), each written at
// once and with its checksum. Not thread-safe.
class RecogniserFiles final : public RecogniserStore {
 public:
  // `save` is called with each thing to write, and calls it as often as it
  // takes; `on_kept` once it is there.
  using Save = std::function<absl::Status(const std::function<absl::Status()>&)>;
  RecogniserFiles(FileSystem* file_system, std::string folder, Save save, std::function<void()> on_kept)
      : file_system_(*file_system), folder_(std::move(folder)), save_(std::move(save)), on_kept_(std::move(on_kept)) {}

  absl::StatusOr<std::optional<Answers>> FindAnswers(TrainingSource source, int seed) override;
  absl::Status KeepAnswers(TrainingSource source, int seed, const Answers& answers) override;
  absl::StatusOr<std::optional<SyntheticCounts>> FindCounts() override;
  absl::Status KeepCounts(const SyntheticCounts& counts) override;

 private:
  std::string PathOf(TrainingSource source, int seed) const;
  absl::Status Write(const std::string& path, const std::string& part);

  FileSystem& file_system_;
  const std::string folder_;
  const Save save_;
  const std::function<void()> on_kept_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_RECOGNISER_FILES_H_
