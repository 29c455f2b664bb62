// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_RICH_ERROR_H_
#define FACET_TESTS_SERVER_RPC_FAKES_RICH_ERROR_H_

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace facet::server {

// The details of an error as a client finds them.
struct RichError {
  int code = 0;
  std::string reason;
  std::string domain;
  std::string field;
  std::string description;
  std::vector<std::string> fields;  // all of them
  std::string resource_type;
  std::string resource_name;
  std::optional<double> retry_seconds;
};

inline RichError ReadRichError(const grpc::Status& status) {
  RichError error;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return error;
  error.code = rich.code();
  for (const auto& any : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::ResourceInfo resource;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      error.reason = info.reason();
      error.domain = info.domain();
    } else if (any.UnpackTo(&bad)) {
      error.field = bad.field_violations(0).field();
      error.description = bad.field_violations(0).description();
      for (const auto& violation : bad.field_violations()) error.fields.push_back(violation.field());
    } else if (any.UnpackTo(&resource)) {
      error.resource_type = resource.resource_type();
      error.resource_name = resource.resource_name();
    } else if (any.UnpackTo(&retry)) {
      error.retry_seconds = static_cast<double>(retry.retry_delay().seconds()) + retry.retry_delay().nanos() * 1e-9;
    }
  }
  return error;
}

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_RICH_ERROR_H_
