// SPDX-License-Identifier: Apache-2.0
#include "client/cli/report_text.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

using Accuracies = google::protobuf::RepeatedPtrField<v1::FeatureAccuracy>;

// How near the judge's features of a feature's class are, on the line of its
// accuracy.
void AppendLikeness(const v1::ImageMeasures& measures, const std::string& feature, std::string& text) {
  for (const v1::FeatureLikeness& likeness : measures.likeness()) {
    if (likeness.feature() != feature) continue;
    absl::StrAppendFormat(&text, "; its own class nearest %s (%s), cosine %.2f", FormatShare(likeness.rank_one()),
                          FormatShare(likeness.real_rank_one()), likeness.cosine());
  }
}

// `verb` goes on after each share, `ceiling` names whose figure stands beside it.
void AppendAccuracies(const Accuracies& accuracies, const v1::ImageMeasures& measures, const char* verb,
                      const char* ceiling, std::string& text) {
  const auto append = [&](absl::string_view what, const char* does, const auto& accuracy) {
    absl::StrAppend(&text, "    ", what, ": ", FormatShare(accuracy.synthetic()), does, " (", ceiling, ": ",
                    FormatShare(accuracy.real()), ")");
  };
  for (const auto& accuracy : accuracies) {
    append(accuracy.feature(), verb, accuracy);
    AppendLikeness(measures, accuracy.feature(), text);
    text += '\n';
    for (const auto& part : accuracy.parts()) {
      append(absl::StrCat("  its ", part.name(), " alone"), "", part);
      text += '\n';
    }
  }
}

// Of synthetic images beside real ones.
void AppendAccuracies(const Accuracies& accuracies, const v1::ImageMeasures& measures, std::string& text) {
  AppendAccuracies(accuracies, measures, " recognised", "real images", text);
}

void AppendMeasures(const v1::ImageMeasures& measures, std::string& text) {
  absl::StrAppendFormat(&text, "    SSIM %.2f; fine detail %.2f of the real images'; KID %.2f", measures.ssim(),
                        measures.high_frequency_ratio(), measures.kernel_distance());
  if (measures.nearest_distance() > 0) {
    absl::StrAppendFormat(&text, "; %.3f from the nearest image that the judge learnt (real images: %.3f)",
                          measures.nearest_distance(), measures.real_nearest_distance());
  }
  text += '\n';
}

void AppendHeldOut(const v1::HeldOutReport& group, const std::string& note, std::string& text) {
  absl::StrAppend(&text, "  held out '", group.rule(), "' (", group.cell_count(), " images ", note,
                  "), by an independent judge:\n");
  AppendAccuracies(group.accuracy(), group.measures(), text);
  if (group.has_psnr_db()) {
    absl::StrAppendFormat(&text, "    PSNR %.1f dB\n", group.psnr_db());
  } else {
    text += "    not measured\n";
  }
  if (group.has_measures()) AppendMeasures(group.measures(), text);
}

// What was measured of a mix: "50.0 % of the judge's belief ...".
std::string DescribeMix(const v1::MixReport& mix) {
  std::vector<std::string> parts;
  // A judge may know nothing of the feature itself.
  if (mix.parent_mass() > 0) {
    parts.push_back(absl::StrCat(FormatShare(mix.parent_mass()), " of the judge's belief on the two parents"));
  }
  if (mix.nearest_distance() > 0) {
    parts.push_back(absl::StrFormat("%.3f from the nearest image that the judge learnt", mix.nearest_distance()));
  }
  if (mix.has_rendered_blend_distance()) {
    parts.push_back(absl::StrFormat("%.3f from the plain blend of the parents as the model draws them",
                                    mix.rendered_blend_distance()));
  }
  if (mix.blend_distance() > 0) {
    parts.push_back(absl::StrFormat("%.3f from the plain blend of the parents' real images", mix.blend_distance()));
  }
  if (mix.smoothness() > 0) {
    parts.push_back(
        absl::StrFormat("largest step %.2f of the mean on the way from one to the other", mix.smoothness()));
  }
  return absl::StrJoin(parts, "; ");
}

