// SPDX-License-Identifier: Apache-2.0
#include "model/train/checkpoint_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace facet::model {
namespace {

// Training has the processor first. Of this thread alone, as Linux has it.
void GiveWay() {
  constexpr int kNiceness = 10;
  setpriority(PRIO_PROCESS, gettid(), kNiceness);
}

}  // namespace

CheckpointWriter::CheckpointWriter(FileSystem* file_system, CheckpointStore* store, const std::string& sample_dir)
    : store_(store) {
  if (!sample_dir.empty()) sheets_.emplace(file_system, sample_dir);
}

void CheckpointWriter::Begin(Checkpoint checkpoint, bool held_out, Image sheet) {
  done_ = false;
  thread_.emplace("checkpoint", [this, checkpoint = std::move(checkpoint), held_out, sheet = std::move(sheet)] {
    GiveWay();
    Write(checkpoint, held_out, sheet);
    done_ = true;
  });
}

SaveReport CheckpointWriter::Finish() {
  thread_.reset();
  return std::move(report_);
}

void CheckpointWriter::Write(const Checkpoint& checkpoint, bool held_out, const Image& sheet) {
  report_ = {};
  report_.step = checkpoint.step;
  report_.status = store_->Save(checkpoint);
  if (!report_.status.ok()) return;
  report_.psnr_db = checkpoint.psnr_db.value_or(0);
  report_.held_out = held_out;
  report_.best = store_->best_step() == checkpoint.step;
  report_.size_bytes = static_cast<int64_t>(checkpoint.tensors.size() + checkpoint.curve.size());
  // A picture is worth no failure.
  if (!sheets_.has_value()) return;
  sheets_->Write(checkpoint.step, sheet).IgnoreError();
  if (const auto kept = store_->Steps(); kept.ok()) sheets_->Thin(*kept).IgnoreError();
}

}  // namespace facet::model
