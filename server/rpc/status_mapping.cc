// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/status_mapping.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/rpc/clean_text.h"

namespace facet::server {
namespace {

// gRPC's default for all headers together is 8 KiB. The message goes twice, as
// itself (percent-encoded, up to three times as long) and in the details
// (base64).
constexpr size_t kMaxMessage = 1000;
constexpr size_t kMaxDescription = 400;
constexpr size_t kMaxPath = 300;
// Of all fields that are wrong; what comes after is left out of the details.
constexpr size_t kMaxViolations = 1800;

// The words of a text in lower case, with a space before and behind each:
// "chunk_size" and "chunk size" are alike.
std::string Words(absl::string_view text) {
  std::string words = " ";
  for (const char c : text) {
    if (absl::ascii_isalnum(c)) {
      words += absl::ascii_tolower(c);
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

// Whoever sees code and message alone must hear what the message is about. Of
// several mistakes the message names the fields in any case.
std::string MessageOf(const absl::Status& status, const ErrorDetail& detail) {
  std::string message(status.message());
  if (detail.violations.size() != 1 || detail.violations[0].field.empty()) return message;
  const std::string& field = detail.violations[0].field;
  absl::string_view last = field;
  last.remove_prefix(last.rfind('.') + 1);  // npos + 1 is 0
  const bool is_element = absl::EndsWith(last, "]");
  if (!is_element && absl::StrContains(Words(message), Words(last))) return message;
  if (is_element && absl::StrContains(message, last)) return message;
  return absl::StrCat(CleanText(field, kMaxPath), ": ", message);
}

void AddErrorInfo(const ErrorDetail& detail, google::rpc::Status& rich) {
  google::rpc::ErrorInfo info;
  info.set_reason(detail.reason);
  info.set_domain("facet");
  rich.add_details()->PackFrom(info);
}

void AddBadRequest(const std::vector<FieldViolation>& violations, google::rpc::Status& rich) {
  google::rpc::BadRequest bad;
  for (const FieldViolation& found : violations) {
    google::rpc::BadRequest::FieldViolation violation;
    violation.set_field(CleanText(found.field, kMaxPath));
    violation.set_description(CleanText(found.message, kMaxDescription));
    if (bad.ByteSizeLong() + violation.ByteSizeLong() > kMaxViolations) break;
    *bad.add_field_violations() = std::move(violation);
  }
  rich.add_details()->PackFrom(bad);
}

void AddResourceInfo(const ErrorResource& resource, google::rpc::Status& rich) {
  google::rpc::ResourceInfo info;
  info.set_resource_type(CleanText(resource.type, kMaxPath));
  info.set_resource_name(CleanText(resource.name, kMaxPath));
  rich.add_details()->PackFrom(info);
}

void AddRetryInfo(absl::Duration delay, google::rpc::Status& rich) {
  google::rpc::RetryInfo info;
  const int64_t nanos = absl::ToInt64Nanoseconds(delay);
  info.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  rich.add_details()->PackFrom(info);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const ErrorDetail detail = GetErrorDetail(status);
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  rich.set_message(CleanText(MessageOf(status, detail), kMaxMessage));
  AddErrorInfo(detail, rich);
  if (!detail.violations.empty()) AddBadRequest(detail.violations, rich);
  if (detail.resource.has_value()) AddResourceInfo(*detail.resource, rich);
  if (detail.retry_after.has_value()) AddRetryInfo(*detail.retry_after, rich);
  // Both number their codes alike.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), rich.message(), rich.SerializeAsString());
}

}  // namespace facet::server
