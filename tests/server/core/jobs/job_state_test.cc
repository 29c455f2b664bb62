// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/error.h"

namespace facet::server {
namespace {

using testing::HasSubstr;

// The table again, in words: a row a state, then for each verb the state it
// leads to, "-" where it is refused.
constexpr char kTable[] = R"(
state       pause    resume  cancel      delete     start     training    finished   stopped     died        failed     server
queued      paused   -       cancelled   -          starting  -           -          -           -           -          queued
starting    pausing  -       cancelling  -          -         running     succeeded  recovering  recovering  failed     recovering
running     pausing  -       cancelling  -          -         running     succeeded  recovering  recovering  failed     recovering
pausing     pausing  -       cancelling  -          -         pausing     succeeded  paused      paused      failed     paused
paused      paused   queued  cancelled   -          -         -           -          -           -           -          paused
cancelling  -        -       cancelling  -          -         cancelling  cancelled  cancelled   cancelled   cancelled  cancelled
recovering  paused   -       cancelled   -          starting  -           -          -           -           -          recovering
succeeded   -        -       -           succeeded  -         -           -          -           -           -          succeeded
failed      -        -       -           failed     -         -           -          -           -           -          failed
cancelled   -        -       cancelled   cancelled  -         -           -          -           -           -          cancelled
)";

using Row = std::vector<std::string>;

std::vector<Row> ParseWords(absl::string_view text) {
  std::vector<Row> rows;
  for (const auto line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    rows.push_back(absl::StrSplit(line, ' ', absl::SkipEmpty()));
  }
  return rows;
}

// The table of docs/jobs.md whose first header is `state`.
std::vector<Row> ParseDocument() {
  std::ifstream file(absl::StrCat(FACET_TEST_SOURCE_DIR, "/docs/jobs.md"));
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() && !rows.empty()) break;  // the table is over
    if (line.empty() || line[0] != '|' || line.find("---") != std::string::npos) continue;
    Row row;
    for (const auto cell : absl::StrSplit(line, '|')) row.emplace_back(absl::StripAsciiWhitespace(cell));
    row.erase(row.begin());
    row.pop_back();
    if (row[0] == "state" || !rows.empty()) rows.push_back(row);
  }
  return rows;
}

std::map<std::string, v1::TrainingJobState> StatesByName() {
  std::map<std::string, v1::TrainingJobState> states;
  for (int i = 1; i < v1::TrainingJobState_ARRAYSIZE; ++i) {
    const auto state = static_cast<v1::TrainingJobState>(i);
    states[std::string(JobStateName(state))] = state;
  }
  return states;
}

void ExpectTable(const std::vector<Row>& rows) {
  const auto states = StatesByName();
  ASSERT_EQ(rows.size(), states.size() + 1);
  for (size_t r = 1; r < rows.size(); ++r) {
    ASSERT_EQ(rows[r].size(), kAllJobVerbs.size() + 1) << rows[r][0];
    for (size_t v = 0; v < kAllJobVerbs.size(); ++v) {
      const auto next = NextJobState(states.at(rows[r][0]), kAllJobVerbs[v]);
      const std::string found = next.has_value() ? std::string(JobStateName(*next)) : "-";
      EXPECT_EQ(found, rows[r][v + 1]) << rows[r][0] << " + " << JobVerbName(kAllJobVerbs[v]);
    }
  }
}

TEST(JobStateTest, EveryCellOfTheTable) { ExpectTable(ParseWords(kTable)); }

TEST(JobStateTest, DocumentationShowsTheSameTable) { ExpectTable(ParseDocument()); }

TEST(JobStateTest, DocumentationDrawsEveryChangeOfState) {
  std::set<std::string> changes;
  for (const auto& [name, state] : StatesByName()) {
    for (const JobVerb verb : kAllJobVerbs) {
      const auto next = NextJobState(state, verb);
      if (next.has_value() && *next != state) changes.insert(absl::StrCat(name, " --> ", JobStateName(*next)));
    }
  }
  std::set<std::string> drawn;
  std::ifstream file(absl::StrCat(FACET_TEST_SOURCE_DIR, "/docs/jobs.md"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.size() >= 3 && words[1] == "-->" && words[0] != "[*]" && words[2] != "[*]") {
      drawn.insert(absl::StrCat(words[0], " --> ", words[2]));
    }
  }
  EXPECT_EQ(drawn, changes);
}

TEST(JobStateTest, NumbersThatAreNoStateAreRefused) {
  for (const JobVerb verb : kAllJobVerbs) {
    EXPECT_FALSE(NextJobState(v1::TRAINING_JOB_STATE_UNSPECIFIED, verb).has_value());
    EXPECT_FALSE(NextJobState(static_cast<v1::TrainingJobState>(99), verb).has_value());
    EXPECT_FALSE(NextJobState(static_cast<v1::TrainingJobState>(-1), verb).has_value());
  }
}

TEST(JobStateTest, NothingLeadsOutOfAnEnd) {
  for (const auto& [name, state] : StatesByName()) {
    if (!HasEnded(state)) continue;
    for (const JobVerb verb : kAllJobVerbs) EXPECT_EQ(NextJobState(state, verb).value_or(state), state) << name;
  }
}

TEST(JobStateTest, EveryStateThatHasNotEndedCanBeCancelledAndSurvivesARestart) {
  for (const auto& [name, state] : StatesByName()) {
    EXPECT_TRUE(NextJobState(state, JobVerb::kServerStarted).has_value()) << name;
    if (HasEnded(state)) continue;
    const auto next = NextJobState(state, JobVerb::kCancel);
    EXPECT_TRUE(next == v1::TRAINING_JOB_STATE_CANCELLING || next == v1::TRAINING_JOB_STATE_CANCELLED) << name;
  }
}

TEST(JobStateTest, AnyEndOfATrainerEndsACancelledJob) {
  for (const JobVerb verb : {JobVerb::kFinished, JobVerb::kStopped, JobVerb::kDied, JobVerb::kFailed}) {
    EXPECT_EQ(NextJobState(v1::TRAINING_JOB_STATE_CANCELLING, verb), v1::TRAINING_JOB_STATE_CANCELLED);
  }
}

TEST(JobStateTest, RefusalSaysWhatHelps) {
  const absl::Status deleting = RefusedTransition("trainingJobs/a", v1::TRAINING_JOB_STATE_RUNNING, JobVerb::kDelete);
  EXPECT_TRUE(absl::IsFailedPrecondition(deleting));
  EXPECT_EQ(GetErrorDetail(deleting).reason, "ILLEGAL_TRANSITION");
  EXPECT_EQ(deleting.message(),
            "cannot delete 'trainingJobs/a', which is running: cancel it first, or wait for its end");
  const absl::Status resuming = RefusedTransition("trainingJobs/a", v1::TRAINING_JOB_STATE_PAUSING, JobVerb::kResume);
  EXPECT_THAT(std::string(resuming.message()), HasSubstr("wait until it is paused"));
}

}  // namespace
}  // namespace facet::server
