// SPDX-License-Identifier: Apache-2.0
// The program facet-trainer as a process of its own.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/bundle/bundle.h"
#include "model/train/job_files.h"
#include "model/train/job_lock.h"
#include "tests/model/train/job_samples.h"

namespace facet::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FacetTrainerTest : public testing::Test {
 protected:
  std::unique_ptr<Process> Start(std::vector<std::string> flags) {
    ProcessOptions options;
    options.argv = {absl::StrCat(std::getenv("FACET_BIN_DIR"), "/facet-trainer")};
    options.argv.insert(options.argv.end(), flags.begin(), flags.end());
    options.log_path = dir_ + "/log";
    options.event_pipe = true;
    auto process = ProcessLauncher::Posix()->Launch(options);
    EXPECT_TRUE(process.ok()) << process.status();
    return *std::move(process);
  }
  std::unique_ptr<Process> Start() {
    bytes_.clear();
    return Start({"--job-dir", dir_, "--event-fd", "3", "--device", "cpu"});
  }
  // Reads events until one for which `enough` is true, or the end.
  template <typename Predicate>
  void ReadUntil(Process& process, Predicate enough) {
    char buffer[4096];
    while (true) {
      const auto count = process.ReadEvents(buffer, sizeof(buffer));
      ASSERT_TRUE(count.ok()) << count.status();
      if (*count == 0) return;
      bytes_.append(buffer, *count);
      const auto events = ParseEvents(bytes_);
      if (!events.empty() && enough(events.back())) return;
    }
  }
  std::vector<internal::TrainerEvent> ReadAll(Process& process) {
    ReadUntil(process, [](const auto&) { return false; });
    return ParseEvents(bytes_);
  }
  // The weights of an undisturbed job of the same spec.
  std::string StraightWeights() {
    const std::string disturbed = dir_;
    dir_ = MakeJob(changes_);
    const auto process = Start();
    ReadAll(*process);
    EXPECT_TRUE(process->Wait().ok());
    std::string weights = Weights();
    dir_ = disturbed;
    return weights;
  }
  std::string Weights() {
    const auto bundle = ReadBundle(*FileSystem::Posix(), dir_ + "/bundle");
    EXPECT_TRUE(bundle.ok()) << bundle.status();
    return bundle.ok() ? bundle->weights : "";
  }
  std::string Log() { return *FileSystem::Posix()->ReadFile(dir_ + "/log"); }
  // Long enough to be disturbed: a checkpoint every 10 of 400 steps.
  void MakeLongJob() {
    changes_.mutable_preset()->mutable_training()->set_steps(400);
    dir_ = MakeJob(changes_);
  }

  internal::TrainerSpec changes_;
  std::string dir_ = MakeJob();
  std::string bytes_;
};

TEST_F(FacetTrainerTest, TrainsTellsAndLeavesABundle) {
  const auto process = Start();
  const auto events = ReadAll(*process);
  EXPECT_TRUE(process->Wait().ok()) << Log();
  EXPECT_THAT(Phases(events), ElementsAre("loading", "training", "judging", "saving"));
  EXPECT_TRUE(events.back().has_finished());
  EXPECT_FALSE(Weights().empty());
  EXPECT_THAT(Log(), HasSubstr("finished"));
}

TEST_F(FacetTrainerTest, SigtermSavesAndAResumedRunGivesTheSameWeights) {
  MakeLongJob();
  const auto process = Start();
  ReadUntil(*process, [](const auto& event) { return event.has_saved(); });
  process->Signal(SIGTERM);
  const auto events = ReadAll(*process);
  EXPECT_TRUE(process->Wait().ok()) << Log();
  ASSERT_TRUE(events.back().has_stopped());
  const int step = events.back().stopped().step();
  EXPECT_GE(step, 10);
  EXPECT_LT(step, 400);
  EXPECT_TRUE(FileSystem::Posix()->Exists(absl::StrCat(dir_, "/checkpoints/000000", step < 100 ? "0" : "", step)));

  const auto resumed = Start();
  EXPECT_TRUE(ReadAll(*resumed).back().has_finished());
  EXPECT_EQ(Weights(), StraightWeights());
}

TEST_F(FacetTrainerTest, KilledAtAnyMomentItGoesOnFromItsLastCheckpoint) {
  MakeLongJob();
  for (int kills = 0; kills < 3; ++kills) {
    const auto process = Start();
    int saves = 0;
    ReadUntil(*process, [&](const auto& event) { return event.has_saved() && ++saves == 2; });
    process->Signal(SIGKILL);
    EXPECT_EQ(process->Wait().signal, SIGKILL);
  }
  const auto process = Start();
  const auto events = ReadAll(*process);
  EXPECT_TRUE(events.back().has_finished());
  const auto training = std::find_if(events.begin(), events.end(),
                                     [](const auto& event) { return event.progress().phase() == "training"; });
  EXPECT_GE(training->progress().step(), 20) << "the kills undid everything";
  EXPECT_EQ(Weights(), StraightWeights());
}

