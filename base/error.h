// SPDX-License-Identifier: Apache-2.0
// Details that ride on an absl::Status: a machine-readable reason, the paths of
// bad fields, the missing resource, when to retry. server/rpc turns them into
// google.rpc.ErrorInfo, BadRequest, ResourceInfo and RetryInfo.
#ifndef FACET_BASE_ERROR_H_
#define FACET_BASE_ERROR_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace facet {

// A resource that an error is about.
struct ErrorResource {
  std::string type;  // e.g. "facet.v1.Model"
  std::string name;  // e.g. "models/digits"
};

// Fields of a request of which a status can tell; there may be more.
inline constexpr size_t kMostViolations = 16;

// A field of a request that is wrong, and what is wrong with it.
struct FieldViolation {
  std::string field;
  std::string message;
  bool operator==(const FieldViolation&) const = default;
};

// Everything that can ride on a status. Reasons are UPPER_SNAKE_CASE; where
// none was set, `reason` is the name of the status code.
struct ErrorDetail {
  std::string reason;
  std::optional<std::string> field;  // "vectors[2].features[0].weights[1].class"
  // All fields that are wrong, `field` the first of them; empty where that is
  // absent.
  std::vector<FieldViolation> violations;
  std::optional<ErrorResource> resource;
  std::optional<absl::Duration> retry_after;
};

// INVALID_ARGUMENT for one field. `field` is its path as the caller knows it;
// callers further out put their own part in front with PrefixField.
absl::Status InvalidField(absl::string_view field, absl::string_view reason, absl::string_view message);

// NOT_FOUND for a resource.
absl::Status ResourceNotFound(absl::string_view type, absl::string_view name, absl::string_view message);

// `status` with a reason; an OK status is returned as it is. The five below
// likewise.
absl::Status WithReason(absl::Status status, absl::string_view reason);
// `status` at a field: a request that is well-formed and asks there for what
// cannot be.
absl::Status WithField(absl::Status status, absl::string_view field);
absl::Status WithRetryAfter(absl::Status status, absl::Duration delay);

// `status` with `prefix` in front of its field path, joined by "." unless the
// path is empty or begins with "["; a status without a field is returned as
// it is. Of several violations each is given the prefix, in the message, too.
absl::Status PrefixField(absl::Status status, absl::string_view prefix);

// `status` with "prefix: " in front of its message; details are kept.
absl::Status Annotate(absl::Status status, absl::string_view prefix);

// Code, reason and details of `first`, which is not OK, at the field of the
// first of `violations`: two at least, kMostViolations at most. The message has
// them all: "2 mistakes: FIELD: MESSAGE; FIELD: MESSAGE". Use Mistakes.
absl::Status WithViolations(const absl::Status& first, const std::vector<FieldViolation>& violations);

// The details of a status that is not OK.
ErrorDetail GetErrorDetail(const absl::Status& status);

}  // namespace facet

#endif  // FACET_BASE_ERROR_H_
