// SPDX-License-Identifier: Apache-2.0
// RETURN_IF_ERROR and ASSIGN_OR_RETURN under upstream's names and contracts,
// until the packaged Abseil has them. Include from .cc files only.
#ifndef FACET_BASE_STATUS_MACROS_H_
#define FACET_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define FACET_STATUS_CONCAT_INNER_(a, b) a##b
#define FACET_STATUS_CONCAT_(a, b) FACET_STATUS_CONCAT_INNER_(a, b)

// Returns from the enclosing function if `expr`, an absl::Status, is not OK.
#define RETURN_IF_ERROR(expr)                                       \
  do {                                                              \
    if (absl::Status facet_status_ = (expr); !facet_status_.ok()) { \
      return facet_status_;                                         \
    }                                                               \
  } while (false)

// Assigns the value of `expr`, an absl::StatusOr, to `lhs`, or returns its
// status.
#define ASSIGN_OR_RETURN(lhs, expr) FACET_ASSIGN_OR_RETURN_(FACET_STATUS_CONCAT_(facet_statusor_, __LINE__), lhs, expr)

// NOLINTBEGIN(bugprone-macro-parentheses): names and a declaration take none.
#define FACET_ASSIGN_OR_RETURN_(tmp, lhs, expr)  \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)

#endif  // FACET_BASE_STATUS_MACROS_H_
