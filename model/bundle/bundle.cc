// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/bundle.h"

#include <google/protobuf/util/json_util.h>

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sealed_folder.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors.h"

namespace facet::model {
namespace {

constexpr char kCardFile[] = "model.json";
constexpr char kWeightsFile[] = "weights.safetensors";
constexpr char kProducer[] = "facet " FACET_VERSION;

absl::Status Bad(const std::string& path, absl::string_view file, absl::string_view what) {
  return WithReason(absl::DataLossError(absl::StrCat("'", path, "/", file, "' ", what)), "BAD_BUNDLE");
}

absl::StatusOr<std::string> CardJson(const v1::ModelCard& card) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(card, &json, options);
  if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat("the card is no JSON: ", status.ToString()));
  return json;
}

// Unknown fields are passed over, so that a card of a newer format still tells
// its version.
absl::StatusOr<v1::ModelCard> ParseCard(const std::string& path, const std::string& json) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  v1::ModelCard card;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &card, options);
  if (!status.ok()) {
    // What follows the first line is the place, drawn below a piece of the text.
    const std::string why = status.message().ToString();
    return Bad(path, kCardFile, absl::StrCat("is no card: ", why.substr(0, why.find('\n'))));
  }
  if (card.format_version() > kBundleFormatVersion) {
    return WithReason(
        absl::DataLossError(absl::StrCat("'", path, "' has bundle format ", card.format_version(), ", made by '",
                                         card.producer(), "'; this is ", kProducer, ", which reads formats up to ",
                                         kBundleFormatVersion, ": upgrade it")),
        "BUNDLE_TOO_NEW");
  }
  if (card.format_version() < 1) return Bad(path, kCardFile, "has no format_version");
  return card;
}

// The card names its weights by checksum: files of two bundles do not mix.
absl::Status CheckWeightsMatch(const std::string& path, const v1::ModelCard& card,
                               const std::map<std::string, std::string>& seal) {
  const auto sealed = seal.find(kWeightsFile);
  if (sealed == seal.end()) return Bad(path, kWeightsFile, absl::StrCat("is not listed in ", kChecksumFile));
  if (sealed->second == card.weights_sha256()) return absl::OkStatus();
  return Bad(path, kWeightsFile,
             absl::StrCat("belongs to another card: its SHA-256 is ", sealed->second, ", the card says ",
                          card.weights_sha256()));
}

}  // namespace

absl::Status WriteBundle(FileSystem* file_system, const std::string& path, v1::ModelCard card,
                         absl::string_view weights) {
  RETURN_IF_ERROR(ParseSafetensors(weights).status());
  card.set_format_version(kBundleFormatVersion);
  card.set_weights_sha256(Sha256Hex(weights));
  card.set_producer(kProducer);
  ASSIGN_OR_RETURN(const std::string json, CardJson(card));
  ASSIGN_OR_RETURN(const auto writer, SealedFolderWriter::Create(file_system, path));
  RETURN_IF_ERROR(writer->Add(kCardFile, json));
  RETURN_IF_ERROR(writer->Add(kWeightsFile, weights));
  return writer->Commit();
}

absl::StatusOr<v1::ModelCard> ReadCard(FileSystem& file_system, const std::string& path) {
  ASSIGN_OR_RETURN(const auto seal, ReadSeal(file_system, path));
  ASSIGN_OR_RETURN(const std::string json, ReadSealedFile(file_system, path, kCardFile));
  ASSIGN_OR_RETURN(v1::ModelCard card, ParseCard(path, json));
  RETURN_IF_ERROR(CheckWeightsMatch(path, card, seal));
  return card;
}

absl::StatusOr<Bundle> ReadBundle(FileSystem& file_system, const std::string& path) {
  Bundle bundle;
  ASSIGN_OR_RETURN(bundle.card, ReadCard(file_system, path));
  ASSIGN_OR_RETURN(bundle.weights, ReadSealedFile(file_system, path, kWeightsFile));
  return bundle;
}

}  // namespace facet::model
