// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_RESOURCE_NAME_H_
#define FACET_SERVER_CORE_RESOURCE_NAME_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::server {

// `models/digits@3`, `models/digits@stable`, `models/digits`, and the same
// without the collection. One of version and alias is set, or neither.
struct ModelName {
  std::string id;
  int64_t version = 0;  // 0: none given
  std::string alias;    // empty: none given
  std::string ToString() const;
};
struct DatasetName {
  std::string id;
  int64_t version = 0;  // 0: the newest
  std::string ToString() const;
};

// INVALID_ARGUMENT for field `field` (reason INVALID_NAME) with an example of a
// good one. ParseJobName returns the full name `trainingJobs/{id}`.
absl::StatusOr<ModelName> ParseModelName(absl::string_view name, absl::string_view field);
absl::StatusOr<DatasetName> ParseDatasetName(absl::string_view name, absl::string_view field);
absl::StatusOr<std::string> ParseJobName(absl::string_view name, absl::string_view field);

// `trainingJobs/{id}`, and the id of such a name.
std::string JobName(absl::string_view id);
absl::string_view JobIdOf(absl::string_view name);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_RESOURCE_NAME_H_
