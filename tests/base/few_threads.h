// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_BASE_FEW_THREADS_H_
#define FACET_TESTS_BASE_FEW_THREADS_H_

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <system_error>

#include "gtest/gtest.h"

namespace facet {

// Starts `body`, which starts dozens of threads, in a child process that has the
// address space for the stacks of a few, and expects that it throws for want of
// more instead of hanging. Not under sanitizers, whose shadow takes all.
inline void ExpectThrowsWithFewThreads(const std::function<void()>& body) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer needs the address space";
#endif
  const auto child = [&] {
    alarm(20);  // ends a hang
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit limit{pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (rlim_t{40} << 20), RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
    try {
      body();
    } catch (const std::system_error&) {
      std::_Exit(0);
    }
    std::_Exit(1);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "");
}

}  // namespace facet

#endif  // FACET_TESTS_BASE_FEW_THREADS_H_
