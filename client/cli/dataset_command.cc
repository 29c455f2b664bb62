// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/dataset_import.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"
#include "client/cli/sheet_names.h"

namespace facet::cli {
namespace {

absl::Status Print(const Context& context, const v1::Dataset& dataset) {
  PrintLine(context.json ? ToJson(dataset) : DescribeDataset(dataset));
  return absl::OkStatus();
}

absl::Status Import(Context& context, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const v1::ImportSpec spec, MakeImportSpec(options));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, RunImport(context, spec, options.path));
  return Print(context, dataset);
}

absl::Status List(Context& context, const std::string& dataset) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const std::vector<v1::Dataset> datasets, client->ListDatasets(dataset));
  if (datasets.empty() && !dataset.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no data set '", dataset, "'; see facet dataset list"));
  }
  if (context.json) {
    PrintJsonList(datasets);
    return absl::OkStatus();
  }
  if (datasets.empty()) PrintLine("no data sets yet; make one with: facet dataset import digits --bundled digits");
  Table table({"NAME", "IMAGES", "SIZE", "FEATURES", "MADE"});
  for (const auto& entry : datasets) {
    std::vector<std::string> features;
    for (const auto& feature : entry.schema().features()) {
      features.push_back(absl::StrCat(feature.name(), "(", feature.classes_size(), ")"));
    }
    table.Add({entry.name(), absl::StrCat(entry.image_count()), absl::StrCat(entry.width(), "x", entry.height()),
               absl::StrJoin(features, " "), FormatTime(entry.create_time())});
  }
  if (!datasets.empty()) PrintLine(table.ToString());
  return absl::OkStatus();
}

// `count` images spread over the data set, on a sheet.
absl::Status WriteSamples(client::Client& client, const v1::Dataset& dataset, int count, const std::string& path) {
  v1::ReadDatasetImagesRequest request;
  request.set_name(dataset.name());
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
  const int64_t wanted = std::min<int64_t>(count, dataset.image_count());
  for (int64_t i = 0; i < wanted; ++i) request.add_indices(i * dataset.image_count() / wanted);
  ASSIGN_OR_RETURN(const v1::ReadDatasetImagesResponse response, client.ReadDatasetImages(request));
  Sheet sheet;
  sheet.title = dataset.name();
  sheet.columns = 8;
  for (const auto& image : response.images()) {
    ASSIGN_OR_RETURN(std::vector<cv::Mat> pictures, DecodeImages(image.image()));
    sheet.cells.push_back(pictures.at(0));
    sheet.captions.push_back(absl::StrJoin(image.classes(), " "));
  }
  SpellAndTell(dataset.schema(), sheet);
  return WritePicture(path, DrawSheet(sheet));
}

absl::Status Show(Context& context, const std::string& name, const std::string& samples) {
  if (!samples.empty()) RETURN_IF_ERROR(CheckPictureFile(samples));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::Dataset dataset, client->GetDataset(name));
  if (!samples.empty()) RETURN_IF_ERROR(WriteSamples(*client, dataset, 64, samples));
  return Print(context, dataset);
}

absl::Status Remove(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  RETURN_IF_ERROR(client->DeleteDataset(name));
  PrintRemoved(context.json, name);
  return absl::OkStatus();
}

void AddFaceOptions(CLI::App& command, ImportOptions& options) {
  command.add_option("--sessions", options.sessions, "of A, B (kdef; default all, and likewise below)")->delimiter(',');
  command.add_option("--expressions", options.expressions, "of AF, AN, DI, HA, NE, SA, SU (kdef)")->delimiter(',');
  command.add_option("--angles", options.angles, "of FL, HL, S, HR, FR (kdef)")->delimiter(',');
  command.add_option("--people", options.people, "such as F01,M35 (kdef)")->delimiter(',');
  command
      .add_option("--transforms", options.transforms,
                  "of r0, r90, r180, r270 and, mirrored, m0, m90, m180, m270 (kdef)")
      ->delimiter(',');
  command.add_flag("--face-crop", options.face_crop, "cut out the face of each picture (csv; kdef always does)");
  command.add_option("--min-face", options.min_face, "smallest face, as a share of the picture's shorter side");
  command.add_option("--face-margin", options.face_margin, "added around the face, as a share of its size");
  command.add_flag("--best-of-several", options.best_of_several,
                   "where several faces are found, take the clearest instead of leaving the picture out");
}

void AddImport(CLI::App& parent, Context& context, Command& run) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = parent.add_subcommand("import", "Make a new version of a data set from a folder of images");
  command->footer(
      "Examples:\n"
      "  facet dataset import digits --bundled digits\n"
      "  facet dataset import digits ./mnist --format idx-digits --per-digit 100\n"
      "  facet dataset import cars ./cars --format csv --size 64\n"
      "  facet dataset import people ./photographs --face-crop\n"
      "  facet dataset import faces ./KDEF --format kdef --sessions A --expressions NE,DI,HA,SU --angles S\n"
      "Of ./cars the file ./cars/manifest.csv is read.");
  command->add_option("name", options->dataset, "id of the data set")->required();
  TakesPath(command->add_option("folder", options->path, "folder to upload, or on the server with --on-server"), "DIR");
  command->add_option("--format", options->format, "csv (default), idx-digits or kdef");
  command->add_flag("--on-server", options->on_server, "the folder is on the server, below one of its import roots");
  command->add_option("--bundled", options->bundled, "data that ships with the server: digits");
  command->add_option("--description", options->description, "where it is from, its licence");
  command->add_option("--size", options->image_size, "side of the prepared images, pixels (csv, kdef)");
  command->add_option("--per-digit", options->examples_per_digit, "examples of each digit (idx-digits; default 100)");
  command->add_option("--skip", options->skip_per_digit, "examples of each digit to skip first (idx-digits)");
  AddFaceOptions(*command, *options);
  command->callback([&context, &run, options] { run = [&context, options] { return Import(context, *options); }; });
}

}  // namespace

void AddDatasetCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent = app.add_subcommand("dataset", "Import, list, show and remove data sets");
  parent->require_subcommand(1);
  AddImport(*parent, context, run);

  auto name = std::make_shared<std::string>();
  auto samples = std::make_shared<std::string>();
  CLI::App* list = parent->add_subcommand("list", "Newest version of each data set, or all versions of one");
  list->add_option("name", *name, "a data set: list its versions");
  list->callback([&context, &run, name] { run = [&context, name] { return List(context, *name); }; });

  CLI::App* show = parent->add_subcommand("show", "Features and classes of a data set");
  show->add_option("name", *name, "name or name@version")->required();
  TakesPath(show->add_option("--samples", *samples, "write a sheet of 64 of its images to this .png or .jpg"));
  show->callback(
      [&context, &run, name, samples] { run = [&context, name, samples] { return Show(context, *name, *samples); }; });

  CLI::App* remove = parent->add_subcommand("rm", "Remove a version, or all where the name has none");
  remove->add_option("name", *name, "name or name@version")->required();
  remove->callback([&context, &run, name] { run = [&context, name] { return Remove(context, *name); }; });
}

}  // namespace facet::cli