TEST_F(FacetTrainerTest, AComparisonKilledAtAnyMomentComesToTheSameReport) {
  dir_ = MakeAugmentationJob();
  const auto straight = Start();
  const std::string report = ReadAll(*straight).back().finished().augmentation_report().SerializeAsString();
  EXPECT_FALSE(report.empty()) << Log();
  ASSERT_TRUE(FileSystem::Posix()->RemoveAll(dir_ + "/result.binpb").ok());
  ASSERT_TRUE(FileSystem::Posix()->RemoveAll(dir_ + "/recognisers").ok());
  int kept = 0;
  for (int kills = 0; kills < 3; ++kills) {
    const auto process = Start();
    int parts = 0;
    ReadUntil(*process, [&](const auto& event) { return event.has_kept() && ++parts == 2; });
    process->Signal(SIGKILL);
    EXPECT_EQ(process->Wait().signal, SIGKILL);
    kept += parts;
  }
  EXPECT_EQ(kept, 6);
  const auto process = Start();
  const auto events = ReadAll(*process);
  ASSERT_TRUE(events.back().has_finished()) << Log();
  EXPECT_EQ(events.back().finished().augmentation_report().SerializeAsString(), report);
}

TEST_F(FacetTrainerTest, SigtermEndsAnEvaluationWithinAStep) {
  dir_ = MakeEvaluationJob();
  internal::TrainerSpec spec = *ReadTrainerSpec(*FileSystem::Posix(), dir_);
  spec.mutable_preset()->mutable_judge()->set_steps(1'000'000);
  WriteSpec(dir_, spec);
  const auto process = Start();
  ReadUntil(*process, [](const auto& event) { return event.progress().phase() == "judging"; });
  process->Signal(SIGTERM);
  EXPECT_TRUE(ReadAll(*process).back().has_stopped());
  EXPECT_TRUE(process->Wait().ok()) << Log();
}

TEST_F(FacetTrainerTest, ASecondOneOnTheSameJobIsTurnedAway) {
  const auto lock = JobLock::Take(dir_ + "/trainer.lock");
  const auto process = Start();
  EXPECT_TRUE(ReadAll(*process).empty());
  EXPECT_EQ(process->Wait().exit_code, 3);
  EXPECT_THAT(Log(), HasSubstr("works on this job"));
}

TEST_F(FacetTrainerTest, ExitsWith1AndSaysWhyWhereItFails) {
  changes_.set_dataset_dir("/nowhere");
  dir_ = MakeJob(changes_);
  const auto process = Start();
  const auto events = ReadAll(*process);
  EXPECT_EQ(process->Wait().exit_code, 1);
  EXPECT_THAT(events.back().failed().message(), HasSubstr("/nowhere"));
  EXPECT_THAT(Log(), HasSubstr("failed: NOT_FOUND: "));
}

TEST_F(FacetTrainerTest, SavesAndLeavesWhereItsReaderIsGone) {
  MakeLongJob();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string command = absl::StrCat("exec \"$FACET_BIN_DIR/facet-trainer\" --job-dir ", dir_, " --device cpu",
                                           " --event-fd ", ends[1], " 2>>", dir_, "/log");
  const pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  char byte;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);  // it has begun
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 4) << Log();
  EXPECT_FALSE(FileSystem::Posix()->Exists(dir_ + "/bundle"));

  const auto resumed = Start();
  EXPECT_TRUE(ReadAll(*resumed).back().has_finished());
  EXPECT_EQ(Weights(), StraightWeights());
}

TEST_F(FacetTrainerTest, PrintsForPeopleWithoutAPipe) {
  const auto process = Start({"--job-dir", dir_});
  EXPECT_TRUE(process->Wait().ok());
  EXPECT_THAT(Log(), HasSubstr("training  step 40/40"));
  EXPECT_THAT(Log(), HasSubstr("finished"));
}

TEST_F(FacetTrainerTest, HelpNamesTheExitCodesAndBadFlagsAreUsageErrors) {
  const auto help = Start({"--help"});
  EXPECT_EQ(help->Wait().exit_code, 0);
  EXPECT_THAT(Log(), HasSubstr("Exit codes"));
  const auto bad = Start({"--jobdir", dir_});
  EXPECT_EQ(bad->Wait().exit_code, 2);
}

}  // namespace
}  // namespace facet::model
