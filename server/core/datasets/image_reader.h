// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_IMAGE_READER_H_
#define FACET_SERVER_CORE_DATASETS_IMAGE_READER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/dataset.h"

namespace facet::server {

// The images that `request` asks for, encoded as it says. INVALID_ARGUMENT with
// the field path. RESOURCE_EXHAUSTED (ANSWER_TOO_LARGE): over 64 MiB.
absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImagesOf(const model::Dataset& dataset,
                                                           const v1::ReadDatasetImagesRequest& request);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_IMAGE_READER_H_
