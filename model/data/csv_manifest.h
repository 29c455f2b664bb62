// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_CSV_MANIFEST_H_
#define FACET_MODEL_DATA_CSV_MANIFEST_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/features/schema.h"

namespace facet::model {

inline constexpr char kCsvManifestFile[] = "manifest.csv";

// What a manifest.csv says of its images, in its order.
struct CsvManifest {
  struct Row {
    int64_t line = 0;  // counted from 1
    std::string path;  // relative, no ".." in it
  };
  FeatureSchema schema;
  std::vector<Row> rows;
  std::vector<uint16_t> labels;  // schema.size() a row

  absl::Span<const uint16_t> labels_of(size_t row) const {
    const size_t features = schema.size();
    return absl::MakeConstSpan(labels).subspan(row * features, features);
  }
};

// A header with the column `path` and one column a feature, in any order, then
// a row an image. The classes of a feature are the distinct values of its
// column, sorted: by number where all are integers, else by bytes.
// INVALID_ARGUMENT (reason BAD_SOURCE) naming the line: no `path` column, no
// feature, a bad or doubled column name, a row with fields missing or too many,
// an empty value, blanks around a value or column name, a path that leads out of
// the folder, more than a million rows, what CsvReader refuses. INVALID_ARGUMENT
// (reason EMPTY_DATASET): no rows.
// CANCELLED soon after `cancelled`, which may be null, is set.
absl::StatusOr<CsvManifest> ParseCsvManifest(absl::string_view text, const std::atomic<bool>* cancelled = nullptr);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_CSV_MANIFEST_H_
