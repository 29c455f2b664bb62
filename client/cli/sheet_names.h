// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_SHEET_NAMES_H_
#define FACET_CLIENT_CLI_SHEET_NAMES_H_

#include <string>

#include "client/cli/pictures.h"
#include "facet/v1/feature.pb.h"

namespace facet::cli {

// Sheets are lettered in ASCII. Writes `colour #1` in the labels of `sheet` for
// every class name of `schema` that has other letters, and '?' for each such
// letter that is left. Returns what to tell people: "grün is colour #1"; empty
// if nothing was changed.
std::string SpellForSheet(const v1::FeatureSchema& schema, Sheet& sheet);

// SpellForSheet, and says so on standard error.
void SpellAndTell(const v1::FeatureSchema& schema, Sheet& sheet);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_SHEET_NAMES_H_
