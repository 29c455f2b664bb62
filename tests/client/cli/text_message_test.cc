// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_message.h"

#include "facet/v1/preset.pb.h"
#include "tests/base/status_is.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

// What is logged or printed while `text` is read.
std::string LoggedOf(const std::string& text) {
  v1::TrainingOptions options;
  testing::internal::CaptureStderr();
  ParseTextMessage(text, "--override", options).IgnoreError();
  return testing::internal::GetCapturedStderr();
}

TEST(ParseTextMessageTest, ReadsFields) {
  v1::TrainingOptions options;
  EXPECT_THAT(ParseTextMessage("steps: 7\nlearning_rate: 0.5", "--override", options), IsOk());
  EXPECT_EQ(options.steps(), 7);
  EXPECT_FLOAT_EQ(options.learning_rate(), 0.5f);
}

TEST(ParseTextMessageTest, NamesTheNearestFieldOfTheMessageThatItIsIn) {
  v1::TrainingOptions options;
  EXPECT_THAT(ParseTextMessage("learning_rat: 1", "--override", options),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("Did you mean 'learning_rate'?")));
  EXPECT_THAT(ParseTextMessage("schedule { warmup_step: 3 }", "--override", options),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("Did you mean 'warmup_steps'?")));
}

TEST(ParseTextMessageTest, SaysWhereTheMistakeIsAndLogsNothing) {
  v1::TrainingOptions options;
  EXPECT_THAT(ParseTextMessage("steps: 7\nstepps: 3", "p.textproto", options),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("p.textproto:2: column ")));
  EXPECT_THAT(ParseTextMessage("stepps: 3", "--override", options),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("\"stepps\"")));
  EXPECT_EQ(LoggedOf("stepps: 3"), "");
  EXPECT_EQ(LoggedOf("steps: many"), "");
}

}  // namespace
}  // namespace facet::cli
