// SPDX-License-Identifier: Apache-2.0
#include "client/src/stream_batch_reader.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "base/random.h"
#include "base/thread.h"
#include "facet/client/error.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const grpc::Status kBroken(grpc::StatusCode::UNAVAILABLE, "connection reset");

// Sends batches 0, 1, … of a stream of `size`, never more than it has credit
// for; the token of batch n is n. Connection k breaks after cuts[k] batches;
// connections after those do not.
class BatchSource {
 public:
  BatchSource(FakeServer* server, int size, std::vector<int> cuts = {}) : size_(size), cuts_(std::move(cuts)) {
    server->augmentation.stream = [this](FakeAugmentation::Stream* call) { return Serve(call); };
  }

  // Resume token and first credit of each connection.
  std::vector<std::string> tokens() const {
    absl::MutexLock lock(&mutex_);
    return tokens_;
  }
  std::vector<int> credits() const {
    absl::MutexLock lock(&mutex_);
    return credits_;
  }
  // Credit that was added to the newest connection.
  void AwaitAddedCredit(int credit) {
    absl::MutexLock lock(&mutex_);
    auto reached = [this, credit] { return added_credit_ >= credit; };
    mutex_.Await(absl::Condition(&reached));
    EXPECT_EQ(added_credit_, credit);
  }

 private:
  grpc::Status Serve(FakeAugmentation::Stream* call) {
    v1::StreamBatchesRequest request;
    if (!call->Read(&request) || !request.has_start()) return {grpc::StatusCode::INVALID_ARGUMENT, "no start"};
    const int cut = NextCut(request.start());
    int next = 0;
    if (absl::SimpleAtoi(request.start().resume_token(), &next)) ++next;
    int credit = request.start().initial_credit();
    int sent = 0;
    for (; next < size_; ++sent, ++next, --credit) {
      if (sent == cut) return kBroken;
      while (credit == 0) {
        if (!call->Read(&request)) return grpc::Status::CANCELLED;
        credit += request.add_credit();
        absl::MutexLock lock(&mutex_);
        added_credit_ += request.add_credit();
      }
      v1::StreamBatchesResponse batch;
      batch.set_batch_index(next);
      batch.set_token(absl::StrCat(next));
      if (!call->Write(batch)) return grpc::Status::CANCELLED;
    }
    return sent == cut ? kBroken : grpc::Status::OK;
  }

  // Notes a new connection; after how many batches it breaks.
  int NextCut(const v1::StreamStart& start) {
    absl::MutexLock lock(&mutex_);
    const size_t connection = tokens_.size();
    tokens_.push_back(start.resume_token());
    credits_.push_back(start.initial_credit());
    return connection < cuts_.size() ? cuts_[connection] : size_ + 1;
  }

  const int size_;
  const std::vector<int> cuts_;
  mutable absl::Mutex mutex_;
  std::vector<std::string> tokens_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> credits_ ABSL_GUARDED_BY(mutex_);
  int added_credit_ ABSL_GUARDED_BY(mutex_) = 0;
};

class StreamBatchReaderTest : public testing::Test {
 protected:
  StreamBatchReaderTest() : client_(Client::Create({.address = server_.address()}).value()) {
    options_.spec.set_model("digits");
  }
  std::unique_ptr<BatchReader> Open() { return client_->StreamBatches(options_).value(); }

