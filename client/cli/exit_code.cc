// SPDX-License-Identifier: Apache-2.0
#include "client/cli/exit_code.h"

#include <cstdio>
#include <set>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/shown_text.h"
#include "facet/client/error.h"

namespace facet::cli {
namespace {

constexpr char kJobFailed[] = "facet/job_failed";

// Reasons of damage to a version of a model or a data set.
const std::set<std::string>& Restorable() {
  static const auto* const kReasons = new std::set<std::string>{
      "BAD_BUNDLE",  "BAD_CARD",       "BAD_DATASET",       "BAD_MANIFEST",      "BAD_SAFETENSORS",
      "BAD_WEIGHTS", "BUNDLE_MISSING", "CHECKSUM_MISMATCH", "WEIGHTS_NOT_FINITE"};
  return *kReasons;
}

std::string Advice(const absl::Status& status, const client::ErrorDescription& details) {
  if (details.retry_after.has_value()) {
    return absl::StrCat("try again in ", absl::FormatDuration(*details.retry_after));
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      // One that answers is there.
      if (!absl::StartsWith(status.message(), "cannot reach ")) return "";
      return "is facetd running there? Start it, or name another with --server or FACET_SERVER";
    case absl::StatusCode::kDeadlineExceeded:
      return "give it more time with --timeout";
    case absl::StatusCode::kUnimplemented:
      // Ours says what it does not do; another says nothing.
      return details.reason.empty() ? "this server does not offer it" : "";
    case absl::StatusCode::kDataLoss:
      return Restorable().count(details.reason) > 0 ? "restore it from a copy, or delete that version" : "";
    default:
      return "";
  }
}

}  // namespace

int ExitCode(const absl::Status& status) {
  if (status.GetPayload(kJobFailed).has_value()) return 9;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return 3;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
      return 4;
    case absl::StatusCode::kResourceExhausted:
      return 5;
    case absl::StatusCode::kUnavailable:
      return 6;
    case absl::StatusCode::kDeadlineExceeded:
      return 7;
    case absl::StatusCode::kDataLoss:
      return 8;
    case absl::StatusCode::kCancelled:
      return 130;
    default:
      return 1;
  }
}

void PrintError(const absl::Status& status) {
  const client::ErrorDescription details = client::DescribeError(status);
  // The message of several mistakes has their fields, and one reason is not all.
  const bool several = details.violations.size() > 1;
  const std::string reason = several || details.reason.empty() ? "" : absl::StrCat(" (", details.reason, ")");
  std::fprintf(stderr, "facet: %s%s\n", ShownText(status.message()).c_str(), reason.c_str());
  const bool named = absl::StartsWith(status.message(), absl::StrCat(details.field, ": "));
  if (!several && !details.field.empty() && !named) {
    std::fprintf(stderr, "  field: %s\n", ShownText(details.field).c_str());
  }
  const std::string advice = Advice(status, details);
  if (!advice.empty()) std::fprintf(stderr, "  %s\n", advice.c_str());
}

absl::Status JobFailedError(const std::string& message) {
  absl::Status status = absl::UnknownError(message);
  status.SetPayload(kJobFailed, absl::Cord());
  return status;
}

}  // namespace facet::cli
