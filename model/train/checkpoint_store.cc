// SPDX-License-Identifier: Apache-2.0
#include "model/train/checkpoint_store.h"

#include <algorithm>
#include <filesystem>
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
constexpr char kStateFile[] = "state.json";
constexpr char kTensorFile[] = "state.safetensors";
constexpr char kCurveFile[] = "curve.json";

std::string WriteState(const Checkpoint& checkpoint) {
  nlohmann::json state = {
      {"format_version", kCheckpointFormatVersion},
      {"step", checkpoint.step},
      {"generator_updates", checkpoint.generator_updates},
      {"classifier_updates", checkpoint.classifier_updates},
      {"train_seconds", checkpoint.train_seconds},
      {"run_sha256", HashRun(checkpoint.run)},
      {"run", checkpoint.run},
  };
  if (checkpoint.psnr_db.has_value()) state["psnr_db"] = *checkpoint.psnr_db;
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
    if (state.contains("psnr_db")) checkpoint.psnr_db = state["psnr_db"].get<double>();
    return checkpoint;
  } catch (const nlohmann::json::exception& error) {
    return WithReason(absl::DataLossError(absl::StrCat("'", path, "/", kStateFile, "': ", error.what())),
                      "BAD_CHECKPOINT");
  }
}

}  // namespace

CheckpointStore::CheckpointStore(FileSystem* file_system, std::string folder, int keep)
    : file_system_(file_system), folder_(std::move(folder)), keep_(keep) {}

std::string CheckpointStore::PathOf(int step) const { return absl::StrFormat("%s/%0*d", folder_, kNameLength, step); }

absl::Status CheckpointStore::Save(const Checkpoint& checkpoint) {
  if (!file_system_->Exists(folder_)) {
    RETURN_IF_ERROR(file_system_->CreateDirs(folder_));
    RETURN_IF_ERROR(file_system_->SyncDir(std::filesystem::path(folder_).parent_path().string()));
  }
  RETURN_IF_ERROR(RemoveUnsealedLeftovers(*file_system_, folder_));
  const std::string path = PathOf(checkpoint.step);
  // A folder of this name is damaged: a run at this step would else have
  // begun from it.
  RETURN_IF_ERROR(file_system_->RemoveAll(path));
  ASSIGN_OR_RETURN(const auto writer, SealedFolderWriter::Create(file_system_, path));
  RETURN_IF_ERROR(writer->Add(kStateFile, WriteState(checkpoint)));
  RETURN_IF_ERROR(writer->Add(kTensorFile, checkpoint.tensors));
  if (!checkpoint.curve.empty()) RETURN_IF_ERROR(writer->Add(kCurveFile, checkpoint.curve));
  RETURN_IF_ERROR(writer->Commit());
  psnr_[checkpoint.step] = checkpoint.psnr_db;
  damaged_.erase(checkpoint.step);
  Prune(checkpoint.step);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int>> CheckpointStore::Steps() {
  std::vector<int> steps;
  const auto names = file_system_->List(folder_);
  if (absl::IsNotFound(names.status())) return steps;
  RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    int step = 0;
    if (name.size() == kNameLength && absl::SimpleAtoi(name, &step)) steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

void CheckpointStore::Prune(int newest_step) {
  const auto steps = Steps();
  if (!steps.ok()) return;  // the next save tries again
  best_step_ = -1;
  double best = 0;
  std::set<int> unknown;
  for (const int step : *steps) {
    if (step > newest_step || damaged_.contains(step)) continue;
    const auto psnr = PsnrOf(step);
    if (!psnr.ok()) unknown.insert(step);
    if (!psnr.ok() || !psnr->has_value() || (best_step_ >= 0 && **psnr < best)) continue;
    best_step_ = step;
    best = **psnr;
  }
  size_t kept = 0;
  for (auto step = steps->rbegin(); step != steps->rend(); ++step) {
    const bool stays = *step == best_step_ || unknown.contains(*step);
    if (*step <= newest_step && !damaged_.contains(*step) && (kept++ < keep_ || stays)) continue;
    psnr_.erase(*step);
    file_system_->RemoveAll(PathOf(*step)).IgnoreError();
  }
}

absl::StatusOr<std::optional<double>> CheckpointStore::PsnrOf(int step) {
  const auto known = psnr_.find(step);
  if (known != psnr_.end()) return known->second;
  const auto checkpoint = LoadState(step);
  if (absl::IsDataLoss(checkpoint.status())) return psnr_[step] = std::nullopt;
  RETURN_IF_ERROR(checkpoint.status());
  return psnr_[step] = checkpoint->psnr_db;
}

absl::StatusOr<Checkpoint> CheckpointStore::LoadState(int step) {
  const std::string path = PathOf(step);
  ASSIGN_OR_RETURN(const std::string state, ReadSealedFile(*file_system_, path, kStateFile));
  return ReadState(state, path);
}

absl::StatusOr<Checkpoint> ReadCheckpoint(FileSystem& file_system, const std::string& path) {
  ASSIGN_OR_RETURN(const auto digests, ReadSeal(file_system, path));
  ASSIGN_OR_RETURN(const std::string state, ReadSealedFile(file_system, path, kStateFile));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ReadState(state, path));
  ASSIGN_OR_RETURN(checkpoint.tensors, ReadSealedFile(file_system, path, kTensorFile));
  if (digests.count(kCurveFile) > 0) {
    ASSIGN_OR_RETURN(checkpoint.curve, ReadSealedFile(file_system, path, kCurveFile));
  }
  return checkpoint;
}

absl::StatusOr<std::optional<Checkpoint>> CheckpointStore::LoadNewest(const RunIdentity& run,
                                                                      std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(const std::vector<int> steps, Steps());
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto checkpoint = ReadCheckpoint(*file_system_, PathOf(*step));
    if (absl::IsDataLoss(checkpoint.status())) {
      damaged_.insert(*step);
      warnings->push_back(absl::StrCat("passing over a damaged checkpoint: ", checkpoint.status().message()));
      continue;
    }
    RETURN_IF_ERROR(checkpoint.status());
    const std::string difference = DescribeDifference(checkpoint->run, run);
    if (!difference.empty()) {
      return WithReason(absl::FailedPreconditionError(
                            absl::StrCat("checkpoint '", PathOf(*step), "' is of another run: ", difference,
                                         ". Train in another folder, or remove the checkpoints to begin anew")),
                        "OTHER_PLAN");
    }
    return std::optional<Checkpoint>(*std::move(checkpoint));
  }
  return std::optional<Checkpoint>();
}

}  // namespace facet::model
