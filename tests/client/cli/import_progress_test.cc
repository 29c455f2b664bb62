// SPDX-License-Identifier: Apache-2.0
#include "client/cli/import_progress.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What the bar of an import writes where standard error is no terminal: the
// first line and the last.
class ImportProgressTest : public testing::Test {
 protected:
  // Answers the n-th question, counted from 1.
  using Answer = std::function<grpc::Status(int n, v1::ImportProgress*)>;

  // Lets the bar ask until it has come back for the `questions`-th time, so
  // that it has shown the answer before, and returns what it wrote.
  std::string ShownAfter(int questions, const Answer& answer, bool quiet = false) {
    absl::Notification asked;
    std::atomic<int> count = 0;
    server_.datasets.progress = [&](const v1::GetImportProgressRequest& request, v1::ImportProgress* progress) {
      EXPECT_EQ(request.import_id(), "import-7");
      const int n = ++count;
      if (n == questions) asked.Notify();
      return answer(n, progress);
    };
    testing::internal::CaptureStderr();
    {
      ImportProgress progress(client_.get(), "faces", "import-7", quiet);
      asked.WaitForNotification();
    }
    return testing::internal::GetCapturedStderr();
  }
  static grpc::Status Done(int64_t done, int64_t total, v1::ImportProgress* progress) {
    progress->set_images_done(done);
    progress->set_images_total(total);
    return grpc::Status::OK;
  }

  client::FakeServer server_;
  const std::unique_ptr<client::Client> client_ = client::Client::Create({.address = server_.address()}).value();
};

TEST_F(ImportProgressTest, ShowsImagesRateAndTimeLeft) {
  const std::string shown = ShownAfter(2, [](int, v1::ImportProgress* progress) { return Done(30, 120, progress); });
  EXPECT_THAT(shown, StartsWith("faces  25 %  30 of 120 images, "));
  EXPECT_THAT(shown, HasSubstr("/s, "));
  EXPECT_THAT(shown, HasSubstr(" left\n"));
}

TEST_F(ImportProgressTest, BeforeTheFirstImageNoTimeLeftIsClaimed) {
  const std::string shown = ShownAfter(2, [](int, v1::ImportProgress* progress) { return Done(0, 120, progress); });
  EXPECT_EQ(shown, "faces   0 %  0 of 120 images, 0/s\n");
}

TEST_F(ImportProgressTest, AsksUntilTheServerKnows) {
  const std::string shown = ShownAfter(4, [](int n, v1::ImportProgress* progress) -> grpc::Status {
    if (n == 1) return {grpc::StatusCode::NOT_FOUND, "no import with this import_id is in progress"};
    return n == 2 ? Done(0, 0, progress) : Done(60, 120, progress);  // 0: the files still come in
  });
  EXPECT_THAT(shown, StartsWith("faces  50 %  60 of 120 images, "));
}

TEST_F(ImportProgressTest, AServerThatCannotTellIsNoReasonToComplain) {
  EXPECT_EQ(ShownAfter(1,
                       [](int, v1::ImportProgress*) -> grpc::Status {
                         return {grpc::StatusCode::UNIMPLEMENTED, "an old server"};
                       }),
            "");
}

TEST_F(ImportProgressTest, QuietIsQuiet) {
  const auto done = [](int, v1::ImportProgress* progress) { return Done(120, 120, progress); };
  EXPECT_EQ(ShownAfter(2, done, /*quiet=*/true), "");
}

TEST_F(ImportProgressTest, BytesAreShownWhileFilesAreSent) {
  testing::internal::CaptureStderr();
  {
    ImportProgress progress(client_.get(), "faces", "import-7", false);
    progress.Sent(500, 2000);
    progress.Sent(2000, 2000);
  }
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_THAT(shown, StartsWith("faces  25 %  500 B of 2 kB sent\n"));
  EXPECT_THAT(shown, HasSubstr("faces 100 %  2 kB of 2 kB sent\n"));
}

TEST_F(ImportProgressTest, NothingToSendIsAllOfIt) {
  testing::internal::CaptureStderr();
  {
    ImportProgress progress(client_.get(), "faces", "import-7", false);
    progress.Sent(0, 0);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), StartsWith("faces 100 %  "));
}

}  // namespace
}  // namespace facet::cli
