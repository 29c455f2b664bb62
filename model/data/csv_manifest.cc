// SPDX-License-Identifier: Apache-2.0
#include "model/data/csv_manifest.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "model/data/csv_reader.h"
#include "model/data/source_file.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

constexpr absl::string_view kPathColumn = "path";
constexpr size_t kMaxColumns = 65;  // the path, and as many features as a schema may have
constexpr size_t kMaxPathBytes = 1024;
constexpr size_t kMaxRows = 1'000'000;  // one takes a hundred bytes, whatever it has in the file
constexpr int kRowsBetweenLooks = 1024;

absl::Status LineError(int64_t line, absl::string_view message) {
  return SourceLineError(kCsvManifestFile, line, message);
}

absl::Status LineError(const CsvReader& reader, const absl::Status& status) {
  return LineError(reader.line(), status.message());
}

// A blank is part of its field (RFC 4180), and of class names it would make two
// that look alike.
absl::Status CheckBlanks(absl::string_view text, absl::string_view what) {
  if (text.empty() || (!absl::ascii_isspace(text.front()) && !absl::ascii_isspace(text.back()))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", ShownText(text), "', ", what, ", begins or ends with a blank: leave none beside the commas"));
}

// Where the path stands; every other column is a feature.
absl::StatusOr<size_t> CheckHeader(const std::vector<std::string>& columns) {
  if (columns.size() > kMaxColumns) {
    return absl::InvalidArgumentError(absl::StrCat("the header has ", columns.size(),
                                                   " columns, and a data set at most ", kMaxColumns - 1, " features"));
  }
  for (const std::string& column : columns) RETURN_IF_ERROR(CheckBlanks(column, "a column of the header"));
  const auto path = std::find(columns.begin(), columns.end(), kPathColumn);
  if (path == columns.end()) {
    return absl::InvalidArgumentError(absl::StrCat("the header has no column 'path'; its columns are '",
                                                   ShownText(absl::StrJoin(columns, "', '")), "'"));
  }
  if (columns.size() < 2) return absl::InvalidArgumentError("the header names no feature beside 'path'");
  for (auto column = columns.begin(); column != columns.end(); ++column) {
    RETURN_IF_ERROR(ValidateFeatureName(*column));
    if (std::find(columns.begin(), column, *column) != column) {
      return absl::InvalidArgumentError(absl::StrCat("the header has the column '", *column, "' twice"));
    }
  }
  return static_cast<size_t>(path - columns.begin());
}

absl::Status CheckPath(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("the path is empty");
  if (path.size() > kMaxPathBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path '", ShownText(path), "' is over ", kMaxPathBytes, " bytes"));
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  if (path[0] == '/' || std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path '", ShownText(path), "' must be relative to the manifest, without '..'"));
  }
  return absl::OkStatus();
}

bool AllIntegers(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(), [](const std::string& value) {
    int64_t number = 0;
    return absl::SimpleAtoi(value, &number);
  });
}

bool NumberLess(const std::string& a, const std::string& b) {
  int64_t x = 0;
  int64_t y = 0;
  static_cast<void>(absl::SimpleAtoi(a, &x));
  static_cast<void>(absl::SimpleAtoi(b, &y));
  return x != y ? x < y : a < b;
}

// Collects the values of one column; indices are in order of appearance until
// Finish.
class ColumnValues {
 public:
  uint32_t Add(const std::string& value) {
    const auto [found, added] = index_.emplace(value, static_cast<uint32_t>(values_.size()));
    if (added) values_.push_back(value);
    return found->second;
  }

  size_t size() const { return values_.size(); }

  // The classes in order, and where each value stands among them.
  std::pair<std::vector<std::string>, std::vector<uint16_t>> Finish() const {
    std::vector<std::string> classes = values_;
    if (AllIntegers(classes)) {
      std::sort(classes.begin(), classes.end(), NumberLess);
    } else {
      std::sort(classes.begin(), classes.end());
    }
    std::vector<uint16_t> place(classes.size());
    for (size_t i = 0; i < classes.size(); ++i) place[index_.at(classes[i])] = static_cast<uint16_t>(i);
    return {std::move(classes), std::move(place)};
  }

 private:
  absl::flat_hash_map<std::string, uint32_t> index_;
  std::vector<std::string> values_;
};

// Builds the manifest row by row.
class ManifestBuilder {
 public:
  ManifestBuilder(std::vector<std::string> columns, size_t path_column)
      : columns_(std::move(columns)), path_column_(path_column), values_(columns_.size()) {}

  absl::Status Add(int64_t line, const std::vector<std::string>& fields) {
    if (manifest_.rows.size() == kMaxRows) {
      return absl::InvalidArgumentError(absl::StrCat("the manifest has over ", kMaxRows, " images"));
    }
    if (fields.size() != columns_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(fields.size(), " fields, where the header has ", columns_.size()));
    }
    RETURN_IF_ERROR(CheckPath(fields[path_column_]));
    for (size_t c = 0; c < fields.size(); ++c) {
      if (c == path_column_) continue;
      if (fields[c].empty()) return absl::InvalidArgumentError(absl::StrCat("no value for '", columns_[c], "'"));
      RETURN_IF_ERROR(CheckBlanks(fields[c], absl::StrCat("the value for '", columns_[c], "'")));
      found_.push_back(values_[c].Add(fields[c]));
      if (values_[c].size() > kMaxClasses) {
        return absl::InvalidArgumentError(
            absl::StrCat("over ", kMaxClasses, " different values for '", columns_[c], "'"));
      }
    }
    manifest_.rows.push_back({line, fields[path_column_]});
    return absl::OkStatus();
  }

  absl::StatusOr<CsvManifest> Finish() && {
    if (manifest_.rows.empty()) {
      return WithReason(SourceError(kCsvManifestFile, "no images: there is nothing below the header"), "EMPTY_DATASET");
    }
    std::vector<Feature> features;
    std::vector<std::vector<uint16_t>> places;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (c == path_column_) continue;
      auto [classes, place] = values_[c].Finish();
      features.push_back({columns_[c], std::move(classes)});
      places.push_back(std::move(place));
    }
    auto schema = FeatureSchema::Create(std::move(features));
    if (!schema.ok()) return SourceError(kCsvManifestFile, schema.status().message());
    manifest_.schema = *std::move(schema);
    manifest_.labels.reserve(found_.size());
    for (size_t i = 0; i < found_.size(); ++i) manifest_.labels.push_back(places[i % places.size()][found_[i]]);
    return std::move(manifest_);
  }

 private:
  static constexpr size_t kMaxClasses = 65536;

  std::vector<std::string> columns_;
  size_t path_column_;
  std::vector<ColumnValues> values_;  // by column; that of the path stays empty
  std::vector<uint32_t> found_;       // value of each feature of each row
  CsvManifest manifest_;
};

}  // namespace

absl::StatusOr<CsvManifest> ParseCsvManifest(absl::string_view text, const std::atomic<bool>* cancelled) {
  CsvReader reader(text);
  std::vector<std::string> fields;
  const auto header = reader.Next(fields);
  if (!header.ok()) return LineError(reader, header.status());
  if (!*header) return WithReason(SourceError(kCsvManifestFile, "the file is empty"), "EMPTY_DATASET");
  const auto path_column = CheckHeader(fields);
  if (!path_column.ok()) return LineError(reader, path_column.status());
  ManifestBuilder builder(fields, *path_column);
  for (int64_t rows = 0; true; ++rows) {
    if (rows % kRowsBetweenLooks == 0) RETURN_IF_ERROR(CheckNotCancelled(cancelled));
    const auto row = reader.Next(fields);
    if (!row.ok()) return LineError(reader, row.status());
    if (!*row) return std::move(builder).Finish();
    const absl::Status added = builder.Add(reader.line(), fields);
    if (!added.ok()) return LineError(reader, added);
  }
}

}  // namespace facet::model
