// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/trainer_event_reader.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"

namespace facet::server {
namespace {

// Seven bits a byte, lowest first; the top bit says that there are more.
enum class Varint { kComplete, kCut, kTooLong };
Varint ReadVarint(absl::string_view bytes, uint64_t* value, size_t* length) {
  constexpr size_t kMaxLength = 5;  // enough for 2^35
  *value = 0;
  for (size_t i = 0; i < kMaxLength; ++i) {
    if (i == bytes.size()) return Varint::kCut;
    const auto byte = static_cast<uint8_t>(bytes[i]);
    *value |= uint64_t{byte & 0x7fu} << (7 * i);
    *length = i + 1;
    if (byte < 0x80) return Varint::kComplete;
  }
  return Varint::kTooLong;
}

}  // namespace

absl::StatusOr<std::vector<internal::TrainerEvent>> TrainerEventReader::Feed(absl::string_view bytes) {
  pending_.append(bytes.data(), bytes.size());
  std::vector<internal::TrainerEvent> events;
  absl::string_view rest = pending_;
  while (true) {
    uint64_t size = 0;
    size_t prefix = 0;
    const Varint varint = ReadVarint(rest, &size, &prefix);
    if (varint == Varint::kTooLong || size > kMaxTrainerEventBytes) {
      return absl::DataLossError(absl::StrCat("an event of more than ", kMaxTrainerEventBytes, " bytes"));
    }
    if (varint == Varint::kCut || rest.size() - prefix < size) break;
    internal::TrainerEvent event;
    if (!event.ParseFromArray(rest.data() + prefix, static_cast<int>(size))) {
      return absl::DataLossError("bytes that are no facet.internal.TrainerEvent");
    }
    events.push_back(std::move(event));
    rest.remove_prefix(prefix + size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return events;
}

}  // namespace facet::server
