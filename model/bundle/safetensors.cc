// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/safetensors_header.h"

namespace facet::model {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // as the reference implementation has it

struct TypeInfo {
  TensorType type;
  const char* name;
  uint64_t bytes;
};

// Largest elements first: written in this order, each tensor is aligned.
constexpr TypeInfo kTypes[] = {
    {TensorType::kInt64, "I64", 8},
    {TensorType::kFloat32, "F32", 4},
    {TensorType::kFloat16, "F16", 2},
    {TensorType::kUint8, "U8", 1},
};

const TypeInfo& InfoOf(TensorType type) {
  return *std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeInfo& t) { return t.type == type; });
}

const TypeInfo* FindType(absl::string_view name) {
  const auto it = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeInfo& t) { return name == t.name; });
  return it == std::end(kTypes) ? nullptr : it;
}

std::string JsonString(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

std::string MetadataJson(const std::map<std::string, std::string>& metadata) {
  return absl::StrCat("{",
                      absl::StrJoin(metadata, ",",
                                    [](std::string* out, const auto& item) {
                                      absl::StrAppend(out, JsonString(item.first), ":", JsonString(item.second));
                                    }),
                      "}");
}

using OrderedTensors = std::vector<TensorMap::const_iterator>;

OrderedTensors InFileOrder(const TensorMap& tensors) {
  OrderedTensors ordered;
  for (const TypeInfo& type : kTypes) {
    for (auto it = tensors.begin(); it != tensors.end(); ++it) {
      if (it->second.type == type.type) ordered.push_back(it);
    }
  }
  return ordered;
}

std::string HeaderJson(const OrderedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> items;
  if (!metadata.empty()) items.push_back(absl::StrCat("\"__metadata__\":", MetadataJson(metadata)));
  uint64_t offset = 0;
  for (const auto& it : tensors) {
    const auto& [name, tensor] = *it;
    const uint64_t end = offset + tensor.bytes.size();
    items.push_back(absl::StrCat(JsonString(name), ":{\"dtype\":\"", InfoOf(tensor.type).name, "\",\"shape\":[",
                                 absl::StrJoin(tensor.shape, ","), "],\"data_offsets\":[", offset, ",", end, "]}"));
    offset = end;
  }
  std::string json = absl::StrCat("{", absl::StrJoin(items, ","), "}");
  json.append((kLengthBytes - json.size() % kLengthBytes) % kLengthBytes, ' ');
  return json;
}

absl::Status Bad(absl::string_view what) {
  return WithReason(absl::DataLossError(absl::StrCat("bad safetensors file: ", what)), "BAD_SAFETENSORS");
}

// Little-endian on every machine.
uint64_t LoadUint64(const char* bytes) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void AppendUint64(uint64_t value, std::string& out) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

// Bytes of a tensor; nothing where the product does not fit into an int64.
std::optional<uint64_t> ByteSize(const TensorEntry& entry, uint64_t element_bytes) {
  uint64_t bytes = element_bytes;
  for (const uint64_t axis : entry.shape) {
    if (axis > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    if (__builtin_mul_overflow(bytes, axis, &bytes)) return std::nullopt;
  }
  if (bytes > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return bytes;
}

absl::StatusOr<TensorView> View(const std::string& name, const TensorEntry& entry, absl::string_view data) {
  const TypeInfo* type = FindType(entry.dtype);
  if (type == nullptr) return Bad(absl::StrCat("tensor '", name, "' has the unknown type '", entry.dtype, "'"));
  if (entry.begin > entry.end || entry.end > data.size()) {
    return Bad(absl::StrCat("the offsets of tensor '", name, "' (", entry.begin, " to ", entry.end,
                            ") pass the end of the data (", data.size(), " bytes)"));
  }
  const std::optional<uint64_t> bytes = ByteSize(entry, type->bytes);
  if (!bytes.has_value() || *bytes != entry.end - entry.begin) {
    return Bad(absl::StrCat("tensor '", name, "' of shape [", absl::StrJoin(entry.shape, ", "), "] does not fit its ",
                            entry.end - entry.begin, " bytes"));
  }
  return TensorView{type->type, {entry.shape.begin(), entry.shape.end()}, data.substr(entry.begin, *bytes)};
}

// Each byte of the data belongs to exactly one tensor.
absl::Status CheckCoverage(const std::map<std::string, TensorEntry>& tensors, uint64_t data_bytes) {
  std::vector<std::pair<uint64_t, uint64_t>> spans;
  for (const auto& [name, entry] : tensors) spans.emplace_back(entry.begin, entry.end);
  std::sort(spans.begin(), spans.end());
  uint64_t covered = 0;
  for (const auto& [begin, end] : spans) {
    if (begin != covered) return Bad(absl::StrCat("tensors overlap or leave a gap at byte ", std::min(begin, covered)));
    covered = end;
  }
  if (covered != data_bytes) {
    return Bad(absl::StrCat("tensors end at byte ", covered, ", the data at byte ", data_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

std::string SerializeSafetensors(const TensorMap& tensors, const std::map<std::string, std::string>& metadata) {
  const OrderedTensors ordered = InFileOrder(tensors);
  const std::string header = HeaderJson(ordered, metadata);
  size_t total = kLengthBytes + header.size();
  for (const auto& it : ordered) total += it->second.bytes.size();
  std::string file;
  file.reserve(total);
  AppendUint64(header.size(), file);
  file.append(header);
  for (const auto& it : ordered) file.append(it->second.bytes.data(), it->second.bytes.size());
  return file;
}

absl::StatusOr<TensorMap> ParseSafetensors(absl::string_view file) {
  if (file.size() < kLengthBytes) return Bad(absl::StrCat("it has only ", file.size(), " bytes"));
  const uint64_t header_bytes = LoadUint64(file.data());
  file.remove_prefix(kLengthBytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > file.size()) {
    return Bad(absl::StrCat("it claims a header of ", header_bytes, " bytes; ", file.size(), " bytes follow and ",
                            kMaxHeaderBytes, " are allowed"));
  }
  const absl::string_view json = file.substr(0, header_bytes);
  const absl::string_view data = file.substr(header_bytes);
  if (json.empty() || json.front() != '{') return Bad("its header does not begin with '{'");
  ASSIGN_OR_RETURN(const SafetensorsHeader header, ParseSafetensorsHeader(json));
  TensorMap tensors;
  for (const auto& [name, entry] : header.tensors) {
    ASSIGN_OR_RETURN(tensors[name], View(name, entry, data));
  }
  RETURN_IF_ERROR(CheckCoverage(header.tensors, data.size()));
  return tensors;
}

}  // namespace facet::model
