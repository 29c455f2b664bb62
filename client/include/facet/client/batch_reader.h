// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_BATCH_READER_H_
#define FACET_CLIENT_BATCH_READER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "facet/v1/augmentation.pb.h"

namespace facet::client {

struct BatchReaderOptions {
  v1::StreamSpec spec;
  // Token of the last batch that was used. Empty: from the beginning.
  std::string resume_token;
  // Batches on their way at once, at least 1: what the server computes ahead
  // of the reader.
  int prefetch = 4;
  // How long to try to connect again when the connection breaks; zero: not at
  // all.
  absl::Duration patience = absl::Seconds(60);
};

// Batches of one stream, in order, none lost and none twice: when the
// connection breaks, the reader resumes after the last batch it handed out.
// One thread at a time.
class BatchReader {
 public:
  virtual ~BatchReader() = default;

  // Blocks for the next batch; nullopt after the last. `token` of a batch
  // resumes after it, in this process or another. Errors are final.
  virtual absl::StatusOr<std::optional<v1::StreamBatchesResponse>> Next() = 0;

  // Ends the stream from any thread; a Next() in progress returns CANCELLED.
  virtual void Cancel() = 0;
};

}  // namespace facet::client

#endif  // FACET_CLIENT_BATCH_READER_H_
