// SPDX-License-Identifier: Apache-2.0
#include "model/render/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "tests/base/few_threads.h"

namespace facet::model {
namespace {

TEST(CrewTest, HelpersThatCannotBeStartedAreAnErrorAndNoHang) {
  ExpectThrowsWithFewThreads([] { Crew crew(64); });
}

TEST(CrewTest, RunsEachPieceOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    Crew crew(threads);
    EXPECT_EQ(crew.threads(), threads);
    for (const int pieces : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(pieces);
      crew.Run(pieces, [&](int i) { runs[i].fetch_add(1); });
      for (int i = 0; i < pieces; ++i) EXPECT_EQ(runs[i].load(), 1) << i;
    }
  }
}

// What a loop wrote is there for the next one, and for the caller, without any
// other synchronisation: the sanitizers watch this.
TEST(CrewTest, LoopsFollowEachOther) {
  Crew crew(3);
  constexpr int kPieces = 5;
  std::vector<int> values(kPieces);
  for (int loop = 0; loop < 20'000; ++loop) {
    crew.Run(kPieces, [&](int i) { values[i] = values[i] + i; });
  }
  for (int i = 0; i < kPieces; ++i) EXPECT_EQ(values[i], 20'000 * i);
}

// Returns only if as many threads as pieces are in it at the same time. (The
// thread sanitizer knows nothing of Abseil's mutexes, hence atomics.)
std::set<std::thread::id> Meet(Crew& crew, int pieces) {
  std::vector<std::thread::id> ids(pieces);
  std::atomic<int> there{0};
  crew.Run(pieces, [&](int i) {
    ids[i] = std::this_thread::get_id();
    there.fetch_add(1);
    while (there.load() < pieces) std::this_thread::yield();
  });
  return {ids.begin(), ids.end()};
}

TEST(CrewTest, CallerAndHelpersWorkTogether) {
  Crew crew(3);
  const std::set<std::thread::id> ids = Meet(crew, 3);
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids.count(std::this_thread::get_id()), 1u);
}

TEST(CrewTest, HelpersThatSleptHelpAgain) {
  Crew crew(2);
  for (int round = 0; round < 3; ++round) {
    // Long enough for the helper to go to sleep on most machines; on others
    // the test is no weaker than the one above.
    for (std::atomic<int> i{0}; i < 2'000'000; ++i) {
    }
    EXPECT_EQ(Meet(crew, 2).size(), 2u);
  }
}

TEST(CrewTest, EndsWithoutHavingRun) {
  for (int i = 0; i < 50; ++i) Crew crew(4);
}

}  // namespace
}  // namespace facet::model
