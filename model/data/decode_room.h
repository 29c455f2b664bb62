// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_DECODE_ROOM_H_
#define FACET_MODEL_DATA_DECODE_ROOM_H_

#include "absl/strings/string_view.h"
#include "base/byte_budget.h"

namespace facet::model {

// Blocks until there is memory to decode this image file and turn it upright: of
// all that the process decodes together, imports and others, at most 1 GiB. Hold
// it until the pixels have gone or become small, and wait for nothing meanwhile.
// Thread-safe.
ByteBudget::Share TakeRoomToDecode(absl::string_view file);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_DECODE_ROOM_H_
