// SPDX-License-Identifier: Apache-2.0
#include "model/train/recogniser_files.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "facet/internal/trainer.pb.h"
#include "model/train/job_files.h"

namespace facet::model {

std::string RecogniserFiles::PathOf(TrainingSource source, int seed) const {
  return absl::StrCat(folder_, "/", SourceName(source), "-", seed, ".binpb");
}

absl::Status RecogniserFiles::Write(const std::string& path, const std::string& part) {
  RETURN_IF_ERROR(save_([&]() -> absl::Status {
    const absl::Status made = file_system_.CreateDirs(folder_);
    return made.ok() ? WritePart(file_system_, path, part) : made;
  }));
  on_kept_();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Answers>> RecogniserFiles::FindAnswers(TrainingSource source, int seed) {
  ASSIGN_OR_RETURN(const auto bytes, ReadPart(file_system_, PathOf(source, seed)));
  internal::RecogniserPart part;
  if (!bytes.has_value() || !part.ParseFromString(*bytes)) return std::nullopt;
  Answers answers;
  for (const auto& test : part.tests()) answers.emplace_back(test.classes().begin(), test.classes().end());
  return answers;
}

absl::Status RecogniserFiles::KeepAnswers(TrainingSource source, int seed, const Answers& answers) {
  internal::RecogniserPart part;
  for (const std::vector<uint16_t>& test : answers) *part.add_tests()->mutable_classes() = {test.begin(), test.end()};
  return Write(PathOf(source, seed), part.SerializeAsString());
}

absl::StatusOr<std::optional<SyntheticCounts>> RecogniserFiles::FindCounts() {
  ASSIGN_OR_RETURN(const auto bytes, ReadPart(file_system_, absl::StrCat(folder_, "/synthetic.binpb")));
  internal::SyntheticPart part;
  if (!bytes.has_value() || !part.ParseFromString(*bytes)) return std::nullopt;
  return SyntheticCounts{part.rendered(), part.kept(), part.dropped_confidence(), part.dropped_sharpness()};
}

absl::Status RecogniserFiles::KeepCounts(const SyntheticCounts& counts) {
  internal::SyntheticPart part;
  part.set_rendered(counts.rendered);
  part.set_kept(counts.kept);
  part.set_dropped_confidence(counts.dropped_confidence);
  part.set_dropped_sharpness(counts.dropped_sharpness);
  return Write(absl::StrCat(folder_, "/synthetic.binpb"), part.SerializeAsString());
}

}  // namespace facet::model
