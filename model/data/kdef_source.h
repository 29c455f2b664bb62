// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_DATA_KDEF_SOURCE_H_
#define FACET_MODEL_DATA_KDEF_SOURCE_H_

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/kdef_name.h"

namespace facet::model {

// The pictures of a folder that are named as in KDEF.
struct KdefSource {
  struct Picture {
    std::string path;  // relative to the source
    KdefName name;
  };
  struct Other {
    std::string path;
    std::string reason;
  };
  std::vector<Picture> pictures;  // by path
  std::vector<Other> others;      // pictures that cannot be taken, and links, by path
};

// Looks for pictures in a folder and all below it. Links are not followed,
// not even to see what they lead to; those with an image's extension, or without
// one, are among the others, since they may be pictures or a folder of them. Of
// several pictures with one name the first counts. Files without an image's
// extension are passed over.
// INVALID_ARGUMENT (reason BAD_SOURCE): the folder cannot be read. (Reason
// NO_KDEF_NAMES): no picture has such a name; the message names a link, too.
// CANCELLED once `cancelled`, which
// may be null, is set.
absl::StatusOr<KdefSource> FindKdefPictures(const std::string& source, const std::atomic<bool>* cancelled);

}  // namespace facet::model

#endif  // FACET_MODEL_DATA_KDEF_SOURCE_H_
