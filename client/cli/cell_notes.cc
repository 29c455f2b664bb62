// SPDX-License-Identifier: Apache-2.0
#include "client/cli/cell_notes.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace facet::cli {
namespace {

using Rules = google::protobuf::RepeatedPtrField<v1::HoldOutRule>;

constexpr char kNever[] = "never trained on";
constexpr char kLearnt[] = "kept from the judge; the model learnt them";
constexpr char kTrained[] = "trained cells";
constexpr char kOfJudge[] = "cells that the judge learnt";

CellNotes AllAlike(const v1::EvaluationReport& report, const std::string& held_out, std::string others) {
  return {std::vector<std::string>(report.held_out_size(), held_out), std::move(others)};
}

// What a rule chooses follows from all but its name.
std::string WithoutName(v1::HoldOutRule rule) {
  rule.clear_name();
  rule.set_each(std::max(1, rule.each()));
  return rule.SerializeAsString();
}

// Rules that both begin with. They hold out the same cells: a rule chooses among
// what those before it left.
int CountCommon(const Rules& a, const Rules& b) {
  int common = 0;
  while (common < std::min(a.size(), b.size()) && WithoutName(a[common]) == WithoutName(b[common])) ++common;
  return common;
}

int IndexOf(const Rules& rules, const std::string& name) {
  return static_cast<int>(
      std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.name() == name; }) - rules.begin());
}

bool NamesAllImages(const v1::HeldOutReport& group) { return group.sample_images_size() == group.cell_count(); }

// All images that the model never learnt; nothing where its report does not name
// all.
std::optional<std::set<int64_t>> NeverLearnt(const v1::ModelCard& model) {
  std::set<int64_t> images;
  if (model.report().held_out_size() != model.hold_out_size()) return std::nullopt;
  for (const v1::HeldOutReport& group : model.report().held_out()) {
    if (!NamesAllImages(group)) return std::nullopt;
    images.insert(group.sample_images().begin(), group.sample_images().end());
  }
  return images;
}

std::string KeptFromJudge(const v1::HeldOutReport& group, const std::optional<std::set<int64_t>>& never_learnt) {
  if (!never_learnt.has_value() || !NamesAllImages(group)) {
    return "kept from the judge; the model's own rules are others, and may have let it learn them";
  }
  const auto learnt = std::count_if(group.sample_images().begin(), group.sample_images().end(),
                                    [&](int64_t image) { return !never_learnt->contains(image); });
  if (learnt == 0) return kNever;
  if (learnt == group.cell_count()) return kLearnt;
  return absl::StrCat("kept from the judge; the model learnt ", learnt, " of them");
}

}  // namespace

CellNotes NotesOfTraining(const v1::EvaluationReport& report) { return AllAlike(report, kNever, kTrained); }

CellNotes NotesOfEvaluation(const v1::TrainingJob& evaluation, const v1::ModelCard& model,
                            const std::string& dataset_fingerprint) {
  const v1::EvaluationReport& report = evaluation.report();
  if (model.dataset_fingerprint() != dataset_fingerprint) {
    return AllAlike(report, "kept from the judge; of another data set than the model learnt from", kOfJudge);
  }
  const Rules& rules = evaluation.spec().hold_out();
  // Without rules, the model's own have been taken.
  if (rules.empty()) return NotesOfTraining(report);
  const int common = CountCommon(rules, model.hold_out());
  const bool has_all_rules = common == model.hold_out_size();
  const auto never_learnt = NeverLearnt(model);
  CellNotes notes;
  for (const v1::HeldOutReport& group : report.held_out()) {
    if (IndexOf(rules, group.rule()) < common) {
      notes.held_out.emplace_back(kNever);
    } else if (has_all_rules) {
      notes.held_out.emplace_back(kLearnt);
    } else {
      notes.held_out.push_back(KeptFromJudge(group, never_learnt));
    }
  }
  notes.others =
      has_all_rules ? kTrained : absl::StrCat(kOfJudge, ", the model all but those that its own rules held out");
  return notes;
}

CellNotes NotesOfJob(client::Client& client, const v1::TrainingJob& job) {
  if (!job.spec().has_evaluation()) return NotesOfTraining(job.report());
  const auto model = client.GetModel(job.model_version());
  const auto dataset = client.GetDataset(job.dataset_version());
  if (model.ok() && dataset.ok()) return NotesOfEvaluation(job, model->card(), dataset->fingerprint());
  return AllAlike(job.report(),
                  absl::StrCat("kept from the judge; whether the model learnt them cannot be told: ",
                               (model.ok() ? dataset.status() : model.status()).message()),
                  kOfJudge);
}

}  // namespace facet::cli
