// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_KDEF_NAME_H_
#define FACET_MODEL_DATA_KDEF_NAME_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace facet::model {

// The parts of KDEF's file names, in the order of their classes.
const std::vector<std::string>& KdefSessions();     // A, B
const std::vector<std::string>& KdefExpressions();  // AF, AN, DI, HA, NE, SA, SU
const std::vector<std::string>& KdefAngles();       // FL, HL, S, HR, FR
const std::vector<std::string>& KdefPeople();       // F01 to F35, M01 to M35

// What a file name of the Karolinska Directed Emotional Faces says:
// `AF01ANS.JPG` is session A, person F01, expression AN, angle S.
struct KdefName {
  int session = 0;       // index in KdefSessions()
  std::string identity;  // F01 to F35, M01 to M35
  int expression = 0;    // index in KdefExpressions()
  int angle = 0;         // index in KdefAngles()
  bool operator==(const KdefName&) const = default;
};

// Upper and lower case are one; the extension is any that HasImageExtension
// takes. None: not such a name.
std::optional<KdefName> ParseKdefName(absl::string_view file_name);

// Whether a file name ends as pictures do: .jpg, .jpeg, .png, .bmp, .tif,
// .tiff, .webp, .ppm or .pgm in any case.
bool HasImageExtension(absl::string_view file_name);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_KDEF_NAME_H_
