// SPDX-License-Identifier: Apache-2.0
#include "model/data/dataset_manifest.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxSide = 16384;
constexpr int kMaxChannels = 4;
constexpr size_t kDigestLength = 64;

absl::Status BadManifest(absl::string_view message) {
  return WithReason(absl::DataLossError(absl::StrCat(kManifestFile, ": ", message)), "BAD_MANIFEST");
}

// The member `name` of `object`, or null.
const Json* Member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// The number at the end of a path of members.
absl::StatusOr<int64_t> Integer(const Json& root, std::initializer_list<const char*> path, int64_t low, int64_t high) {
  const Json* value = &root;
  std::string shown;
  for (const char* name : path) {
    absl::StrAppend(&shown, shown.empty() ? "" : ".", name);
    value = value == nullptr ? nullptr : Member(*value, name);
  }
  if (value == nullptr || !value->is_number_integer()) {
    return BadManifest(absl::StrCat("'", shown, "' must be an integer"));
  }
  const bool huge =
      value->is_number_unsigned() && value->get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()};
  const int64_t number = huge ? std::numeric_limits<int64_t>::max() : value->get<int64_t>();
  if (number < low || number > high) {
    return BadManifest(absl::StrCat("'", shown, "' must be in [", low, ", ", high, "], not ", number));
  }
  return number;
}

absl::StatusOr<std::string> Text(const Json* value, absl::string_view what) {
  if (value == nullptr || !value->is_string()) return BadManifest(absl::StrCat(what, " must be a string"));
  return value->get<std::string>();
}

absl::StatusOr<Feature> FeatureFromJson(const Json& json, absl::string_view path) {
  Feature feature;
  ASSIGN_OR_RETURN(feature.name, Text(Member(json, "name"), absl::StrCat(path, ".name")));
  const Json* const classes = Member(json, "classes");
  if (classes == nullptr || !classes->is_array()) {
    return BadManifest(absl::StrCat(path, ".classes must be a list"));
  }
  for (const Json& name : *classes) {
    ASSIGN_OR_RETURN(std::string text, Text(&name, absl::StrCat(path, ".classes")));
    feature.classes.push_back(std::move(text));
  }
  return feature;
}

absl::StatusOr<FeatureSchema> SchemaFromJson(const Json& root) {
  const Json* const list = Member(root, "features");
  if (list == nullptr || !list->is_array()) return BadManifest("'features' must be a list");
  std::vector<Feature> features;
  for (size_t i = 0; i < list->size(); ++i) {
    ASSIGN_OR_RETURN(Feature feature, FeatureFromJson((*list)[i], absl::StrCat("features[", i, "]")));
    features.push_back(std::move(feature));
  }
  auto schema = FeatureSchema::Create(std::move(features));
  if (schema.ok()) return schema;
  const std::string field = GetErrorDetail(schema.status()).field.value_or("features");
  return BadManifest(absl::StrCat(field, ": ", schema.status().message()));
}

absl::StatusOr<ImageShape> ShapeFromJson(const Json& root) {
  ASSIGN_OR_RETURN(const int64_t height, Integer(root, {"shape", "height"}, 1, kMaxSide));
  ASSIGN_OR_RETURN(const int64_t width, Integer(root, {"shape", "width"}, 1, kMaxSide));
  ASSIGN_OR_RETURN(const int64_t channels, Integer(root, {"shape", "channels"}, 1, kMaxChannels));
  return ImageShape{static_cast<int>(height), static_cast<int>(width), static_cast<int>(channels)};
}

absl::Status CheckVersion(const Json& root) {
  ASSIGN_OR_RETURN(const int64_t version, Integer(root, {"format_version"}, 1, std::numeric_limits<int64_t>::max()));
  if (version == kDatasetFormatVersion) return absl::OkStatus();
  return BadManifest(absl::StrCat("format version ", version, " is newer than this program, which reads up to ",
                                  kDatasetFormatVersion));
}

absl::StatusOr<DatasetInfo> InfoFromJson(const Json& root) {
  RETURN_IF_ERROR(CheckVersion(root));
  DatasetInfo info;
  ASSIGN_OR_RETURN(info.shape, ShapeFromJson(root));
  ASSIGN_OR_RETURN(info.schema, SchemaFromJson(root));
  const uint64_t image_bytes = std::max<uint64_t>(info.shape.samples(), info.schema.size() * sizeof(uint16_t));
  const int64_t most = static_cast<int64_t>(std::numeric_limits<int64_t>::max() / image_bytes);
  ASSIGN_OR_RETURN(info.image_count, Integer(root, {"image_count"}, 1, most));
  ASSIGN_OR_RETURN(info.fingerprint, Text(Member(root, "fingerprint"), "'fingerprint'"));
  if (info.fingerprint.size() != kDigestLength ||
      !std::all_of(info.fingerprint.begin(), info.fingerprint.end(), absl::ascii_isxdigit)) {
    return BadManifest("'fingerprint' must be 64 hexadecimal digits");
  }
  return info;
}

}  // namespace

absl::Status ValidateImageShape(const ImageShape& shape) {
  const auto side = [](int n) { return n >= 1 && n <= kMaxSide; };
  if (side(shape.height) && side(shape.width) && shape.channels >= 1 && shape.channels <= kMaxChannels) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("images of ", shape.height, " x ", shape.width, " x ", shape.channels,
                                                 " are not possible: sides are 1 to ", kMaxSide, ", channels 1 to ",
                                                 kMaxChannels));
}

std::string DatasetManifestToJson(const DatasetInfo& info) {
  Json features = Json::array();
  for (const Feature& feature : info.schema.features()) {
    features.push_back({{"name", feature.name}, {"classes", feature.classes}});
  }
  const Json root = {
      {"format_version", kDatasetFormatVersion},
      {"shape", {{"height", info.shape.height}, {"width", info.shape.width}, {"channels", info.shape.channels}}},
      {"image_count", info.image_count},
      {"features", features},
      {"fingerprint", info.fingerprint}};
  return root.dump(1) + "\n";
}

absl::StatusOr<DatasetInfo> DatasetManifestFromJson(absl::string_view json) {
  const Json root = Json::parse(json.begin(), json.end(), /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) return BadManifest("not JSON");
  return InfoFromJson(root);
}

std::string DatasetFingerprint(const DatasetInfo& info, absl::string_view labels_digest,
                               absl::string_view images_digest) {
  // Names hold no line breaks, so no two data sets give the same text.
  std::string text = absl::StrCat("facet dataset ", kDatasetFormatVersion, "\nshape ", info.shape.height, " ",
                                  info.shape.width, " ", info.shape.channels, "\nimages ", info.image_count, "\n");
  for (const Feature& feature : info.schema.features()) {
    absl::StrAppend(&text, "feature ", feature.name, "\n");
    for (const std::string& name : feature.classes) absl::StrAppend(&text, "class ", name, "\n");
  }
  absl::StrAppend(&text, "labels ", labels_digest, "\npixels ", images_digest, "\n");
  return Sha256Hex(text);
}

}  // namespace facet::model
