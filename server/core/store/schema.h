// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_STORE_SCHEMA_H_
#define FACET_SERVER_CORE_STORE_SCHEMA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/core/store/sqlite.h"

namespace facet::server {

// The steps from an empty database to today's tables. A step that was ever
// released is never edited: a change is a new step.
absl::Span<const std::string> Migrations();

// Applies the steps that `database` has not seen (their count is its
// user_version), each in a transaction. FAILED_PRECONDITION (reason
// STORE_TOO_NEW): it has seen more than there are.
absl::Status Migrate(Database& database, absl::Span<const std::string> migrations);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_STORE_SCHEMA_H_
