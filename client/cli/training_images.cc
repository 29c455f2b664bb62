// SPDX-License-Identifier: Apache-2.0
#include "client/cli/training_images.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace facet::cli {
namespace {

const v1::Dataset* FindFingerprint(const std::vector<v1::Dataset>& datasets, const std::string& fingerprint) {
  for (const v1::Dataset& dataset : datasets) {
    if (dataset.fingerprint() == fingerprint) return &dataset;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<v1::Dataset> FindTrainingImages(client::Client& client, const v1::ModelVersion& model) {
  const v1::ModelCard& card = model.card();
  const std::string& fingerprint = card.dataset_fingerprint();
  auto named = client.GetDataset(card.dataset());
  if (!named.ok() && !absl::IsNotFound(named.status())) return named;
  if (named.ok() && named->fingerprint() == fingerprint) return named;
  ASSIGN_OR_RETURN(const std::vector<v1::Dataset> newest, client.ListDatasets(""));
  if (const v1::Dataset* found = FindFingerprint(newest, fingerprint)) return *found;
  for (const v1::Dataset& dataset : newest) {
    ASSIGN_OR_RETURN(const std::vector<v1::Dataset> versions,
                     client.ListDatasets(dataset.name().substr(0, dataset.name().find('@'))));
    if (const v1::Dataset* found = FindFingerprint(versions, fingerprint)) return *found;
  }
  return absl::NotFoundError(absl::StrCat("the images that '", model.name(),
                                          "' learnt from are not on this server: no data set has the fingerprint ",
                                          fingerprint, ", which its card gives for '", card.dataset(),
                                          "'. Import them as they were imported then: facet dataset import"));
}

}  // namespace facet::cli
