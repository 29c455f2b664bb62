// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "tests/server/core/models/fake_renderer.h"

namespace facet::server {
namespace {

class ModelCacheTest : public ::testing::Test {
 protected:
  // Loads fake models; those named bad fail, those named slow wait for gate_.
  absl::StatusOr<ModelHandle> Load(const std::string& name, ModelCache::MakeRoom make_room) {
    ++loads_;
    if (name == "throws") throw std::runtime_error("a loader that breaks its word");
    if (name == "bad") return absl::DataLossError("bad bundle");
    if (name == "slow") {
      loading_.Notify();
      gate_.WaitForNotification();
    }
    RETURN_IF_ERROR(make_room());
    if (name == "throws late") throw std::bad_alloc();
    if (name == "unbuildable") return absl::ResourceExhaustedError("no memory");
    return MakeFakeModel(name);
  }

  std::unique_ptr<ModelCache> MakeCache(int capacity) {
    return std::make_unique<ModelCache>(
        capacity, [this](const std::string& name, ModelCache::MakeRoom make_room) { return Load(name, make_room); },
        [this](int loaded, int64_t bytes) {
          loaded_ = loaded;
          bytes_ = bytes;
        });
  }

  std::atomic<int> loads_{0};
  std::atomic<int> loaded_{-1};
  std::atomic<int64_t> bytes_{-1};
  absl::Notification loading_;
  absl::Notification gate_;
};

TEST_F(ModelCacheTest, LoadsOnceAndHandsOutTheSame) {
  auto cache = MakeCache(2);
  const auto first = cache->Acquire("a");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ((*first)->name, "a");
  EXPECT_EQ(cache->Acquire("a").value(), *first);
  EXPECT_EQ(cache->TryAcquire("a"), *first);
  EXPECT_EQ(cache->TryAcquire("b"), nullptr);
  EXPECT_EQ(loads_, 1);
}

TEST_F(ModelCacheTest, OneLoadServesAllWhoWaitForIt) {
  auto cache = MakeCache(2);
  std::vector<ModelHandle> handles(4);
  {
    std::vector<Thread> threads;
    for (ModelHandle& handle : handles) {
      threads.emplace_back("acquirer", [&] { handle = cache->Acquire("slow").value(); });
    }
    loading_.WaitForNotification();
    EXPECT_TRUE(cache->Acquire("quick").ok()) << "others load meanwhile";
    EXPECT_EQ(cache->TryAcquire("slow"), nullptr);
    gate_.Notify();
  }
  for (const ModelHandle& handle : handles) EXPECT_EQ(handle, handles[0]);
  EXPECT_EQ(loads_, 2);
}

TEST_F(ModelCacheTest, AFailedLoadIsTriedAgainAndTakesNoRoom) {
  auto cache = MakeCache(1);
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(cache->Acquire("bad").status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(cache->Acquire("unbuildable").status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(loads_, 2 * i);
  }
  EXPECT_TRUE(cache->Acquire("a").ok());
}

TEST_F(ModelCacheTest, ALoadThatThrowsHasFailedLikeAnyOther) {
  auto cache = MakeCache(1);
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(cache->Acquire("throws").status().code(), absl::StatusCode::kInternal);
    EXPECT_EQ(cache->Acquire("throws late").status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(loads_, 2 * i);
  }
  EXPECT_TRUE(cache->Acquire("a").ok());
}

TEST_F(ModelCacheTest, TheLeastRecentlyUsedIdleModelMakesRoom) {
  auto cache = MakeCache(2);
  ASSERT_TRUE(cache->Acquire("a").ok());
  ASSERT_TRUE(cache->Acquire("b").ok());
  cache->TryAcquire("a");
  ASSERT_TRUE(cache->Acquire("c").ok());
  EXPECT_TRUE(cache->Contains("a"));
  EXPECT_FALSE(cache->Contains("b"));
  EXPECT_TRUE(cache->Contains("c"));
}

TEST_F(ModelCacheTest, AModelInUseIsNotEvicted) {
  auto cache = MakeCache(2);
  const ModelHandle a = cache->Acquire("a").value();
  ASSERT_TRUE(cache->Acquire("b").ok());
  ASSERT_TRUE(cache->Acquire("c").ok());
  EXPECT_TRUE(cache->Contains("a")) << "older, but in use";
  EXPECT_FALSE(cache->Contains("b"));
}

TEST_F(ModelCacheTest, WithAllInUseThereIsNoRoom) {
  auto cache = MakeCache(2);
  ModelHandle a = cache->Acquire("a").value();
  const ModelHandle b = cache->Acquire("b").value();
  const absl::Status status = cache->Acquire("c").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorDetail(status).reason, "MODELS_BUSY");
  EXPECT_TRUE(GetErrorDetail(status).retry_after.has_value());
  a.reset();
  EXPECT_TRUE(cache->Acquire("c").ok());
}

TEST_F(ModelCacheTest, ADamagedModelDrivesNoGoodOneOut) {
  auto cache = MakeCache(1);
  ASSERT_TRUE(cache->Acquire("a").ok());
  EXPECT_EQ(cache->Acquire("bad").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(cache->Contains("a"));
}

TEST_F(ModelCacheTest, AReleasedModelLivesAsLongAsItsHolders) {
  auto cache = MakeCache(2);
  ModelHandle a = cache->Acquire("a").value();
  const std::weak_ptr<LoadedModel> watch = a;
  EXPECT_TRUE(cache->Release("a"));
  EXPECT_FALSE(cache->Contains("a"));
  EXPECT_FALSE(cache->Release("a"));
  EXPECT_FALSE(watch.expired());
  a.reset();
  EXPECT_TRUE(watch.expired());
  EXPECT_TRUE(cache->Acquire("a").ok());
  EXPECT_EQ(loads_, 2);
}

TEST_F(ModelCacheTest, AReleasedModelThatIsHeldTakesRoom) {
  auto cache = MakeCache(2);
  ModelHandle a = cache->Acquire("a").value();
  ModelHandle b = cache->Acquire("b").value();
  EXPECT_TRUE(cache->Release("a"));
  cache->Forget("b");
  for (const char* name : {"a", "c"}) {
    EXPECT_EQ(GetErrorDetail(cache->Acquire(name).status()).reason, "MODELS_BUSY") << name;
  }
  a.reset();
  EXPECT_TRUE(cache->Acquire("c").ok());
  EXPECT_TRUE(cache->Acquire("d").ok()) << "c makes room";
  b.reset();
  EXPECT_TRUE(cache->Acquire("c").ok());
  EXPECT_TRUE(cache->Contains("d"));
}

TEST_F(ModelCacheTest, ALoadThatIsForgottenMeanwhileIsNotKept) {
  auto cache = MakeCache(2);
  ModelHandle handle;
  Thread acquirer("acquirer", [&] { handle = cache->Acquire("slow").value(); });
  loading_.WaitForNotification();
  cache->Forget("slow");
  gate_.Notify();
  acquirer.Join();
  EXPECT_NE(handle, nullptr) << "who asked before still gets it";
  EXPECT_FALSE(cache->Contains("slow"));
  EXPECT_EQ(cache->TryAcquire("slow"), nullptr);
  const ModelHandle other = cache->Acquire("other").value();
  EXPECT_EQ(GetErrorDetail(cache->Acquire("third").status()).reason, "MODELS_BUSY") << "who holds it takes room";
}

TEST_F(ModelCacheTest, TellsHowManyModelsThereAreAndHowLarge) {
  auto cache = MakeCache(2);
  ASSERT_TRUE(cache->Acquire("a").ok());
  ASSERT_TRUE(cache->Acquire("b").ok());
  EXPECT_EQ(loaded_, 2);
  EXPECT_EQ(bytes_, 2000);
  ASSERT_TRUE(cache->Acquire("c").ok());
  EXPECT_EQ(loaded_, 2);
  cache->Release("c");
  EXPECT_EQ(loaded_, 1);
  cache->Forget("a");
  cache->Forget("b");
  EXPECT_EQ(loaded_, 0);
  EXPECT_EQ(bytes_, 0);
}

TEST_F(ModelCacheTest, HandlesOutliveTheCache) {
  auto cache = MakeCache(1);
  const ModelHandle a = cache->Acquire("a").value();
  cache.reset();
  EXPECT_EQ(a->name, "a");
}

TEST_F(ModelCacheTest, ManyThreadsNeverSeeMoreModelsThanFit) {
  auto cache = MakeCache(3);
  std::atomic<int> wrong{0};
  {
    std::vector<Thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back("user", [&, t] {
        for (int i = 0; i < 300; ++i) {
          const std::string name = absl::StrCat("m", (i * 5 + t) % 6);
          const auto handle = cache->Acquire(name);
          if (handle.ok() ? *handle == nullptr || (*handle)->name != name
                          : !absl::IsResourceExhausted(handle.status())) {
            ++wrong;
          }
          if (i % 17 == 0) cache->Release(name);
          if (i % 31 == 0) cache->Forget(name);
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(cache->Acquire("m0").ok());
}

}  // namespace
}  // namespace facet::server
