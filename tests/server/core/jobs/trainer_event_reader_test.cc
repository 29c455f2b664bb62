// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_event_reader.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "google/protobuf/util/delimited_message_util.h"

namespace facet::server {
namespace {

std::string Encode(const internal::TrainerEvent& event) {
  std::ostringstream out;
  EXPECT_TRUE(google::protobuf::util::SerializeDelimitedToOstream(event, &out));
  return out.str();
}

internal::TrainerEvent MakeStopped(int step) {
  internal::TrainerEvent event;
  event.mutable_stopped()->set_step(step);
  return event;
}

internal::TrainerEvent MakeFailed(const std::string& message) {
  internal::TrainerEvent event;
  event.mutable_failed()->set_message(message);
  return event;
}

TEST(TrainerEventReaderTest, ReadsSeveralAtOnce) {
  TrainerEventReader reader;
  auto events = reader.Feed(Encode(MakeStopped(1)) + Encode(MakeStopped(2)));
  ASSERT_TRUE(events.ok());
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[1].stopped().step(), 2);
}

TEST(TrainerEventReaderTest, ReadsByteByByte) {
  TrainerEventReader reader;
  // Longer than 127 bytes, so that the length itself is cut.
  const std::string bytes = Encode(MakeFailed(std::string(300, 'm'))) + Encode(MakeStopped(7));
  std::vector<internal::TrainerEvent> all;
  for (const char byte : bytes) {
    auto events = reader.Feed(absl::string_view(&byte, 1));
    ASSERT_TRUE(events.ok());
    all.insert(all.end(), events->begin(), events->end());
  }
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].failed().message().size(), 300u);
  EXPECT_EQ(all[1].stopped().step(), 7);
}

TEST(TrainerEventReaderTest, EmptyMessageIsAnEvent) {
  TrainerEventReader reader;
  EXPECT_EQ(reader.Feed(absl::string_view("\0", 1))->size(), 1u);
}

TEST(TrainerEventReaderTest, LengthWithoutEndIsDataLoss) {
  TrainerEventReader reader;
  EXPECT_TRUE(absl::IsDataLoss(reader.Feed("\xff\xff\xff\xff\xff\xff").status()));
}

TEST(TrainerEventReaderTest, OversizeIsRefusedBeforeItIsCollected) {
  TrainerEventReader reader;
  EXPECT_TRUE(absl::IsDataLoss(reader.Feed("\xff\xff\xff\x7f").status()));
}

TEST(TrainerEventReaderTest, OtherBytesAreDataLoss) {
  TrainerEventReader reader;
  EXPECT_TRUE(absl::IsDataLoss(reader.Feed(absl::string_view("\x03\xff\xff\xff", 4)).status()));
}

}  // namespace
}  // namespace facet::server
