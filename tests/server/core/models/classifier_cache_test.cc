// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/classifier_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace facet::server {
namespace {

using ::testing::ElementsAre;

class ClassifierCacheTest : public testing::Test {
 protected:
  ClassifierHandle Acquire(const std::string& name) { return cache_.Acquire(name).value(); }

  std::vector<std::string> loads_;
  ClassifierCache cache_{2, [this](const std::string& name) {
                           loads_.push_back(name);
                           auto classifier = std::make_shared<LoadedClassifier>();
                           classifier->name = name;
                           return ClassifierHandle(std::move(classifier));
                         }};
};

TEST_F(ClassifierCacheTest, KeepsTheLastUsed) {
  for (const char* name : {"a", "b", "a", "c", "a", "b"}) Acquire(name);
  EXPECT_THAT(loads_, ElementsAre("a", "b", "c", "b"));
}

TEST_F(ClassifierCacheTest, WhatSomebodyHoldsIsNotLoadedAgain) {
  const ClassifierHandle held = Acquire("a");
  for (const char* name : {"b", "c"}) Acquire(name);
  EXPECT_EQ(Acquire("a"), held);
  EXPECT_THAT(loads_, ElementsAre("a", "b", "c"));
}

TEST_F(ClassifierCacheTest, WhatWasForgottenIsReadAnewThoughItIsHeld) {
  const ClassifierHandle held = Acquire("a");
  cache_.Forget("a");
  EXPECT_NE(Acquire("a"), held);
  EXPECT_THAT(loads_, ElementsAre("a", "a"));
}

TEST_F(ClassifierCacheTest, AFailedLoadIsTriedAgain) {
  bool fail = true;
  ClassifierCache cache(2, [&](const std::string&) -> absl::StatusOr<ClassifierHandle> {
    if (fail) return absl::DataLossError("damaged");
    return std::make_shared<LoadedClassifier>();
  });
  EXPECT_TRUE(absl::IsDataLoss(cache.Acquire("a").status()));
  fail = false;
  EXPECT_TRUE(cache.Acquire("a").ok());
}

}  // namespace
}  // namespace facet::server
