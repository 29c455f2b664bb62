// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_DIGITS_IMPORT_H_
#define FACET_MODEL_DATA_DIGITS_IMPORT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/import.h"

namespace facet::model {

// INVALID_ARGUMENT with the field path below the options.
absl::Status ValidateDigitsOptions(const v1::DigitsImportOptions& options);

// Grey digits on black, each put into one colour channel and turned. Features
// are `digit`, `colour`, `rotation`, `example`; colours and rotations come in
// the order red, green, blue and 0, 90, 180, 270 whatever the order of the
// options. Image order, slowest first: example, digit, colour, rotation. The
// options were validated.
absl::StatusOr<ImportResult> ImportDigits(FileSystem& file_system, const ImportOptions& options);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_DIGITS_IMPORT_H_
