// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_AUGMENT_STREAM_IDENTITY_H_
#define FACET_MODEL_AUGMENT_STREAM_IDENTITY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/v1/augmentation.pb.h"
#include "model/augment/batch_sequence.h"

namespace facet::model {

// What a stream is made of beside its spec. `…_version` as in `models/digits@3`,
// `…_digest` of the bytes behind it. Empty: the stream has none.
struct StreamSources {
  std::string model_version;
  std::string model_digest;
  std::string dataset_version;
  std::string dataset_digest;
  std::string judges;  // versions and digests, in one
};

// Everything that fixes the bytes of a stream, hashed in parts, so that a token
// of another stream can be told what differs. Immutable value.
class StreamIdentity {
 public:
  StreamIdentity(const v1::StreamSpec& spec, const StreamSources& sources);

  // SHA-256 over all parts, hex.
  const std::string& fingerprint() const { return fingerprint_; }

  // An opaque token of at most 256 bytes.
  std::string MakeToken(const StreamPosition& position) const;

  // INVALID_ARGUMENT (reason BAD_TOKEN): damaged or no token.
  // FAILED_PRECONDITION (reason TOKEN_OF_OTHER_STREAM): of another stream; the
  // message says what differs.
  absl::StatusOr<StreamPosition> ReadToken(absl::string_view token) const;

 private:
  uint64_t model_;
  uint64_t dataset_;
  uint64_t judges_;
  uint64_t recipe_;
  uint64_t seeds_;
  std::string fingerprint_;
};

}  // namespace facet::model

#endif  // FACET_MODEL_AUGMENT_STREAM_IDENTITY_H_