  // Indices of all batches to the end; -1 for an error.
  static std::vector<int> ReadAll(BatchReader& reader) {
    std::vector<int> indices;
    while (true) {
      const auto batch = reader.Next();
      EXPECT_THAT(batch, IsOk());
      if (!batch.ok()) return {-1};
      if (!batch->has_value()) return indices;
      indices.push_back(static_cast<int>((*batch)->batch_index()));
    }
  }
  static std::vector<int> Range(int begin, int end) {
    std::vector<int> range;
    for (int i = begin; i < end; ++i) range.push_back(i);
    return range;
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
  BatchReaderOptions options_;
};

TEST_F(StreamBatchReaderTest, GivesAllBatchesInOrderThenTheEnd) {
  BatchSource source(&server_, 20);
  const auto reader = Open();
  EXPECT_EQ(ReadAll(*reader), Range(0, 20));
  EXPECT_EQ(reader->Next().value(), std::nullopt) << "the end stays the end";
  EXPECT_THAT(source.tokens(), ElementsAre("")) << "one connection";
}

TEST_F(StreamBatchReaderTest, AStreamMayBeEmpty) {
  BatchSource source(&server_, 0);
  EXPECT_EQ(Open()->Next().value(), std::nullopt);
}

TEST_F(StreamBatchReaderTest, GoesOnAfterTheTokenItIsGiven) {
  BatchSource source(&server_, 20);
  options_.resume_token = "16";
  EXPECT_EQ(ReadAll(*Open()), Range(17, 20));
}

TEST_F(StreamBatchReaderTest, OneBatchReadIsOneMoreOnItsWay) {
  BatchSource source(&server_, 1000);
  options_.prefetch = 3;
  const auto reader = Open();
  for (int i = 0; i < 5; ++i) ASSERT_THAT(reader->Next(), IsOk());
  source.AwaitAddedCredit(5);
  EXPECT_THAT(source.credits(), ElementsAre(3));
}

TEST_F(StreamBatchReaderTest, AReaderWithoutPrefetchIsRefused) {
  options_.prefetch = 0;
  EXPECT_THAT(client_->StreamBatches(options_), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("prefetch")));
}

TEST_F(StreamBatchReaderTest, BrokenConnectionsLoseAndRepeatNothing) {
  // First, middle, last batch and none at all.
  BatchSource source(&server_, 10, {0, 1, 3, 6});
  options_.prefetch = 2;
  EXPECT_EQ(ReadAll(*Open()), Range(0, 10));
  EXPECT_THAT(source.tokens(), ElementsAre("", "", "0", "3", "9"));
  EXPECT_THAT(source.credits(), ElementsAre(2, 2, 2, 2, 2));
}

TEST_F(StreamBatchReaderTest, WhereverItBreaksTheSequenceIsTheSame) {
  // Each with a server of its own, so that all wait for their backoff at once.
  std::vector<Thread> threads;
  for (int seed = 0; seed < 16; ++seed) {
    threads.emplace_back("reader", [seed] {
      CounterRandom random(seed, "cuts", 0);
      const int prefetch = 1 + static_cast<int>(random.NextUint32() % 5);
      const auto cut = [&] { return static_cast<int>(random.NextUint32() % 12); };
      const std::vector<int> cuts = {cut(), cut()};
      FakeServer server;
      BatchSource source(&server, 20, cuts);
      const auto client = Client::Create({.address = server.address()}).value();
      const auto reader = client->StreamBatches({.spec = {}, .resume_token = "", .prefetch = prefetch}).value();
      EXPECT_EQ(ReadAll(*reader), Range(0, 20)) << cuts[0] << ", " << cuts[1] << ", prefetch " << prefetch;
    });
  }
}

TEST_F(StreamBatchReaderTest, AServerThatGoesAndComesBackIsFoundAgain) {
  BatchSource source(&server_, 100);
  options_.prefetch = 1;
  const auto reader = Open();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reader->Next().value()->batch_index(), i);
  server_.Stop();
  server_.Start();
  EXPECT_EQ(ReadAll(*reader), Range(3, 100));
  // One more may have been on its way.
  EXPECT_THAT(source.tokens().back(), testing::AnyOf("2", "3"));
}

