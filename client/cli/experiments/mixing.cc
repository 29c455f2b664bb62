// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "client/cli/experiments/experiments.h"
#include "client/cli/experiments/images.h"
#include "client/cli/experiments/mix_sheet.h"
#include "client/cli/experiments/trained_model.h"
#include "client/cli/training_images.h"

namespace facet::cli {
namespace {

constexpr size_t kOthers = 6;  // as the figure
constexpr char kExpression[] = "DI";

constexpr char kSummary[] =
    "Two people at 0.5 and 0.5, in one expression, make a person that there is not. Were it the plain blend of the two "
    "parents' pixels, the last two rows of the picture would be alike.";

absl::Status CheckClass(const std::vector<std::string>& classes, const std::string& option, const std::string& name) {
  if (std::find(classes.begin(), classes.end(), name) != classes.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, " '", name, "' is not in the data set. ", SuggestNames(name, classes)));
}

absl::StatusOr<MixRequest> ChooseMixes(const ExperimentOptions& options, const v1::FeatureSchema& schema) {
  const std::vector<std::string> people = ClassesOf(schema, "identity");
  const std::vector<std::string> expressions = ClassesOf(schema, "expression");
  MixRequest request{options.person, options.with, options.expression};
  if (people.size() < 2) return absl::FailedPreconditionError("mixing needs two people at least");
  if (request.person.empty()) request.person = people[0];
  for (const std::string& person : people) {
    if (!options.with.empty() || request.others.size() == kOthers) break;
    if (person != request.person) request.others.push_back(person);
  }
  if (request.expression.empty()) {
    const bool there = std::find(expressions.begin(), expressions.end(), kExpression) != expressions.end();
    request.expression = there ? kExpression : expressions.at(0);
  }
  RETURN_IF_ERROR(CheckClass(people, "--person", request.person));
  for (const std::string& other : request.others) RETURN_IF_ERROR(CheckClass(people, "--with", other));
  RETURN_IF_ERROR(CheckClass(expressions, "--expression", request.expression));
  return request;
}

}  // namespace

absl::StatusOr<ExperimentReport> RunMixing(Context& context, const ExperimentOptions& options) {
  MixRequest request;
  const auto choose = [&](const v1::FeatureSchema& schema) -> absl::Status {
    ASSIGN_OR_RETURN(request, ChooseMixes(options, schema));
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(TrainedModel trained, FindOrTrain(context, options, "mixing", {"identity", "expression"}, choose));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const RenderSession session, RenderSession::Open(*client, trained.run.model->name()));
  ExperimentReport report = BeginReport("mixing", "Mixes of people (figure 8)", kSummary, options.command);
  ExperimentPicture picture{
      "mixing.png",
      absl::StrCat(request.person, " mixed with ", absl::StrJoin(request.others, ", "), " in ", request.expression,
                   ". First row: the parents, rendered. Second: each with ", request.person,
                   " at 0.5 and 0.5. Third: the pixels of the two parents blended."),
      {}};
  ASSIGN_OR_RETURN(picture.picture, DrawMixes(session, request));
  report.pictures.push_back(std::move(picture));
  if (trained.dataset.has_value()) {
    report.datasets.push_back(*std::move(trained.dataset));
  } else if (auto images = FindTrainingImages(*client, *trained.run.model); images.ok()) {
    report.datasets.push_back(*std::move(images));  // only told of: nothing is read from them
  }
  report.runs.push_back(std::move(trained.run));
  return report;
}

}  // namespace facet::cli
