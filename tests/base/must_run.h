// SPDX-License-Identifier: Apache-2.0
// Tests that need a tool which scripts/setup installs, and which a build without
// scripts/setup may lack.
#ifndef FACET_TESTS_BASE_MUST_RUN_H_
#define FACET_TESTS_BASE_MUST_RUN_H_

#include <cstdlib>

#include "gtest/gtest.h"

namespace facet {

// Whether a test that finds a tool missing has failed: FACET_TESTS_MUST_RUN is set
// and not empty, as scripts/test sets it.
inline bool TestsMustRun() {
  const char* const value = std::getenv("FACET_TESTS_MUST_RUN");
  return value != nullptr && *value != '\0';
}

}  // namespace facet

// Ends the test for want of what `message` says: as skipped, or as failed where
// tests must run. For functions that return nothing.
#define SKIP_FOR_WANT_OF(message)                                                            \
  do {                                                                                       \
    if (::facet::TestsMustRun()) FAIL() << (message) << ", and FACET_TESTS_MUST_RUN is set"; \
    GTEST_SKIP() << (message);                                                               \
  } while (false)

#endif  // FACET_TESTS_BASE_MUST_RUN_H_
