// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/experiments/dataset_pictures.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/pair_sheet.h"
#include "client/cli/experiments/trained_model.h"
#include "client/cli/training_images.h"

namespace facet::cli {
namespace {

constexpr int kColumns = 8;
constexpr int kBands = 3;  // as the figure

constexpr char kSummary[] =
    "A model is trained on all images of a data set. It then renders the vectors of some of them, which is all that it "
    "is told of an image: how much comes back shows what the nets can hold.";

}  // namespace

absl::StatusOr<ExperimentReport> RunReconstruction(Context& context, const ExperimentOptions& options) {
  ASSIGN_OR_RETURN(TrainedModel trained, FindOrTrain(context, options, "reconstruction", {}));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  if (!trained.dataset.has_value()) {
    ASSIGN_OR_RETURN(trained.dataset, FindTrainingImages(*client, *trained.run.model));
  }
  const std::string model = trained.run.model->name();
  ASSIGN_OR_RETURN(const RenderSession session, RenderSession::Open(*client, model));
  ASSIGN_OR_RETURN(std::vector<ImagePair> pairs,
                   MakePairs(*client, session, trained.dataset->name(), SomeIndices(trained.dataset->image_count()),
                             kColumns * kBands, Upright::kAny));
  std::string caption = "Synthetic images above the real ones, spread over the classes.";
  if (trained.run.model->card().hold_out_size() > 0) {
    absl::StrAppend(&caption, " The model was trained without some cells of the data set, which may be among them.");
  }
  ExperimentReport report = BeginReport("reconstruction", "Reconstruction (figure 5)", kSummary, options.command);
  report.pictures.push_back(
      {"reconstruction.png", caption,
       DrawPairs(absl::StrCat(model, ": synthetic above, real below"), {{"", std::move(pairs)}}, kColumns)});
  report.datasets.push_back(*std::move(trained.dataset));
  report.runs.push_back(std::move(trained.run));
  return report;
}

}  // namespace facet::cli