void AppendSpeeds(const v1::EvaluationReport& report, std::string& text) {
  std::vector<std::string> speeds;
  // Nothing was trained where a model was measured.
  if (report.train_seconds() > 0) {
    speeds.push_back(absl::StrFormat("trained at %.0f images/s in %.0f s", report.train_images_per_second(),
                                     report.train_seconds()));
  }
  if (report.render_images_per_second() > 0) {
    speeds.push_back(absl::StrFormat("renders %.0f images/s", report.render_images_per_second()));
  }
  if (!speeds.empty()) absl::StrAppend(&text, "  ", absl::StrJoin(speeds, "; "), "\n");
}

}  // namespace

std::string FormatShare(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

std::string FormatPoints(double share) {
  return absl::StrFormat("%+.1f", std::round(1000 * share) / 10 + 0.0);  // 0.0: no -0.0
}

std::string CeilingOfMixes(const v1::EvaluationReport& report) {
  // A rule that found no cell has no accuracies.
  const bool held_out = std::any_of(report.held_out().begin(), report.held_out().end(),
                                    [](const v1::HeldOutReport& group) { return group.accuracy_size() > 0; });
  return held_out ? "real held-out images" : "the parents' real images, which the judge learnt";
}

std::string FormatReport(const v1::EvaluationReport& report) { return FormatReport(report, NotesOfTraining(report)); }

std::string FormatReport(const v1::EvaluationReport& report, const CellNotes& notes) {
  std::string text;
  for (int i = 0; i < report.held_out_size(); ++i) AppendHeldOut(report.held_out(i), notes.held_out.at(i), text);
  if (report.train_size() > 0 || report.has_train_psnr_db()) {
    absl::StrAppend(&text, "  ", notes.others);
    if (report.has_train_psnr_db()) absl::StrAppendFormat(&text, ", PSNR %.1f dB", report.train_psnr_db());
    text += ":\n";
    AppendAccuracies(report.train(), report.train_measures(), text);
    if (report.has_train_measures()) AppendMeasures(report.train_measures(), text);
  }
  for (const auto& mix : report.mixes()) {
    absl::StrAppend(&text, "  0.5/0.5 mixes of ", mix.feature(), ": ", DescribeMix(mix), "\n");
    AppendAccuracies(mix.kept(), {}, " kept", CeilingOfMixes(report).c_str(), text);
  }
  if (report.train_on_synthetic_size() > 0) {
    text += "  a classifier that learnt from rendered images alone knows real ones:\n";
    AppendAccuracies(report.train_on_synthetic(), {}, "", "that of real images", text);
  }
  if (report.judge_train_images() > 0) {
    absl::StrAppend(&text, "  the judge: seed ", report.judge_seed(), ", learnt from ", report.judge_train_images(),
                    " images\n");
  }
  AppendSpeeds(report, text);
  return text;
}

std::string FormatReport(const v1::AugmentationReport& report) {
  Table table({"SOURCE", "IMAGES", "TEST", "ACCURACY", "DIFFERENCE", "95 %", "MCNEMAR P"});
  for (const auto& source : report.sources()) {
    for (const auto& test : source.tests()) {
      std::vector<std::string> row = {source.name(), absl::StrCat(source.images()),
                                      absl::StrCat(test.name(), " (", test.images(), ")"),
                                      FormatShare(test.mean_accuracy())};
      if (test.has_difference()) {
        row.push_back(FormatPoints(test.difference()));
        row.push_back(absl::StrCat(FormatPoints(test.difference_low()), " to ", FormatPoints(test.difference_high())));
        row.push_back(absl::StrFormat("%.3g", test.mcnemar_p()));
      }
      table.Add(std::move(row));
    }
  }
  std::string text = absl::StrCat("  ", report.feature(), ", by ", report.seeds_size(),
                                  " recognisers of each source; differences from ",
                                  report.sources_size() > 0 ? report.sources(0).name() : "nothing", "\n");
  for (const absl::string_view line : absl::StrSplit(table.ToString(), '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, "  ", line, "\n");
  }
  if (report.synthetic_rendered() > 0) {
    absl::StrAppend(&text, "  synthetic images: ", report.synthetic_rendered(), " rendered, ", report.synthetic_kept(),
                    " kept; left out for the judge's doubt ", report.dropped_confidence(), ", for their sharpness ",
                    report.dropped_sharpness(), "\n");
  }
  return text;
}

}  // namespace facet::cli
