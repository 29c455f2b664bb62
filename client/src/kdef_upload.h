// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_SRC_KDEF_UPLOAD_H_
#define FACET_CLIENT_SRC_KDEF_UPLOAD_H_

#include "client/src/upload.h"
#include "facet/v1/dataset.pb.h"

namespace facet::client {

// Leaves out the files that, by KDEF's file names (`AF01ANS.JPG`), an import
// with `options` would not look at. All others stay, the server to tell what is
// wrong with them. Where `files` have no picture of something that `options` ask
// for, or none of all of it together, all stay: the server then says what there
// is.
void KeepChosenKdefFiles(const v1::KdefImportOptions& options, UploadFiles& files);

}  // namespace facet::client

#endif  // FACET_CLIENT_SRC_KDEF_UPLOAD_H_
