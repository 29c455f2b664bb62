// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_STREAM_BATCH_READER_H_
#define FACET_CLIENT_SRC_STREAM_BATCH_READER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "client/src/reconnect.h"
#include "facet/client/batch_reader.h"
#include "facet/v1/augmentation.grpc.pb.h"

namespace facet::client {

// BatchReader over AugmentationService.StreamBatches.
class StreamBatchReader final : public BatchReader {
 public:
  // `stub` outlives the reader; `address` is for messages.
  StreamBatchReader(v1::AugmentationService::StubInterface* stub, std::string address, BatchReaderOptions options);
  ~StreamBatchReader() override;

  // Opens the stream, so that errors of the recipe come at once.
  absl::StatusOr<std::optional<v1::StreamBatchesResponse>> Next() override;
  void Cancel() override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Stream = grpc::ClientReaderWriterInterface<v1::StreamBatchesRequest, v1::StreamBatchesResponse>;

  bool Connect() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Finish();
  // After `batch`, the stream goes on here.
  void RememberPlace(const v1::StreamBatchesResponse& batch);

  v1::AugmentationService::StubInterface* const stub_;
  const std::string address_;
  BatchReaderOptions options_;  // the place moves on
  Reconnect reconnect_;
  absl::Notification cancelled_;
  absl::Mutex mutex_;  // context_ is replaced while Cancel may look at it
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Stream> stream_;
  std::optional<absl::Status> end_;  // what every Next() says from now on
};

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_STREAM_BATCH_READER_H_
