// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/import_progress.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr int kDroppedShown = 10;

struct ImportOptions {
  std::string dataset;
  std::string path;
  std::string format = "csv";
  bool on_server = false;
  std::string bundled;
  std::string description;
  int image_size = 0;
  int examples_per_digit = 0;
  int skip_per_digit = 0;
  std::vector<std::string> sessions;
  std::vector<std::string> expressions;
  std::vector<std::string> angles;
  std::vector<std::string> people;
  std::vector<std::string> transforms;
  bool face_crop = false;
  float min_face = 0;
  float face_margin = 0;
  bool best_of_several = false;
};

absl::StatusOr<v1::DatasetFormat> ParseFormat(const std::string& format) {
  if (format == "csv") return v1::DATASET_FORMAT_CSV;
  if (format == "idx-digits") return v1::DATASET_FORMAT_IDX_DIGITS;
  if (format == "kdef") return v1::DATASET_FORMAT_KDEF;
  return absl::InvalidArgumentError(absl::StrCat("--format '", format, "' must be csv, idx-digits or kdef"));
}

void SetFaceCrop(const ImportOptions& options, v1::FaceCrop& face) {
  face.set_min_share(options.min_face);
  face.set_margin(options.face_margin);
  face.set_best_of_several(options.best_of_several);
}

void SetKdef(const ImportOptions& options, v1::KdefImportOptions& kdef) {
  kdef.set_image_size(options.image_size);
  kdef.mutable_sessions()->Add(options.sessions.begin(), options.sessions.end());
  kdef.mutable_expressions()->Add(options.expressions.begin(), options.expressions.end());
  kdef.mutable_angles()->Add(options.angles.begin(), options.angles.end());
  kdef.mutable_people()->Add(options.people.begin(), options.people.end());
  kdef.mutable_transforms()->Add(options.transforms.begin(), options.transforms.end());
  SetFaceCrop(options, *kdef.mutable_face_crop());
}

absl::StatusOr<v1::ImportSpec> MakeSpec(const ImportOptions& options) {
  v1::ImportSpec spec;
  spec.set_dataset(options.dataset);
  spec.set_description(options.description);
  if (!options.bundled.empty()) {
    spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
    spec.mutable_bundled()->set_name(options.bundled);
  } else {
    if (options.path.empty()) return absl::InvalidArgumentError("give the folder to import, or --bundled digits");
    ASSIGN_OR_RETURN(const v1::DatasetFormat format, ParseFormat(options.format));
    spec.set_format(format);
    if (options.on_server) {
      spec.mutable_folder()->set_path(options.path);
    } else {
      spec.mutable_upload();
    }
  }
  if (spec.format() == v1::DATASET_FORMAT_IDX_DIGITS) {
    spec.mutable_digits()->set_examples_per_digit(options.examples_per_digit);
    spec.mutable_digits()->set_skip_per_digit(options.skip_per_digit);
  } else if (spec.format() == v1::DATASET_FORMAT_CSV) {
    spec.mutable_csv()->set_image_size(options.image_size);
    if (options.face_crop) SetFaceCrop(options, *spec.mutable_csv()->mutable_face_crop());
  } else {
    SetKdef(options, *spec.mutable_kdef());
  }
  return spec;
}

// How many were left out for each kind of reason (what stands before its
// colon), and the first of them. `--json` has them all.
std::string DescribeDropped(const v1::Dataset& dataset) {
  if (dataset.dropped_count() == 0) return "";
  std::map<std::string, int> kinds;
  for (const auto& dropped : dataset.dropped()) ++kinds[dropped.reason().substr(0, dropped.reason().find(':'))];
  const std::string counts = absl::StrJoin(kinds, ", ", [](std::string* out, const auto& kind) {
    absl::StrAppend(out, kind.second, " ", kind.first);
  });
  std::string text = absl::StrCat("  left out ", dataset.dropped_count(), ": ", counts, "\n");
  const int shown = std::min(dataset.dropped_size(), kDroppedShown);
  for (int i = 0; i < shown; ++i) {
    absl::StrAppend(&text, "    ", dataset.dropped(i).path(), ": ", dataset.dropped(i).reason(), "\n");
  }
  if (dataset.dropped_count() > shown) {
    absl::StrAppend(&text, "    … and ", dataset.dropped_count() - shown, " more\n");
  }
  return text;
}

std::string Describe(const v1::Dataset& dataset) {
  std::string text = absl::StrCat(dataset.name(), ": ", dataset.image_count(), " images of ", dataset.width(), " x ",
                                  dataset.height(), ", ", FormatBytes(dataset.size_bytes()), "\n");
  for (const auto& feature : dataset.schema().features()) {
    std::vector<std::string> shown(feature.classes().begin(), feature.classes().end());
    const size_t all = shown.size();
    if (all > 12) shown.resize(12);
    absl::StrAppend(&text, "  ", feature.name(), " (", all, "): ", absl::StrJoin(shown, ", "),
                    all > shown.size() ? ", …" : "", "\n");
  }
  absl::StrAppend(&text, "  fingerprint ", dataset.fingerprint().substr(0, 16), "\n");
  if (!dataset.description().empty()) absl::StrAppend(&text, "  ", dataset.description(), "\n");
  return absl::StrCat(text, DescribeDropped(dataset));
}

absl::Status Print(const Context& context, const v1::Dataset& dataset) {
  PrintLine(context.json ? ToJson(dataset) : Describe(dataset));
  return absl::OkStatus();
}

absl::Status Import(Context& context, const ImportOptions& options) {
  ASSIGN_OR_RETURN(v1::ImportSpec spec, MakeSpec(options));
  spec.set_import_id(RandomHexId());
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  absl::StatusOr<v1::Dataset> dataset;
  {
    ImportProgress progress(client, absl::StrCat("import ", options.dataset), spec.import_id(), context.json);
    dataset = client->ImportDataset(spec, options.path,
                                    [&](uint64_t sent, uint64_t total) { progress.Sent(sent, total); });
  }
  RETURN_IF_ERROR(dataset.status());
  return Print(context, *dataset);
}

absl::Status List(Context& context, const std::string& dataset) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const std::vector<v1::Dataset> datasets, client->ListDatasets(dataset));
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
  return WritePicture(path, DrawSheet(sheet));
}

absl::Status Show(Context& context, const std::string& name, const std::string& samples) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::Dataset dataset, client->GetDataset(name));
  if (!samples.empty()) RETURN_IF_ERROR(WriteSamples(*client, dataset, 64, samples));
  return Print(context, dataset);
}

absl::Status Remove(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  return client->DeleteDataset(name);
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
      "  facet dataset import cars ./cars --format csv --size 64     (reads ./cars/manifest.csv)\n"
      "  facet dataset import people ./photographs --face-crop       (the face of each picture)\n"
      "  facet dataset import faces ./KDEF --format kdef --sessions A --expressions NE,DI,HA,SU --angles S");
  command->add_option("name", options->dataset, "id of the data set")->required();
  command->add_option("folder", options->path, "folder to upload, or on the server with --on-server");
  command->add_option("--format", options->format, "csv, idx-digits or kdef")->capture_default_str();
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
  show->add_option("--samples", *samples, "write a sheet of 64 of its images to this .png or .jpg");
  show->callback([&context, &run, name, samples] {
    run = [&context, name, samples] { return Show(context, *name, *samples); };
  });

  CLI::App* remove = parent->add_subcommand("rm", "Remove a version, or all where the name has none");
  remove->add_option("name", *name, "name or name@version")->required();
  remove->callback([&context, &run, name] { run = [&context, name] { return Remove(context, *name); }; });
}

}  // namespace facet::cli
