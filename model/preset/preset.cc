// SPDX-License-Identifier: Apache-2.0
#include "model/preset/preset.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace facet::model {
namespace {

constexpr absl::string_view kSuffix = ".textproto";
constexpr size_t kMaxPresetBytes = size_t{1} << 20;
constexpr int kWarmupShare = 4;  // one step in so many

// Keeps the first error; what follows is mostly its echo.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status BadFile(absl::string_view file_name, absl::string_view problem) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat(file_name, ":", problem)), "BAD_PRESET");
}

absl::StatusOr<std::vector<std::string>> PresetNames(FileSystem& file_system, const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, file_system.List(folder));
  std::vector<std::string> names;
  for (absl::string_view file : files) {
    if (absl::ConsumeSuffix(&file, kSuffix)) names.emplace_back(file);
  }
  // As files, "a-b.textproto" comes before "a.textproto".
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<v1::Preset> ReadPreset(FileSystem& file_system, const std::string& folder, const std::string& name) {
  const std::string path = absl::StrCat(folder, "/", name, kSuffix);
  ASSIGN_OR_RETURN(const std::string text, file_system.ReadFile(path));
  ASSIGN_OR_RETURN(v1::Preset preset, ParsePreset(text, path));
  if (preset.name() == name) return preset;
  return BadFile(path, absl::StrCat(" it holds preset '", preset.name(), "'; file and preset must have one name"));
}

// The preset's, whose steps are others. What the overrides ask for stays, to be
// checked.
void ShortenWarmups(const v1::TrainingOptions& overrides, v1::TrainingOptions& merged) {
  const int most = std::max(0, overrides.steps() / kWarmupShare);
  if (!overrides.has_classifier_warmup_steps() && merged.classifier_warmup_steps() > most) {
    merged.set_classifier_warmup_steps(most);
  }
  if (overrides.schedule().warmup_steps() == 0 && merged.schedule().warmup_steps() > most) {
    merged.mutable_schedule()->set_warmup_steps(most);
  }
}

// The fields of a schedule mean other things for another kind, so that one with a
// kind is the whole of it.
void MergeSchedule(const v1::Schedule& schedule, v1::TrainingOptions& merged) {
  if (schedule.kind() != v1::SCHEDULE_KIND_UNSPECIFIED) {
    *merged.mutable_schedule() = schedule;
    return;
  }
  if (!merged.has_schedule()) merged.mutable_schedule()->set_kind(v1::SCHEDULE_KIND_PAPER);
  merged.mutable_schedule()->MergeFrom(schedule);  // fields without presence: those that are not 0
}

}  // namespace

absl::StatusOr<v1::Preset> ParsePreset(absl::string_view text, absl::string_view file_name) {
  if (text.size() > kMaxPresetBytes) return BadFile(file_name, " too long for a preset");
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  v1::Preset preset;
  if (!parser.ParseFromString(std::string(text), &preset)) return BadFile(file_name, error.text());
  const absl::Status id = ValidateId(preset.name(), "preset name");
  if (!id.ok()) return Annotate(PrefixField(id, "name"), file_name);
  return preset;
}

absl::StatusOr<v1::Preset> FindPreset(FileSystem& file_system, const std::string& folder, absl::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, PresetNames(file_system, folder));
  // By comparison, so that a name such as "../x" never becomes a path.
  for (const std::string& candidate : names) {
    if (candidate == name) return ReadPreset(file_system, folder, candidate);
  }
  return ResourceNotFound("facet.v1.Preset", name,
                          absl::StrCat("there is no preset '", name, "'. ", SuggestNames(name, names)));
}

absl::StatusOr<std::vector<v1::Preset>> ListPresets(FileSystem& file_system, const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, PresetNames(file_system, folder));
  std::vector<v1::Preset> presets;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(v1::Preset preset, ReadPreset(file_system, folder, name));
    presets.push_back(std::move(preset));
  }
  return presets;
}

v1::TrainingOptions MergeTrainingOptions(const v1::TrainingOptions& base, const v1::TrainingOptions& overrides) {
  v1::TrainingOptions merged = base;
  if (overrides.feature_weights_size() > 0) merged.clear_feature_weights();
  if (overrides.has_schedule()) MergeSchedule(overrides.schedule(), merged);
  v1::TrainingOptions others = overrides;
  others.clear_schedule();
  merged.MergeFrom(others);
  if (overrides.has_steps()) ShortenWarmups(overrides, merged);
  return merged;
}

v1::JudgeOptions MergeJudgeOptions(const v1::JudgeOptions& base, const v1::JudgeOptions& overrides) {
  v1::JudgeOptions merged = base;
  merged.MergeFrom(overrides);  // fields without presence: those that are not 0
  return merged;
}

}  // namespace facet::model
