// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_CSV_IMPORT_H_
#define FACET_MODEL_DATA_CSV_IMPORT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/import.h"

namespace facet::model {

// INVALID_ARGUMENT with the field path below the options.
absl::Status ValidateCsvOptions(const v1::CsvImportOptions& options);

// Reads `manifest.csv` (csv_manifest.h) and the images it names, cropped to the
// face where that is asked for, else to the middle, and resized. That every file is there is checked before the first
// is decoded. Classes of which every image was dropped are left out. A link that leads out of the source counts as a
// path that does. The options were validated.
absl::StatusOr<ImportResult> ImportCsv(FileSystem& file_system, const ImportOptions& options);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_CSV_IMPORT_H_
