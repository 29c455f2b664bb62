// SPDX-License-Identifier: Apache-2.0
// What was measured of a model, as tables in Markdown: for reports of
// experiments and for cards of models.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_MEASURE_TABLES_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_MEASURE_TABLES_H_

#include <string>

#include "facet/v1/report.pb.h"

namespace facet::cli {

// A heading and a table for each group of held-out cells, for the training
// cells, for mixes of each feature, and for training on synthetic images; what
// the report does not have is left out. Beside what synthetic images reach
// stands what real ones of the same cells do, and their ratio; beside mixes, of
// which there are no real ones, what CeilingOfMixes names. `heading` begins each
// heading: "###".
std::string MeasureTables(const v1::EvaluationReport& report, const std::string& heading);

// Of each source of a comparison of recognisers: accuracy on each test, the
// difference to the first source with its interval, McNemar's test; then what
// that test counted, seed by seed, and how many synthetic images were rendered,
// kept and left out.
std::string AugmentationTable(const v1::AugmentationReport& report);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_MEASURE_TABLES_H_
