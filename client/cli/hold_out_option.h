// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_HOLD_OUT_OPTION_H_
#define FACET_CLIENT_CLI_HOLD_OUT_OPTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "facet/v1/hold_out.pb.h"

namespace facet::cli {

// The text of --hold-out: "colour:per=digit,example;missing=colour;count=100",
// with ";each=2" and ";seed=1" where wanted. INVALID_ARGUMENT: it is not in
// this form. Names and numbers are the server's to judge.
absl::StatusOr<v1::HoldOutRule> ParseHoldOut(const std::string& text);

// A rule for people: "8 of identity lose 1 of expression each, seed 1".
std::string DescribeHoldOut(const v1::HoldOutRule& rule);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_HOLD_OUT_OPTION_H_
