// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/measure_tables.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/experiments/markdown_table.h"
#include "client/cli/report_text.h"

namespace facet::cli {
namespace {

using Accuracies = google::protobuf::RepeatedPtrField<v1::FeatureAccuracy>;

constexpr char kNone[] = "–";

MarkdownTable MeasureTable() {
  return MarkdownTable({"measure", "synthetic", "real images (ceiling)", "synthetic / real"});
}

enum class Ratio { kAbsent, kOfThoseTwo };

// A row for each feature, and one for each of its parts. `verb`: "recognised".
void AddAccuracies(const Accuracies& accuracies, const std::string& verb, Ratio ratio, MarkdownTable& table) {
  const auto add = [&](const std::string& what, const auto& accuracy) {
    std::vector<std::string> row = {what, FormatShare(accuracy.synthetic()), FormatShare(accuracy.real())};
    if (ratio == Ratio::kOfThoseTwo) row.push_back(FormatRatio(accuracy.synthetic(), accuracy.real()));
    table.Add(std::move(row));
  };
  for (const auto& accuracy : accuracies) {
    add(absl::StrCat(accuracy.feature(), " ", verb), accuracy);
    for (const auto& part : accuracy.parts()) {
      add(absl::StrCat(accuracy.feature(), " ", verb, ": its ", part.name(), " alone"), part);
    }
  }
}

void AddMeasures(const v1::ImageMeasures& measures, MarkdownTable& table) {
  for (const auto& likeness : measures.likeness()) {
    table.Add({absl::StrCat(likeness.feature(), ": its own class is the nearest (rank 1)"),
               FormatShare(likeness.rank_one()), FormatShare(likeness.real_rank_one()),
               FormatRatio(likeness.rank_one(), likeness.real_rank_one())});
    table.Add({absl::StrCat(likeness.feature(), ": cosine to the real image"), FormatNumber(likeness.cosine()), "1",
               FormatRatio(likeness.cosine(), 1)});
  }
  table.Add({"SSIM", FormatNumber(measures.ssim()), "1", FormatRatio(measures.ssim(), 1)});
  table.Add({"energy of fine detail", FormatNumber(measures.high_frequency_ratio()), "1",
             FormatRatio(measures.high_frequency_ratio(), 1)});
  table.Add({"kernel distance (KID)", FormatNumber(measures.kernel_distance()), "0", kNone});
  table.Add({"distance to the nearest training image", FormatNumber(measures.nearest_distance()),
             FormatNumber(measures.real_nearest_distance()),
             FormatRatio(measures.nearest_distance(), measures.real_nearest_distance())});
}

// Nothing where it was not measured.
std::optional<double> Psnr(bool measured, double db) { return measured ? std::optional(db) : std::nullopt; }

std::string CellTable(const Accuracies& accuracies, std::optional<double> psnr_db, bool has_measures,
                      const v1::ImageMeasures& measures) {
  MarkdownTable table = MeasureTable();
  AddAccuracies(accuracies, "recognised", Ratio::kOfThoseTwo, table);
  if (psnr_db.has_value()) table.Add({"PSNR", absl::StrCat(FormatNumber(*psnr_db), " dB"), kNone, kNone});
  if (has_measures) AddMeasures(measures, table);
  return absl::StrCat(table.ToString(), "\n");
}

// No ratio: the real images are of other cells, and harder or easier.
std::string MixTable(const v1::MixReport& mix, const std::string& whose_ceiling) {
  MarkdownTable table({"measure", "mixes", whose_ceiling});
  AddAccuracies(mix.kept(), "kept", Ratio::kAbsent, table);
  const auto add = [&](const std::string& what, const std::string& figure) { table.Add({what, figure, kNone}); };
  // A judge may know nothing of the feature itself.
  if (mix.parent_mass() > 0) {
    add(absl::StrCat("belief that it is one of the two parents (", mix.feature(), ")"), FormatShare(mix.parent_mass()));
  }
  if (mix.has_rendered_blend_distance()) {
    add("distance from the plain blend of the parents as the model draws them",
        FormatNumber(mix.rendered_blend_distance()));
  }
  if (mix.blend_distance() > 0) {
    add("distance from the plain blend of the parents' real images", FormatNumber(mix.blend_distance()));
  }
  if (mix.nearest_distance() > 0) {
    add("distance to the nearest training image", FormatNumber(mix.nearest_distance()));
  }
  if (mix.smoothness() > 0) {
    add("largest over mean step from parent to parent (1: even)", FormatNumber(mix.smoothness()));
  }
  return absl::StrCat(table.ToString(), "\n");
}

}  // namespace

std::string MeasureTables(const v1::EvaluationReport& report, const std::string& heading) {
  std::string text;
  for (const auto& held_out : report.held_out()) {
    absl::StrAppend(&text, heading, " Held out: ", held_out.rule(), "\n\n", held_out.cell_count(),
                    " images that training never saw.\n\n",
                    CellTable(held_out.accuracy(), Psnr(held_out.has_psnr_db(), held_out.psnr_db()),
                              held_out.has_measures(), held_out.measures()));
  }
  if (report.train_size() > 0 || report.has_train_psnr_db()) {
    absl::StrAppend(&text, heading, " Trained cells\n\n",
                    CellTable(report.train(), Psnr(report.has_train_psnr_db(), report.train_psnr_db()),
                              report.has_train_measures(), report.train_measures()));
  }
  for (const auto& mix : report.mixes()) {
    absl::StrAppend(&text, heading, " Mixes of ", mix.feature(), "\n\n", mix.image_count(),
                    " images of two classes at 0.5 and 0.5.\n\n", MixTable(mix, CeilingOfMixes(report)));
  }
  if (report.train_on_synthetic_size() > 0) {
    MarkdownTable table({"measure", "learnt from synthetic images", "learnt from real images", "ratio"});
    AddAccuracies(report.train_on_synthetic(), "recognised", Ratio::kOfThoseTwo, table);
    absl::StrAppend(&text, heading, " A classifier that learnt from synthetic images alone\n\nOn real images.\n\n",
                    table.ToString(), "\n");
  }
  return text;
}

}  // namespace facet::cli
