// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_CHECKPOINT_WRITER_H_
#define FACET_MODEL_TRAIN_CHECKPOINT_WRITER_H_

#include <atomic>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/file_system.h"
#include "base/thread.h"
#include "model/image/pixels.h"
#include "model/train/checkpoint_store.h"
#include "model/train/sheet_folder.h"

namespace facet::model {

// What became of a checkpoint.
struct SaveReport {
  int step = 0;
  absl::Status status;
  // As v1.Checkpoint; 0 and false where it could not be written.
  double psnr_db = 0;
  bool held_out = false;
  bool best = false;
  int64_t size_bytes = 0;
};

// Writes checkpoints on a thread of its own, so that hashing and the disk hold
// up no step: training goes on from the copy's making. One at a time. Not
// thread-safe. The destructor waits for the one in the making.
class CheckpointWriter {
 public:
  // Sheets of samples go to the SheetFolder `sample_dir`, which is thinned; an
  // empty name: nowhere. `file_system` and `store` outlive this.
  CheckpointWriter(FileSystem* file_system, CheckpointStore* store, const std::string& sample_dir);

  // Begins to write; the one before must have been taken with Finish.
  void Begin(Checkpoint checkpoint, bool held_out, Image sheet);
  bool busy() const { return thread_.has_value(); }
  // Whether Finish would not block.
  bool done() const { return busy() && done_; }
  // Blocks until the one in the making is written, or not.
  SaveReport Finish();

 private:
  void Write(const Checkpoint& checkpoint, bool held_out, const Image& sheet);

  CheckpointStore* store_;
  std::optional<SheetFolder> sheets_;
  SaveReport report_;  // the thread's, until done_
  std::atomic<bool> done_ = false;
  std::optional<Thread> thread_;  // last: it uses the rest
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_CHECKPOINT_WRITER_H_
