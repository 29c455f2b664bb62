// SPDX-License-Identifier: Apache-2.0
// Checkpoints of one run: sealed folders named by step; see
// docs/checkpoint_format.md.
#ifndef FACET_MODEL_TRAIN_CHECKPOINT_STORE_H_
#define FACET_MODEL_TRAIN_CHECKPOINT_STORE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "model/train/run_identity.h"

namespace facet::model {

inline constexpr int kCheckpointFormatVersion = 2;

// A training run between two steps. Batches, dropout and learning rates are
// functions of the step, so nothing else is needed to go on.
struct Checkpoint {
  int step = 0;  // steps done
  RunIdentity run;
  // Updates that each optimiser has made, for Adam's bias correction.
  int generator_updates = 0;
  int classifier_updates = 0;
  // Time spent in training so far.
  double train_seconds = 0;
  // A safetensors file: both nets, both optimisers' moments.
  std::string tensors;
  // LossCurve::Serialize; empty in format 1.
  std::string curve = "";
  // How good it is, SampleSheet::Psnr. Nothing in format 1.
  std::optional<double> psnr_db = std::nullopt;
};

// Writes and reads the checkpoints of one folder. Not thread-safe; blocks on
// I/O.
class CheckpointStore {
 public:
  // `file_system` outlives the store. The folder need not exist yet. `keep` is
  // at least 1.
  CheckpointStore(FileSystem* file_system, std::string folder, int keep = 2);

  // Writes `checkpoint` and then removes all but the newest `keep` and the best,
  // those of later steps included (they are damaged, or this run would not be
  // at an earlier one), and those that LoadNewest found damaged. One whose
  // measure cannot be read, and that may be the best, stays. Errors of
  // FileSystem, RESOURCE_EXHAUSTED (DISK_FULL) among them: what was saved before
  // is untouched.
  absl::Status Save(const Checkpoint& checkpoint);
  // Step of the whole checkpoint with the highest psnr_db, the newest of equals;
  // -1 where none has one. As of the last Save.
  int best_step() const { return best_step_; }

  // The newest that is whole; nothing where there is none. Damaged ones are
  // passed over, each with a line in `warnings`. Errors of FileSystem: one cannot
  // be read and may be whole; to go on from an earlier one would remove it.
  // FAILED_PRECONDITION (reason OTHER_PLAN): it is of another run than `run`;
  // the message says what differs, or that a newer version wrote it.
  absl::StatusOr<std::optional<Checkpoint>> LoadNewest(const RunIdentity& run, std::vector<std::string>* warnings);

  // Steps of all, whole or not, ascending.
  absl::StatusOr<std::vector<int>> Steps();
  // One without its tensors and curve. DATA_LOSS: damaged. Errors of FileSystem.
  absl::StatusOr<Checkpoint> LoadState(int step);
  std::string PathOf(int step) const;

 private:
  void Prune(int newest_step);
  // Nothing where it is damaged or was not measured.
  absl::StatusOr<std::optional<double>> PsnrOf(int step);

  FileSystem* file_system_;
  std::string folder_;
  size_t keep_;
  int best_step_ = -1;
  std::map<int, std::optional<double>> psnr_;  // of those looked at
  std::set<int> damaged_;                      // of those read
};

// Reads the checkpoint in the sealed folder `path`. DATA_LOSS: damaged. Errors
// of FileSystem.
absl::StatusOr<Checkpoint> ReadCheckpoint(FileSystem& file_system, const std::string& path);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_CHECKPOINT_STORE_H_
