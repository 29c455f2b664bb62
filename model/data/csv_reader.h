// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_CSV_READER_H_
#define FACET_MODEL_DATA_CSV_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// Reads CSV as RFC 4180 has it, row by row: fields parted by commas; a field
// in double quotes may hold commas, line breaks and doubled quotes. Lines end
// in LF or CR LF. A byte order mark and empty lines are skipped. Not
// thread-safe.
class CsvReader {
 public:
  // `text` must outlive the reader.
  explicit CsvReader(absl::string_view text);

  // Reads the next row; false at the end of the text, `fields` is then empty.
  // INVALID_ARGUMENT, to be placed at line(): a quote that is never closed, text
  // around a quoted field, a carriage return alone, a NUL byte, not UTF-8, over
  // 1000 fields.
  absl::StatusOr<bool> Next(std::vector<std::string>& fields);

  // Where the row just read began, counted from 1.
  int64_t line() const { return row_line_; }

 private:
  absl::StatusOr<std::string> NextField();
  absl::StatusOr<std::string> QuotedField();
  bool AtLineEnd() const;
  void SkipLineEnd();

  absl::string_view rest_;
  int64_t next_line_ = 1;
  int64_t row_line_ = 0;
};

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_CSV_READER_H_
