// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/experiments/markdown_table.h"
#include "client/cli/experiments/measure_tables.h"
#include "client/cli/report_text.h"

namespace facet::cli {
namespace {

// "92.1 % (91.0 % to 93.2 %)".
std::string Accuracy(const v1::AugmentationReport::Test& test) {
  if (test.accuracy_size() < 2) return FormatShare(test.mean_accuracy());
  const auto [least, most] = std::minmax_element(test.accuracy().begin(), test.accuracy().end());
  return absl::StrCat(FormatShare(test.mean_accuracy()), " (", FormatShare(*least), " to ", FormatShare(*most), ")");
}

std::string Difference(const v1::AugmentationReport::Test& test) {
  if (!test.has_difference()) return "–";
  if (!test.has_difference_low() || !test.has_difference_high()) return FormatPoints(test.difference());
  return absl::StrCat(FormatPoints(test.difference()), " [", FormatPoints(test.difference_low()), ", ",
                      FormatPoints(test.difference_high()), "]");
}

// What McNemar's test counts, a row for each seed; empty where a report lacks it.
std::string CountsOfMcNemar(const v1::AugmentationReport& report) {
  MarkdownTable table(
      {"learnt from", "tested on", "seed", "right where the first source is wrong", "wrong where it is right"});
  bool any = false;
  for (const auto& source : report.sources()) {
    for (const auto& test : source.tests()) {
      for (int i = 0; i < test.gained_size() && i < test.lost_size(); ++i) {
        any = true;
        table.Add({source.name(), test.name(), i < report.seeds_size() ? absl::StrCat(report.seeds(i)) : "–",
                   absl::StrCat(test.gained(i)), absl::StrCat(test.lost(i))});
      }
    }
  }
  if (!any) return "";
  return absl::StrCat("\nWhat McNemar's test counts, images by seed:\n\n", table.ToString());
}

}  // namespace

std::string AugmentationTable(const v1::AugmentationReport& report) {
  MarkdownTable table({"learnt from", "images", "tested on", "test images", "accuracy (least to most of the seeds)",
                       "difference in points [95 % interval]", "McNemar's p"});
  for (const auto& source : report.sources()) {
    for (const auto& test : source.tests()) {
      table.Add({source.name(), absl::StrCat(source.images()), test.name(), absl::StrCat(test.images()), Accuracy(test),
                 Difference(test), test.has_mcnemar_p() ? FormatNumber(test.mcnemar_p()) : "–"});
    }
  }
  std::string text = absl::StrCat(table.ToString(), CountsOfMcNemar(report));
  if (report.synthetic_rendered() > 0) {
    absl::StrAppend(&text, "\nSynthetic images: ", report.synthetic_rendered(), " rendered, ", report.synthetic_kept(),
                    " kept; left out ", report.dropped_confidence(), " for confidence, ", report.dropped_sharpness(),
                    " for sharpness.\n");
  }
  return text;
}

}  // namespace facet::cli
