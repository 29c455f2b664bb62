// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace facet {
namespace {

// Payload keys. A status is a map from such a key to bytes, which survives
// copies and costs nothing on the OK path.
constexpr absl::string_view kReason = "facet/reason";
constexpr absl::string_view kField = "facet/field";
constexpr absl::string_view kResourceType = "facet/resource_type";
constexpr absl::string_view kResourceName = "facet/resource_name";
constexpr absl::string_view kRetryAfterNanos = "facet/retry_after_ns";

std::optional<std::string> Payload(const absl::Status& status, absl::string_view key) {
  auto cord = status.GetPayload(key);
  if (!cord.has_value()) return std::nullopt;
  return std::string(*cord);
}

void SetPayload(absl::Status& status, absl::string_view key, absl::string_view value) {
  status.SetPayload(key, absl::Cord(value));
}

}  // namespace

absl::Status InvalidField(absl::string_view field, absl::string_view reason, absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  SetPayload(status, kField, field);
  SetPayload(status, kReason, reason);
  return status;
}

absl::Status ResourceNotFound(absl::string_view type, absl::string_view name, absl::string_view message) {
  absl::Status status = absl::NotFoundError(message);
  SetPayload(status, kResourceType, type);
  SetPayload(status, kResourceName, name);
  SetPayload(status, kReason, "RESOURCE_NOT_FOUND");
  return status;
}

absl::Status WithReason(absl::Status status, absl::string_view reason) {
  if (!status.ok()) SetPayload(status, kReason, reason);
  return status;
}

absl::Status WithField(absl::Status status, absl::string_view field) {
  if (!status.ok()) SetPayload(status, kField, field);
  return status;
}

absl::Status WithRetryAfter(absl::Status status, absl::Duration delay) {
  if (!status.ok()) SetPayload(status, kRetryAfterNanos, absl::StrCat(absl::ToInt64Nanoseconds(delay)));
  return status;
}

absl::Status PrefixField(absl::Status status, absl::string_view prefix) {
  if (status.ok()) return status;
  auto field = Payload(status, kField);
  if (!field.has_value()) return status;
  const bool joined = field->empty() || field->front() == '[';
  SetPayload(status, kField, absl::StrCat(prefix, joined ? "" : ".", *field));
  return status;
}

absl::Status Annotate(absl::Status status, absl::string_view prefix) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), absl::StrCat(prefix, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view key, const absl::Cord& value) { annotated.SetPayload(key, value); });
  return annotated;
}

ErrorDetail GetErrorDetail(const absl::Status& status) {
  ErrorDetail detail;
  detail.reason = Payload(status, kReason).value_or(absl::StatusCodeToString(status.code()));
  detail.field = Payload(status, kField);
  if (auto type = Payload(status, kResourceType)) {
    detail.resource = ErrorResource{*std::move(type), Payload(status, kResourceName).value_or("")};
  }
  int64_t nanos = 0;
  if (auto text = Payload(status, kRetryAfterNanos); text && absl::SimpleAtoi(*text, &nanos)) {
    detail.retry_after = absl::Nanoseconds(nanos);
  }
  return detail;
}

}  // namespace facet
