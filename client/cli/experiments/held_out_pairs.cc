// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/held_out_pairs.h"

#include <utility>

#include "base/status_macros.h"
#include "client/cli/training_images.h"

namespace facet::cli {
absl::StatusOr<std::vector<PairGroup>> HeldOutPairs(client::Client& client, const ExperimentRun& run,
                                                    const std::string& feature, int columns) {
  ASSIGN_OR_RETURN(const RenderSession session, RenderSession::Open(client, run.model->name()));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, FindTrainingImages(client, session.version()));
  std::vector<PairGroup> groups;
  for (const auto& held_out : run.report().held_out()) {
    if (held_out.sample_images_size() == 0) continue;
    const int count = feature.empty() ? columns : held_out.sample_images_size();
    const std::vector<int64_t> indices(held_out.sample_images().begin(), held_out.sample_images().end());
    ASSIGN_OR_RETURN(std::vector<ImagePair> pairs,
                     MakePairs(client, session, dataset.name(), indices, count, Upright::kFirst));
    if (feature.empty()) {
      groups.push_back({held_out.rule(), std::move(pairs)});
      continue;
    }
    for (int i = 0; i < session.schema().features_size(); ++i) {
      if (session.schema().features(i).name() != feature) continue;
      std::vector<PairGroup> of_rule = GroupPairs(session.schema(), i, std::move(pairs), columns, Upright::kFirst);
      groups.insert(groups.end(), of_rule.begin(), of_rule.end());
      break;
    }
  }
  return groups;
}

}  // namespace facet::cli
