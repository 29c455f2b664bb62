// SPDX-License-Identifier: Apache-2.0
// A process that dies between any two calls to the disk while it saves, or with
// any part of a write done, on a machine that goes on or loses its power: the
// next one finds a whole checkpoint.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "model/train/checkpoint_store.h"
#include "tests/base/crashing_file_system.h"

namespace facet::model {
namespace {

using Loss = CrashingFileSystem::Loss;

const RunIdentity kRun = {{"training.seed", "7"}};
constexpr char kFolder[] = "/state/jobs/a/checkpoints";

Checkpoint MakeCheckpoint(int step) {
  Checkpoint checkpoint{step, kRun, step, step / 4, 1.5 * step, "tensors of step " + std::to_string(step)};
  checkpoint.curve = "curve";
  checkpoint.psnr_db = 30 - step;  // the first is the best and stays
  return checkpoint;
}

// A disk on which a job has come to step 20.
CrashingFileSystem MakeDisk() {
  CrashingFileSystem disk;
  EXPECT_TRUE(disk.CreateDirs("/state/jobs/a").ok());
  for (const char* folder : {"/", "/state", "/state/jobs", "/state/jobs/a"}) EXPECT_TRUE(disk.SyncDir(folder).ok());
  CheckpointStore store(&disk, kFolder);
  for (const int step : {5, 10, 15, 20}) EXPECT_TRUE(store.Save(MakeCheckpoint(step)).ok());
  return disk;
}

// Whether what a crash left is what it may leave, and one can go on from it.
void ExpectWhole(CrashingFileSystem& disk, const std::string& what) {
  CheckpointStore store(&disk, kFolder);
  std::vector<std::string> warnings;
  const auto loaded = store.LoadNewest(kRun, &warnings);
  ASSERT_TRUE(loaded.ok()) << what << ": " << loaded.status();
  ASSERT_TRUE(loaded->has_value()) << what << ": everything is lost";
  const int step = (*loaded)->step;
  EXPECT_TRUE(step == 20 || step == 25) << what << ": went back to step " << step;
  EXPECT_EQ((*loaded)->tensors, MakeCheckpoint(step).tensors) << what;
  ASSERT_TRUE(store.Save(MakeCheckpoint(25)).ok() && store.Save(MakeCheckpoint(30)).ok()) << what;
  EXPECT_EQ(store.LoadNewest(kRun, &warnings).value()->step, 30) << what;
}

// Saves with a crash at call `n`, after `torn` bytes where it writes; then with
// each loss. Returns the length of the write, nothing where there was no crash.
std::optional<size_t> CrashWhileSaving(int n, size_t torn) {
  std::optional<size_t> length;
  for (uint32_t seed = 0; seed < 6; ++seed) {
    CrashingFileSystem disk = MakeDisk();
    disk.CrashAt(n, torn);
    CheckpointStore(&disk, kFolder).Save(MakeCheckpoint(25)).IgnoreError();
    if (!disk.crashed()) return std::nullopt;
    length = disk.append_length();
    const Loss loss = seed == 0 ? Loss::kNone : seed == 1 ? Loss::kUnsynced : Loss::kSome;
    disk.Reboot(loss, seed);
    ExpectWhole(disk,
                "call " + std::to_string(n) + ", " + std::to_string(torn) + " bytes, loss " + std::to_string(seed));
  }
  return length;
}

TEST(CheckpointCrashTest, AnyCallAndAnyPrefixOfAWriteLeaveAWholeCheckpoint) {
  int calls = 0;
  size_t prefixes = 0;
  for (int n = 1;; ++n) {
    const auto length = CrashWhileSaving(n, 0);
    if (!length.has_value()) break;
    ++calls;
    for (size_t torn = 1; torn <= *length; ++torn, ++prefixes) CrashWhileSaving(n, torn);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(calls, 15) << "there is nothing to crash in";
  EXPECT_GT(prefixes, 300u);
}

TEST(CheckpointCrashTest, ACheckpointThatWasAcknowledgedOutlivesThePower) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    CrashingFileSystem disk = MakeDisk();
    disk.Reboot(seed == 0 ? Loss::kUnsynced : Loss::kSome, seed);
    std::vector<std::string> warnings;
    CheckpointStore store(&disk, kFolder);
    EXPECT_EQ(store.LoadNewest(kRun, &warnings).value()->step, 20);
    EXPECT_TRUE(warnings.empty());
  }
}

}  // namespace
}  // namespace facet::model
