// SPDX-License-Identifier: Apache-2.0
#include "tests/base/must_run.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace facet {
namespace {

void Want(bool* went_on) {
  SKIP_FOR_WANT_OF("no compass");
  *went_on = true;
}

// What a test that lacks something comes to. FACET_TESTS_MUST_RUN is as it was
// afterwards.
class MustRunTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const value = std::getenv("FACET_TESTS_MUST_RUN");
    was_set_ = value != nullptr;
    if (was_set_) was_ = value;
  }
  void TearDown() override {
    if (was_set_) {
      setenv("FACET_TESTS_MUST_RUN", was_.c_str(), 1);
    } else {
      unsetenv("FACET_TESTS_MUST_RUN");
    }
  }

  static testing::TestPartResult Outcome() {
    testing::TestPartResultArray results;
    bool went_on = false;
    {
      const testing::ScopedFakeTestPartResultReporter reporter(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
      Want(&went_on);
    }
    EXPECT_FALSE(went_on);
    EXPECT_EQ(results.size(), 1);
    return results.GetTestPartResult(0);
  }

 private:
  bool was_set_ = false;
  std::string was_;
};

TEST_F(MustRunTest, SkipsWhereNothingIsSaid) {
  unsetenv("FACET_TESTS_MUST_RUN");
  EXPECT_TRUE(Outcome().skipped());
  setenv("FACET_TESTS_MUST_RUN", "", 1);
  EXPECT_TRUE(Outcome().skipped());
}

TEST_F(MustRunTest, FailsWhereTestsMustRun) {
  setenv("FACET_TESTS_MUST_RUN", "1", 1);
  const testing::TestPartResult outcome = Outcome();
  EXPECT_TRUE(outcome.fatally_failed());
  EXPECT_STREQ(outcome.message(), "Failed\nno compass, and FACET_TESTS_MUST_RUN is set");
}

}  // namespace
}  // namespace facet
