// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_TRAINER_EVENT_READER_H_
#define FACET_SERVER_CORE_JOBS_TRAINER_EVENT_READER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "facet/internal/trainer.pb.h"

namespace facet::server {

// No event is longer; a trainer that sends more is broken.
inline constexpr size_t kMaxTrainerEventBytes = size_t{4} << 20;

// Cuts the bytes of an event pipe, which come in any portions, into messages
// with a varint length in front. Not thread-safe.
class TrainerEventReader {
 public:
  // Events that `bytes` completes. DATA_LOSS: they are no events; what follows
  // cannot be read either.
  absl::StatusOr<std::vector<internal::TrainerEvent>> Feed(absl::string_view bytes);

 private:
  std::string pending_;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_TRAINER_EVENT_READER_H_
