// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/safetensors_header.h"

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

using nlohmann::json;

constexpr char kMetadataKey[] = "__metadata__";

// Takes the header's events: {name: {"dtype": s, "shape": [n…],
// "data_offsets": [n, n]}, "__metadata__": {s: s}}. A handler that returns
// false stops the parser.
class HeaderReader final : public json::json_sax_t {
 public:
  SafetensorsHeader TakeHeader() { return std::move(header_); }
  const std::string& error() const { return error_; }

  bool start_object(size_t) override {
    switch (place_) {
      case Place::kStart:
        place_ = Place::kTop;
        return true;
      case Place::kTop:
        place_ = name_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
        entry_ = TensorEntry();
        seen_ = {};
        return true;
      default:
        return Unexpected("an object");
    }
  }

  bool end_object() override {
    const Place was = std::exchange(place_, Place::kTop);
    if (was == Place::kTop) {
      place_ = Place::kEnd;
    } else if (was == Place::kTensor) {
      if (!seen_.dtype || !seen_.shape || !seen_.offsets) {
        return Fail(absl::StrCat("tensor '", name_, "' lacks dtype, shape or data_offsets"));
      }
      header_.tensors.emplace(name_, std::move(entry_));
    }
    return true;
  }

  bool key(std::string& key) override {
    switch (place_) {
      case Place::kTop:
        name_ = key;
        if (key == kMetadataKey ? std::exchange(metadata_seen_, true) : header_.tensors.count(key) > 0) {
          return Fail(absl::StrCat("'", key, "' comes twice"));
        }
        return true;
      case Place::kMetadata:
        field_ = key;
        return header_.metadata.count(key) == 0 || Fail(absl::StrCat("metadata '", key, "' comes twice"));
      default:
        field_ = key;
        return BeginField();
    }
  }

  bool string(std::string& value) override {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace(field_, value);
      return true;
    }
    if (place_ != Place::kTensor || field_ != "dtype") return Unexpected("a string");
    entry_.dtype = value;
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::kTensor || field_ == "dtype") return Unexpected("an array");
    place_ = Place::kNumbers;
    offsets_.clear();
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    if (field_ == "shape") return true;
    if (offsets_.size() != 2) return Fail(absl::StrCat("data_offsets of '", name_, "' are not two numbers"));
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    return true;
  }

  bool number_unsigned(json::number_unsigned_t value) override {
    if (place_ != Place::kNumbers) return Unexpected("a number");
    std::vector<uint64_t>& numbers = field_ == "shape" ? entry_.shape : offsets_;
    if (numbers.size() == kMaxNumbers) return Fail(absl::StrCat(field_, " of '", name_, "' is too long"));
    numbers.push_back(value);
    return true;
  }

  bool number_integer(json::number_integer_t) override { return Unexpected("a negative number"); }
  bool number_float(json::number_float_t, const std::string&) override { return Unexpected("a fraction"); }
  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("a truth value"); }
  bool binary(json::binary_t&) override { return Unexpected("binary data"); }

  bool parse_error(size_t position, const std::string&, const json::exception&) override {
    return Fail(absl::StrCat("it is no JSON at byte ", position));
  }

 private:
  enum class Place { kStart, kTop, kTensor, kNumbers, kMetadata, kEnd };
  static constexpr size_t kMaxNumbers = 16;

  bool BeginField() {
    bool& seen = field_ == "dtype" ? seen_.dtype : field_ == "shape" ? seen_.shape : seen_.offsets;
    if (field_ != "dtype" && field_ != "shape" && field_ != "data_offsets") {
      return Fail(absl::StrCat("tensor '", name_, "' has an unknown key '", field_, "'"));
    }
    if (std::exchange(seen, true)) return Fail(absl::StrCat(field_, " of '", name_, "' comes twice"));
    return true;
  }

  bool Unexpected(const char* what) {
    return Fail(name_.empty() ? absl::StrCat("it has ", what, " where an object should be")
                              : absl::StrCat("'", name_, "' has ", what, " in a wrong place"));
  }

  bool Fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  struct Seen {
    bool dtype = false;
    bool shape = false;
    bool offsets = false;
  };

  SafetensorsHeader header_;
  std::string error_;
  Place place_ = Place::kStart;
  std::string name_;   // of the tensor
  std::string field_;  // in it
  TensorEntry entry_;
  Seen seen_;
  std::vector<uint64_t> offsets_;
  bool metadata_seen_ = false;
};

absl::Status Bad(absl::string_view what) {
  return WithReason(absl::DataLossError(absl::StrCat("bad safetensors header: ", what)), "BAD_SAFETENSORS");
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view json_text) {
  // The parser takes a zero byte for the end of its input.
  if (absl::StrContains(json_text, '\0')) return Bad("it has a zero byte");
  try {
    HeaderReader reader;
    if (!json::sax_parse(json_text.begin(), json_text.end(), &reader)) return Bad(reader.error());
    return reader.TakeHeader();
  } catch (const std::exception& e) {
    return Bad(e.what());
  }
}

}  // namespace facet::model
