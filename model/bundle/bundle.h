// SPDX-License-Identifier: Apache-2.0
// A bundle is a model on disk: a sealed folder with the card `model.json` and
// `weights.safetensors`; docs/bundle_format.md.
#ifndef FACET_MODEL_BUNDLE_BUNDLE_H_
#define FACET_MODEL_BUNDLE_BUNDLE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "facet/v1/model.pb.h"

namespace facet::model {

inline constexpr int kBundleFormatVersion = 1;

// Writes a bundle from finished weights (a whole safetensors file). Sets the
// card's format_version, weights_sha256 and producer. ALREADY_EXISTS: `path`
// is there. DATA_LOSS (BAD_SAFETENSORS): `weights` could not be read again.
// Errors of FileSystem; nothing is left after an error.
absl::Status WriteBundle(FileSystem* file_system, const std::string& path, v1::ModelCard card,
                         absl::string_view weights);

// The card alone, checked against its checksum. NOT_FOUND: no such folder.
// DATA_LOSS: damaged (reason CHECKSUM_MISMATCH; the message names the file, the
// wanted and the found checksum), not a bundle (BAD_BUNDLE), or made by a
// newer format (BUNDLE_TOO_NEW).
absl::StatusOr<v1::ModelCard> ReadCard(FileSystem& file_system, const std::string& path);

// Card and weights, both checked; errors as above.
struct Bundle {
  v1::ModelCard card;
  std::string weights;  // a safetensors file
};
absl::StatusOr<Bundle> ReadBundle(FileSystem& file_system, const std::string& path);

}  // namespace facet::model

#endif  // FACET_MODEL_BUNDLE_BUNDLE_H_
