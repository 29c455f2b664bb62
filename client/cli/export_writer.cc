// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_writer.h"

#include "absl/strings/str_format.h"

namespace facet::cli {

std::string SampleKey(int64_t number) { return absl::StrFormat("%09d", number); }

}  // namespace facet::cli
