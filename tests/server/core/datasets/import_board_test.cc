// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/import_board.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/base/status_is.h"

namespace facet::server {
namespace {

TEST(ImportBoardTest, ShowsAnImportWhileItLasts) {
  ImportBoard board;
  EXPECT_TRUE(absl::IsNotFound(board.Get("a").status()));
  {
    auto entry = board.Begin("a");
    ASSERT_THAT(entry, IsOk());
    EXPECT_EQ(board.Get("a")->images_total(), 0);
    (*entry)->Update(3, 10);
    EXPECT_EQ(board.Get("a")->images_done(), 3);
    EXPECT_EQ(board.Get("a")->images_total(), 10);
  }
  EXPECT_TRUE(absl::IsNotFound(board.Get("a").status()));
}

TEST(ImportBoardTest, AnIdIsOfOneImportAtATime) {
  ImportBoard board;
  auto first = board.Begin("a");
  EXPECT_THAT(board.Begin("a"), HasReason(absl::StatusCode::kAlreadyExists, "IMPORT_ID_IN_USE"));
  first->reset();
  EXPECT_THAT(board.Begin("a"), IsOk());
}

TEST(ImportBoardTest, ImportsWithoutAnIdAreNotShown) {
  ImportBoard board;
  const auto entry = board.Begin("");
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(*entry, nullptr);
  EXPECT_THAT(board.Get(""), IsBadField("import_id", "INVALID_ID"));
}

TEST(ImportBoardTest, LongIdsAreRefused) {
  ImportBoard board;
  EXPECT_THAT(board.Begin(std::string(64, 'a')), IsOk());
  EXPECT_THAT(board.Begin(std::string(65, 'a')), HasReason(absl::StatusCode::kInvalidArgument, "INVALID_ID"));
}

}  // namespace
}  // namespace facet::server
