// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/images.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "client/cli/dataset_import.h"
#include "client/cli/experiments/kdef_folder.h"
#include "client/cli/left_out.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

constexpr int kSmallFace = 64;  // pixels; the compact preset's

// 158 of "face-158-k4".
int SizeInName(const std::string& preset) {
  for (const absl::string_view part : absl::StrSplit(preset, '-')) {
    int size = 0;
    if (absl::SimpleAtoi(part, &size) && size >= 8) return size;
  }
  return kSmallFace;
}

std::string Listed(const std::vector<std::string>& names) { return names.empty() ? "all" : absl::StrJoin(names, ","); }

std::string DescribeFaces(const ImportOptions& import, const std::string& source) {
  std::string text =
      absl::StrCat("KDEF faces of facet experiment: ", import.image_size, " pixels, session ", Listed(import.sessions),
                   ", expressions ", Listed(import.expressions), ", straight views, transforms ",
                   Listed(import.transforms), ", people ", Listed(import.people));
  if (import.min_face > 0) absl::StrAppend(&text, ", faces from ", import.min_face);
  if (import.face_margin > 0) absl::StrAppend(&text, ", margin ", import.face_margin);
  if (import.best_of_several) absl::StrAppend(&text, ", best of several faces");
  return absl::StrCat(text, ", ", source);
}

absl::StatusOr<v1::Dataset> FindEqualOrImport(Context& context, const PlannedImport& import) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  const auto versions = client->ListDatasets(import.spec.dataset());
  if (absl::IsNotFound(versions.status())) return RunImport(context, import.spec, import.folder);
  RETURN_IF_ERROR(versions.status());
  const v1::Dataset* newest = nullptr;
  for (const v1::Dataset& version : *versions) {
    if (version.description() != import.spec.description()) continue;
    if (newest == nullptr || newest->create_time().seconds() <= version.create_time().seconds()) newest = &version;
  }
  if (newest != nullptr) return *newest;
  return RunImport(context, import.spec, import.folder);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ChoosePeople(const ExperimentOptions& options) {
  std::vector<std::string> people = AllKdefPeople();
  if (!options.on_server) {
    ASSIGN_OR_RETURN(KdefFolder folder, ReadKdefFolder(options.kdef));
    people = std::move(folder.people);
  }
  const int there = static_cast<int>(people.size());
  if (options.people > there) {
    return absl::InvalidArgumentError(
        absl::StrCat("--people ", options.people, " is more than there are in '", options.kdef, "': ", there));
  }
  if (options.people > 0) people.resize(options.people);
  return people;
}

absl::StatusOr<PlannedImport> PlanFaces(const ExperimentOptions& options, const std::string& id,
                                        const FaceChoice& choice) {
  ImportOptions import;
  import.dataset = id;
  import.path = options.kdef;
  import.format = "kdef";
  import.on_server = options.on_server;
  import.image_size = options.image_size > 0 ? options.image_size : SizeInName(options.preset);
  import.sessions = choice.sessions;
  import.expressions = choice.expressions;
  import.angles = {"S"};
  import.transforms = choice.transforms;
  import.people = choice.people;
  import.min_face = options.min_face;
  import.face_margin = options.face_margin;
  import.best_of_several = options.best_of_several;
  std::string source = absl::StrCat("folder ", options.kdef, " of the server");
  if (!options.on_server) {
    ASSIGN_OR_RETURN(const KdefFolder folder, ReadKdefFolder(options.kdef));
    source = absl::StrCat("files ", folder.digest);
  }
  import.description = DescribeFaces(import, source);
  ASSIGN_OR_RETURN(v1::ImportSpec spec, MakeImportSpec(import));
  return PlannedImport{std::move(spec), options.kdef};
}

PlannedImport PlanDigits(const ExperimentOptions& options, const std::string& id) {
  PlannedImport import;
  import.spec.set_dataset(id);
  import.spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
  import.spec.mutable_bundled()->set_name(options.bundled);
  import.spec.mutable_digits()->set_examples_per_digit(options.examples_per_digit);
  import.spec.set_description(absl::StrCat(
      "Digits of facet experiment: ", options.bundled, ", ",
      options.examples_per_digit > 0 ? absl::StrCat(options.examples_per_digit) : "100", " examples of each"));
  return import;
}

absl::StatusOr<v1::Dataset> FindOrImport(Context& context, const PlannedImport& import) {
  ASSIGN_OR_RETURN(const v1::Dataset dataset, FindEqualOrImport(context, import));
  // Before anything is trained on the others.
  if (!context.json && dataset.dropped_count() > 0) {
    PrintLine(absl::StrCat(dataset.name(), ": ", dataset.image_count(), " images\n", DescribeLeftOut(dataset)));
  }
  return dataset;
}

absl::StatusOr<v1::Dataset> PrepareImages(Context& context, const ExperimentOptions& options) {
  if (options.dataset.empty() + options.kdef.empty() + options.bundled.empty() != 2) {
    return absl::InvalidArgumentError(
        "say which images: --kdef FOLDER for faces, --bundled digits, or --dataset NAME for a data set that is there");
  }
  if (!options.dataset.empty()) {
    ASSIGN_OR_RETURN(client::Client * client, context.Connect());
    return client->GetDataset(options.dataset);
  }
  if (!options.bundled.empty()) return FindOrImport(context, PlanDigits(options, options.name + "-digits"));
  FaceChoice choice;
  choice.sessions = {options.session};
  choice.expressions = options.expressions;
  if (choice.expressions.empty()) choice.expressions = {"NE", "DI", "HA", "SU"};
  if (options.people > 0) {
    ASSIGN_OR_RETURN(choice.people, ChoosePeople(options));
  }
  ASSIGN_OR_RETURN(const PlannedImport import, PlanFaces(options, options.name + "-faces", choice));
  return FindOrImport(context, import);
}

absl::Status CheckFeatures(const v1::Dataset& dataset, const std::string& experiment,
                           const std::vector<std::string>& features) {
  std::vector<std::string> there;
  for (const auto& feature : dataset.schema().features()) there.push_back(feature.name());
  const bool all = std::all_of(features.begin(), features.end(), [&](const std::string& feature) {
    return std::find(there.begin(), there.end(), feature) != there.end();
  });
  if (all) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the experiment ", experiment, " needs images with the features ", absl::StrJoin(features, ", "), "; ",
      dataset.name(), " has ", absl::StrJoin(there, ", "),
      ". Give --kdef FOLDER, or import such images: facet dataset import NAME FOLDER --format kdef, or --format csv "
      "with a column for each feature"));
}

std::vector<std::string> ClassesOf(const v1::FeatureSchema& schema, const std::string& feature) {
  for (const auto& known : schema.features()) {
    if (known.name() == feature) return {known.classes().begin(), known.classes().end()};
  }
  return {};
}

}  // namespace facet::cli
