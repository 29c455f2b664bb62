// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/classifier_cache.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/thread.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/status_is.h"

namespace facet::server {
namespace {

using testing::ElementsAre;

class ClassifierCacheTest : public testing::Test {
 protected:
  // Loads classifiers without a judge; those named bad fail, those named slow
  // wait for gate_.
  absl::StatusOr<ClassifierHandle> Load(const std::string& name) {
    loads_.push_back(name);
    if (name == "bad") return absl::DataLossError("bad bundle");
    if (name == "slow") {
      loading_.Notify();
      gate_.WaitForNotification();
    }
    auto classifier = std::make_shared<LoadedClassifier>();
    classifier->name = name;
    return classifier;
  }

  ClassifierHandle Get(const std::string& name) { return cache_.Acquire(name).value(); }

  std::vector<std::string> loads_;  // one load at a time
  absl::Notification loading_;
  absl::Notification gate_;
  ClassifierCache cache_{2, [this](const std::string& name) { return Load(name); }};
};

TEST_F(ClassifierCacheTest, LoadsOnceAndHandsOutTheSame) {
  const ClassifierHandle first = Get("a");
  EXPECT_EQ(first->name, "a");
  EXPECT_EQ(Get("a"), first);
  EXPECT_THAT(loads_, ElementsAre("a"));
}

TEST_F(ClassifierCacheTest, OneLoadServesAllWhoWaitForIt) {
  std::vector<ClassifierHandle> handles(4);
  {
    std::vector<Thread> threads;
    for (ClassifierHandle& handle : handles) {
      threads.emplace_back("acquirer", [&] { handle = cache_.Acquire("slow").value(); });
    }
    loading_.WaitForNotification();
    gate_.Notify();
  }
  for (const ClassifierHandle& handle : handles) EXPECT_EQ(handle, handles[0]);
  EXPECT_THAT(loads_, ElementsAre("slow"));
}

TEST_F(ClassifierCacheTest, WhileOneLoadsOthersAreHadAndForgotten) {
  const ClassifierHandle there = Get("a");
  ClassifierHandle slow;
  {
    const Thread loader("acquirer", [&] { slow = Get("slow"); });
    loading_.WaitForNotification();
    EXPECT_EQ(Get("a"), there);
    cache_.Forget("a");
    gate_.Notify();
  }
  EXPECT_EQ(slow->name, "slow");
}

TEST_F(ClassifierCacheTest, WhatIsForgottenWhileItLoadsIsNotKept) {
  std::weak_ptr<LoadedClassifier> loaded;
  {
    const Thread loader("acquirer", [&] { loaded = Get("slow"); });
    loading_.WaitForNotification();
    cache_.Forget("slow");
    gate_.Notify();
  }
  EXPECT_TRUE(loaded.expired());
}

TEST_F(ClassifierCacheTest, AFailedLoadIsTriedAgainAndTakesNoRoom) {
  const ClassifierHandle a = Get("a");
  const ClassifierHandle b = Get("b");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(cache_.Acquire("bad"), IsError(absl::StatusCode::kDataLoss, "bad bundle"));
  EXPECT_EQ(Get("a"), a);
  EXPECT_EQ(Get("b"), b);
  EXPECT_THAT(loads_, ElementsAre("a", "b", "bad", "bad", "bad"));
}

TEST_F(ClassifierCacheTest, TheLeastRecentlyUsedGoes) {
  Get("a");
  Get("b");
  Get("a");
  Get("c");
  loads_.clear();
  Get("a");
  Get("c");
  EXPECT_THAT(loads_, ElementsAre());
  Get("b");
  EXPECT_THAT(loads_, ElementsAre("b"));
}

TEST_F(ClassifierCacheTest, WhatSomebodyHoldsIsNotLoadedAgain) {
  const ClassifierHandle a = Get("a");
  Get("b");
  Get("c");
  EXPECT_EQ(a.use_count(), 1);
  EXPECT_EQ(Get("a"), a);
  EXPECT_THAT(loads_, ElementsAre("a", "b", "c"));
}

TEST_F(ClassifierCacheTest, WhatIsForgottenIsLoadedAgain) {
  const ClassifierHandle a = Get("a");
  const ClassifierHandle b = Get("b");
  cache_.Forget("a");
  EXPECT_EQ(a.use_count(), 1);
  EXPECT_EQ(Get("b"), b);
  EXPECT_NE(Get("a"), a);
  EXPECT_THAT(loads_, ElementsAre("a", "b", "a"));
}

TEST_F(ClassifierCacheTest, ForgettingWhatIsNotThereDoesNothing) {
  const ClassifierHandle a = Get("a");
  cache_.Forget("b");
  EXPECT_EQ(Get("a"), a);
}

}  // namespace
}  // namespace facet::server
