// SPDX-License-Identifier: Apache-2.0
// What an import left out, for people.
#ifndef FACET_CLIENT_CLI_LEFT_OUT_H_
#define FACET_CLIENT_CLI_LEFT_OUT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "facet/v1/dataset.pb.h"

namespace facet::cli {

// "F01" of "AF01/AF01ANS.JPG"; empty where the file is not named as in KDEF. The
// server looks closer.
std::string KdefPersonOf(absl::string_view path);

// How many pictures were left out for each kind of reason, which is what stands
// before its colon: "4 several faces, 1 no face". Of those that the data set lists.
std::string CountLeftOut(const v1::Dataset& dataset);

// People of KDEF of whom pictures were left out and none is in the data set,
// sorted.
std::vector<std::string> PeopleLost(const v1::Dataset& dataset);

// The counts, the first ten pictures and the people lost, several indented lines;
// empty where nothing was left out. `--json` has all pictures.
std::string DescribeLeftOut(const v1::Dataset& dataset);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_LEFT_OUT_H_
