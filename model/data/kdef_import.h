// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_KDEF_IMPORT_H_
#define FACET_MODEL_DATA_KDEF_IMPORT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/import.h"

namespace facet::model {

// INVALID_ARGUMENT with the field path below the options.
absl::Status ValidateKdefOptions(const v1::KdefImportOptions& options);

// Faces of a folder with KDEF's file names (kdef_source.h), cut out, resized
// and put into every transform asked for. Features as v1.KdefImportOptions
// says, in the order identity, expression, session, angle, transform. Image
// order: by path, then transform. The options were validated.
//
// A picture that is left out has a reason that begins with "no face", "several
// faces", "unreadable", "unknown name" or "double".
//
// INVALID_ARGUMENT, reasons: NO_KDEF_NAMES; NO_SUCH_PICTURES (field, e.g.
// "kdef.expressions[1]"): something asked for is in no picture, or, other than
// a person, in none with a face; ONE_PERSON; EMPTY_DATASET: no picture is left; TOO_FEW_IMAGES.
absl::StatusOr<ImportResult> ImportKdef(FileSystem& file_system, const ImportOptions& options);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_KDEF_IMPORT_H_
