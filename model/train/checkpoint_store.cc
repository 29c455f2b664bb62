// SPDX-License-Identifier: Apache-2.0
#include "model/train/checkpoint_store.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/error.h"
#include "base/sealed_folder.h"
#include "base/status_macros.h"
#include "nlohmann/json.hpp"

namespace facet::model {
namespace {

constexpr size_t kNameLength = 9;
constexpr size_t kKept = 2;
constexpr char kStateFile[] = "state.json";
constexpr char kTensorFile[] = "state.safetensors";

std::string WriteState(const Checkpoint& checkpoint) {
  const nlohmann::json state = {
      {"format_version", kCheckpointFormatVersion},
      {"step", checkpoint.step},
      {"generator_updates", checkpoint.generator_updates},
      {"classifier_updates", checkpoint.classifier_updates},
      {"train_seconds", checkpoint.train_seconds},
      {"run_sha256", HashRun(checkpoint.run)},
      {"run", checkpoint.run},
  };
  return state.dump(2) + "\n";
}

absl::StatusOr<Checkpoint> ReadState(const std::string& text, const std::string& path) {
  // The checksum was right, so what does not parse was written so.
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    const int version = state.at("format_version").get<int>();
    if (version > kCheckpointFormatVersion) {
      return WithReason(absl::FailedPreconditionError(absl::StrCat(
                            "checkpoint '", path, "' has format ", version, ", and this program knows formats up to ",
                            kCheckpointFormatVersion, ": resume with the newer version that wrote it")),
                        "OTHER_PLAN");
    }
    Checkpoint checkpoint;
    checkpoint.step = state.at("step").get<int>();
    checkpoint.generator_updates = state.at("generator_updates").get<int>();
    checkpoint.classifier_updates = state.at("classifier_updates").get<int>();
    checkpoint.train_seconds = state.at("train_seconds").get<double>();
    checkpoint.run = state.at("run").get<RunIdentity>();
    return checkpoint;
  } catch (const nlohmann::json::exception& error) {
    return WithReason(absl::DataLossError(absl::StrCat("'", path, "/", kStateFile, "': ", error.what())),
                      "BAD_CHECKPOINT");
  }
}

}  // namespace

CheckpointStore::CheckpointStore(FileSystem* file_system, std::string folder)
    : file_system_(file_system), folder_(std::move(folder)) {}

std::string CheckpointStore::PathOf(int step) const { return absl::StrFormat("%s/%0*d", folder_, kNameLength, step); }

absl::Status CheckpointStore::Save(const Checkpoint& checkpoint) {
  RETURN_IF_ERROR(file_system_->CreateDirs(folder_));
  RETURN_IF_ERROR(RemoveUnsealedLeftovers(*file_system_, folder_));
  const std::string path = PathOf(checkpoint.step);
  // A folder of this name is damaged: a run at this step would else have
  // begun from it.
  RETURN_IF_ERROR(file_system_->RemoveAll(path));
  ASSIGN_OR_RETURN(const auto writer, SealedFolderWriter::Create(file_system_, path));
  RETURN_IF_ERROR(writer->Add(kStateFile, WriteState(checkpoint)));
  RETURN_IF_ERROR(writer->Add(kTensorFile, checkpoint.tensors));
  RETURN_IF_ERROR(writer->Commit());
  Prune(checkpoint.step);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int>> CheckpointStore::Steps() {
  std::vector<int> steps;
  if (!file_system_->Exists(folder_)) return steps;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system_->List(folder_));
  for (const std::string& name : names) {
    int step = 0;
    if (name.size() == kNameLength && absl::SimpleAtoi(name, &step)) steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

void CheckpointStore::Prune(int newest_step) {
  const auto steps = Steps();
  if (!steps.ok()) return;  // the next save tries again
  size_t kept = 0;
  for (auto step = steps->rbegin(); step != steps->rend(); ++step) {
    if (*step <= newest_step && kept++ < kKept) continue;
    file_system_->RemoveAll(PathOf(*step)).IgnoreError();
  }
}

absl::StatusOr<Checkpoint> CheckpointStore::Load(int step) {
  const std::string path = PathOf(step);
  ASSIGN_OR_RETURN(const std::string state, ReadSealedFile(*file_system_, path, kStateFile));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadState(state, path));
  ASSIGN_OR_RETURN(checkpoint.tensors, ReadSealedFile(*file_system_, path, kTensorFile));
  return checkpoint;
}

absl::StatusOr<std::optional<Checkpoint>> CheckpointStore::LoadNewest(const RunIdentity& run,
                                                                      std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(const std::vector<int> steps, Steps());
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto checkpoint = Load(*step);
    if (absl::IsDataLoss(checkpoint.status())) {
      warnings->push_back(absl::StrCat("passing over a damaged checkpoint: ", checkpoint.status().message()));
      continue;
    }
    RETURN_IF_ERROR(checkpoint.status());
    const std::string difference = DescribeDifference(checkpoint->run, run);
    if (!difference.empty()) {
      return WithReason(absl::FailedPreconditionError(absl::StrCat(
                            "checkpoint '", PathOf(*step), "' is of another run: ", difference,
                            ". Train in another folder, or remove the checkpoints to begin anew")),
                        "OTHER_PLAN");
    }
    return std::optional<Checkpoint>(*std::move(checkpoint));
  }
  return std::optional<Checkpoint>();
}

}  // namespace facet::model
