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
// "facet/violations/0/field" and so on, where there are several.
constexpr absl::string_view kViolations = "facet/violations/";
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

std::string FieldKey(size_t i) { return absl::StrCat(kViolations, i, "/field"); }
std::string MessageKey(size_t i) { return absl::StrCat(kViolations, i, "/message"); }

// Where there are several.
std::vector<FieldViolation> GetViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  while (auto field = Payload(status, FieldKey(violations.size()))) {
    violations.push_back({*std::move(field), Payload(status, MessageKey(violations.size())).value_or("")});
  }
  return violations;
}

std::string JoinPath(absl::string_view prefix, absl::string_view field) {
  const bool joined = field.empty() || field.front() == '[';
  return absl::StrCat(prefix, joined ? "" : ".", field);
}

// `status` with all that rides on it, and another message.
absl::Status WithMessage(const absl::Status& status, absl::string_view message) {
  absl::Status other(status.code(), message);
  status.ForEachPayload([&](absl::string_view key, const absl::Cord& value) { other.SetPayload(key, value); });
  return other;
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
  const auto field = Payload(status, kField);
  if (!field.has_value()) return status;
  std::vector<FieldViolation> violations = GetViolations(status);
  if (violations.empty()) return WithField(std::move(status), JoinPath(prefix, *field));
  for (FieldViolation& violation : violations) violation.field = JoinPath(prefix, violation.field);
  return WithViolations(status, violations);
}

absl::Status Annotate(absl::Status status, absl::string_view prefix) {
  if (status.ok()) return status;
  return WithMessage(status, absl::StrCat(prefix, ": ", status.message()));
}

absl::Status WithViolations(const absl::Status& first, const std::vector<FieldViolation>& violations) {
  std::string message =
      absl::StrCat(violations.size() < kMostViolations ? "" : "the first ", violations.size(), " mistakes");
  for (size_t i = 0; i < violations.size(); ++i) {
    absl::StrAppend(&message, i == 0 ? ": " : "; ", violations[i].field, ": ", violations[i].message);
  }
  absl::Status status = WithMessage(first, message);
  for (size_t i = 0; i < violations.size(); ++i) {
    SetPayload(status, FieldKey(i), violations[i].field);
    SetPayload(status, MessageKey(i), violations[i].message);
  }
  return WithField(std::move(status), violations[0].field);
}

ErrorDetail GetErrorDetail(const absl::Status& status) {
  ErrorDetail detail;
  detail.reason = Payload(status, kReason).value_or(absl::StatusCodeToString(status.code()));
  detail.field = Payload(status, kField);
  detail.violations = GetViolations(status);
  if (detail.violations.empty() && detail.field.has_value()) {
    detail.violations.push_back({*detail.field, std::string(status.message())});
  }
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
