// SPDX-License-Identifier: Apache-2.0
#include "model/train/checkpoint_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/image/codec.h"

namespace facet::model {
namespace {

// Training has the processor first. Of this thread alone, as Linux has it.
void GiveWay() {
  constexpr int kNiceness = 10;
  setpriority(PRIO_PROCESS, gettid(), kNiceness);
}

absl::Status WriteSheet(FileSystem& file_system, const std::string& folder, int step, const Image& sheet) {
  RETURN_IF_ERROR(file_system.CreateDirs(folder));
  ASSIGN_OR_RETURN(const std::string png, EncodePng(sheet.shape, sheet.pixels.data()));
  return file_system.WriteFileAtomically(absl::StrFormat("%s/%09d.png", folder, step), png);
}

// Removes all but the newest kSheetsKept and those of `steps`, which ascend.
absl::Status PruneSheets(FileSystem& file_system, const std::string& folder, const std::vector<int>& steps) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, file_system.List(folder));
  int newest = 0;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {  // by number: all have nine digits
    absl::string_view stem = *name;
    int step = 0;
    if (!absl::ConsumeSuffix(&stem, ".png") || !absl::SimpleAtoi(stem, &step)) continue;
    if (newest++ < kSheetsKept || std::binary_search(steps.begin(), steps.end(), step)) continue;
    RETURN_IF_ERROR(file_system.RemoveAll(absl::StrCat(folder, "/", *name)));
  }
  return absl::OkStatus();
}

}  // namespace

CheckpointWriter::CheckpointWriter(FileSystem* file_system, CheckpointStore* store, std::string sample_dir)
    : file_system_(file_system), store_(store), sample_dir_(std::move(sample_dir)) {}

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
  if (sample_dir_.empty()) return;
  WriteSheet(*file_system_, sample_dir_, checkpoint.step, sheet).IgnoreError();
  if (const auto kept = store_->Steps(); kept.ok()) PruneSheets(*file_system_, sample_dir_, *kept).IgnoreError();
}

}  // namespace facet::model
