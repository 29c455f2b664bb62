// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_REPORT_TEXT_H_
#define FACET_CLIENT_CLI_REPORT_TEXT_H_

#include <string>

#include "client/cli/cell_notes.h"
#include "facet/v1/report.pb.h"

namespace facet::cli {

// "93.1 %".
std::string FormatShare(double share);
// A difference of shares in percentage points: "-2.2", "+0.0".
std::string FormatPoints(double share);
// Whose figures stand beside what mixes keep: "real held-out images", or the
// parents' where no cells are held out. They are of other cells than the mixes.
std::string CeilingOfMixes(const v1::EvaluationReport& report);
// A report as a text for people, several lines: all that was measured. `notes`
// say who learnt the cells; without them it is the report of a training.
std::string FormatReport(const v1::EvaluationReport& report, const CellNotes& notes);
std::string FormatReport(const v1::EvaluationReport& report);
std::string FormatReport(const v1::AugmentationReport& report);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_REPORT_TEXT_H_
