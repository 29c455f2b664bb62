// SPDX-License-Identifier: Apache-2.0
#include "client/src/status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "facet/client/error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace facet::client {
namespace {

constexpr absl::string_view kDetails = "type.googleapis.com/google.rpc.Status";

// A connection that was never made has no details from the server, only the
// transport's own words.
bool IsConnectFailure(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
}

// Of "failed to connect to all addresses; last error: UNKNOWN: ipv4:…:
// Connection refused" the last part.
absl::string_view Cause(absl::string_view message) {
  const size_t colon = message.rfind(": ");
  return colon == absl::string_view::npos ? message : message.substr(colon + 2);
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status, const std::string& address) {
  if (status.ok()) return absl::OkStatus();
  std::string message = status.error_message();
  if (IsConnectFailure(status)) {
    message = absl::StrCat("cannot reach a server at ", address, ": ", Cause(message));
  }
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), message);
  if (!status.error_details().empty()) result.SetPayload(kDetails, absl::Cord(status.error_details()));
  return result;
}

ErrorDescription DescribeError(const absl::Status& status) {
  ErrorDescription description;
  const auto payload = status.GetPayload(kDetails);
  google::rpc::Status details;
  if (!payload.has_value() || !details.ParseFromString(std::string(*payload))) return description;
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::ResourceInfo resource;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      description.reason = info.reason();
    } else if (any.UnpackTo(&bad_request) && bad_request.field_violations_size() > 0) {
      description.field = bad_request.field_violations(0).field();
      for (const auto& violation : bad_request.field_violations()) {
        description.violations.push_back({violation.field(), violation.description()});
      }
    } else if (any.UnpackTo(&resource)) {
      description.resource = resource.resource_name();
    } else if (any.UnpackTo(&retry)) {
      description.retry_after =
          absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return description;
}

}  // namespace facet::client