TEST_F(StreamBatchReaderTest, WithoutPatienceTheFirstBreakIsTheEnd) {
  BatchSource source(&server_, 10, {2, 2});
  options_.patience = absl::ZeroDuration();
  const auto reader = Open();
  ASSERT_THAT(reader->Next(), IsOk());
  ASSERT_THAT(reader->Next(), IsOk());
  EXPECT_EQ(reader->Next().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(source.tokens().size(), 1u);
}

TEST_F(StreamBatchReaderTest, PatienceEnds) {
  server_.Stop();
  options_.patience = absl::Milliseconds(50);
  EXPECT_THAT(Open()->Next(), IsError(absl::StatusCode::kUnavailable, HasSubstr(server_.address())));
}

TEST_F(StreamBatchReaderTest, OtherErrorsAreFinal) {
  std::atomic<int> calls{0};
  server_.augmentation.stream = [&](FakeAugmentation::Stream*) {
    ++calls;
    return RichStatus(grpc::StatusCode::FAILED_PRECONDITION, "the token is of another model", "OTHER_STREAM");
  };
  const auto reader = Open();
  const absl::Status first = reader->Next().status();
  EXPECT_THAT(first, IsError(absl::StatusCode::kFailedPrecondition, "the token is of another model"));
  EXPECT_EQ(DescribeError(first).reason, "OTHER_STREAM");
  EXPECT_EQ(reader->Next().status(), first);
  EXPECT_EQ(calls, 1) << "the server was not asked again";
}

// A stream on which nothing ever comes.
class SilentSource {
 public:
  explicit SilentSource(FakeServer* server) {
    server->augmentation.stream = [this](FakeAugmentation::Stream* call) {
      v1::StreamBatchesRequest request;
      call->Read(&request);
      opened.Notify();
      while (call->Read(&request)) {
      }
      ended.Notify();
      return grpc::Status::OK;
    };
  }
  absl::Notification opened;
  absl::Notification ended;
};

TEST_F(StreamBatchReaderTest, CancelEndsAReadInProgress) {
  SilentSource source(&server_);
  const auto reader = Open();
  absl::Status status;
  Thread reading("reader", [&] { status = reader->Next().status(); });
  source.opened.WaitForNotification();
  reader->Cancel();
  reading.Join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(reader->Next().status().code(), absl::StatusCode::kCancelled);
  source.ended.WaitForNotification();
}

TEST_F(StreamBatchReaderTest, CancelEndsAWaitForTheServer) {
  absl::Notification asked;
  std::atomic<int> calls{0};
  server_.augmentation.stream = [&](FakeAugmentation::Stream*) {
    if (++calls == 2) asked.Notify();
    return kBroken;
  };
  options_.patience = absl::InfiniteDuration();
  const auto reader = Open();
  absl::Status status;
  Thread reading("reader", [&] { status = reader->Next().status(); });
  asked.WaitForNotification();
  reader->Cancel();
  reading.Join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST_F(StreamBatchReaderTest, CancelBeforeTheFirstReadAsksNobody) {
  SilentSource source(&server_);
  const auto reader = Open();
  reader->Cancel();
  reader->Cancel();
  EXPECT_EQ(reader->Next().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(StreamBatchReaderTest, TheStreamEndsWithItsReader) {
  SilentSource source(&server_);
  auto reader = Open();
  Thread reading("reader", [&] { reader->Next().status().IgnoreError(); });
  source.opened.WaitForNotification();
  reader->Cancel();
  reading.Join();
  reader.reset();
  source.ended.WaitForNotification();
  Open().reset();  // never read
}

TEST_F(StreamBatchReaderTest, ConnectsAgainToItsOwnVersionsAndToItsOwnNextStep) {
  absl::Mutex mutex;
  std::vector<v1::StreamSpec> asked;
  server_.augmentation.stream = [&](FakeAugmentation::Stream* call) -> grpc::Status {
    v1::StreamBatchesRequest request;
    if (!call->Read(&request)) return grpc::Status::CANCELLED;
    {
      absl::MutexLock lock(&mutex);
      asked.push_back(request.start().spec());
      if (asked.size() == 2) return grpc::Status::OK;
    }
    v1::StreamBatchesResponse batch;
    batch.set_token("t");
    batch.set_model_version("models/digits@3");
    batch.set_dataset_version("datasets/digits@7");
    for (const char* judge : {"models/judge@2", "models/digits@3"}) batch.add_judge_versions(judge);
    call->Write(batch);
    return kBroken;
  };
  options_.spec.set_worker(1);
  options_.spec.set_workers(4);
  options_.spec.mutable_recipe()->mutable_real()->set_dataset("digits");
  v1::QualityFilter& filter = *options_.spec.mutable_recipe()->mutable_filter();
  filter.add_confidence()->set_judge("judge");
  filter.add_confidence();  // judged by the stream's own model
  EXPECT_EQ(ReadAll(*Open()).size(), 1u);
  absl::MutexLock lock(&mutex);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].model(), "digits");
  EXPECT_EQ(asked[0].worker(), 1);
  EXPECT_EQ(asked[1].model(), "models/digits@3");
  EXPECT_EQ(asked[1].recipe().real().dataset(), "datasets/digits@7");
  EXPECT_EQ(asked[1].recipe().filter().confidence(0).judge(), "models/judge@2");
  EXPECT_EQ(asked[1].recipe().filter().confidence(1).judge(), "models/digits@3");
  // Its token ends its own step; the three steps after it are the others'.
  EXPECT_EQ(asked[1].worker(), 3);
  EXPECT_EQ(asked[1].workers(), 4);
}

}  // namespace
}  // namespace facet::client
