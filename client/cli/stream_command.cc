// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/export_stream.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"
#include "client/cli/progress_bar.h"
#include "client/cli/sheet_names.h"
#include "client/cli/stream_batches.h"
#include "client/cli/stream_spec.h"
#include "client/cli/stream_summary.h"
#include "client/src/pin_versions.h"

namespace facet::cli {
namespace {

struct Options {
  std::string model;
  std::string spec_file;
  std::vector<std::string> mixes;
  std::vector<std::string> only;
  std::string all_pairs;
  std::string real;
  bool transforms = false;
  int batch_size = 0;
  int rank = -1;  // not given
  int world_size = 0;
  int64_t seed = -1;
  int64_t epochs = 0;
  int64_t batches = 0;
  int prefetch = 4;
  bool describe = false;
  std::string sheet;
  ExportOptions exported;
};

// The file, if there is one, with what the options say on top.
absl::StatusOr<SpecFile> MakeSpec(const Options& options) {
  SpecFile file;
  if (!options.spec_file.empty()) {
    ASSIGN_OR_RETURN(file, ReadSpecFile(options.spec_file));
  }
  v1::StreamSpec& spec = file.spec;
  if (!options.model.empty()) spec.set_model(options.model);
  if (spec.model().empty()) return absl::InvalidArgumentError("name a model: --model NAME, or in the --spec file");
  for (const std::string& text : options.mixes) {
    ASSIGN_OR_RETURN(*spec.mutable_recipe()->add_features(), ParseMix(text));
  }
  for (const std::string& text : options.only) {
    ASSIGN_OR_RETURN(*spec.mutable_recipe()->add_features(), ParseOnly(text));
  }
  if (!options.all_pairs.empty()) spec.mutable_recipe()->mutable_all_pairs()->set_feature(options.all_pairs);
  if (!options.real.empty()) {
    ASSIGN_OR_RETURN(*spec.mutable_recipe()->mutable_real(), ParseReal(options.real));
  }
  if (options.world_size > 0) spec.set_world_size(options.world_size);
  if (options.rank >= 0) {
    if (spec.world_size() == 0)
      return absl::InvalidArgumentError("--rank needs --world-size, or one in the --spec file");
    spec.set_rank(options.rank);
  }
  for (int i = v1::SQUARE_TRANSFORM_IDENTITY; options.transforms && i <= v1::SQUARE_TRANSFORM_MIRROR_ROTATE_270; ++i) {
    spec.mutable_recipe()->mutable_transforms()->add_square(static_cast<v1::SquareTransform>(i));
  }
  if (options.batch_size > 0) spec.set_batch_size(options.batch_size);
  if (options.epochs != 0) spec.set_epochs(options.epochs);
  if (options.seed >= 0) {
    spec.set_shuffle_seed(options.seed);
    spec.set_augmentation_seed(options.seed);
  }
  return file;
}

// What a stream would send, for people.
std::string FormatDescription(const v1::DescribeStreamResponse& described) {
  Table table({"stream of", described.model_version()});
  const auto number = [](int64_t value) { return absl::StrCat(value); };
  table.Add({"images an epoch",
             described.real_per_epoch() == 0
                 ? number(described.images_per_epoch())
                 : absl::StrCat(described.images_per_epoch(), " (", described.rendered_per_epoch(), " rendered, ",
                                described.real_per_epoch(), " real of ", described.dataset_version(), ")")});
  if (described.judge_versions_size() > 0) table.Add({"judged by", absl::StrJoin(described.judge_versions(), ", ")});
  table.Add({"batches an epoch", number(described.batches_per_epoch())});
  table.Add({"of them each rank", number(described.steps_per_epoch())});
  table.Add({"shape of a batch", absl::StrJoin(described.image_shape(), " x ")});
  table.Add({"a batch", FormatBytes(described.bytes_per_batch())});
  table.Add({"an epoch", FormatBytes(described.bytes_per_epoch())});
  table.Add({"fingerprint", described.fingerprint()});
  return table.ToString();
}

// "7 / red 0.5 green 0.5": the classes of each feature with weight.
std::string SoftLabel(const v1::FeatureSchema& schema, const float* weights) {
  std::vector<std::string> lines;
  for (const auto& feature : schema.features()) {
    std::vector<std::string> parts;
    for (const std::string& name : feature.classes()) {
      const float weight = *weights++;
      if (weight >= 0.995f) {
        parts.push_back(name);
      } else if (weight > 0.005f) {
        parts.push_back(absl::StrFormat("%s %.2g", name, weight));
      }
    }
    lines.push_back(absl::StrCat(feature.name().substr(0, 3), " ", absl::StrJoin(parts, ", ")));
  }
  return absl::StrJoin(lines, "\n");
}

absl::Status WriteSheet(const v1::FeatureSchema& schema, const v1::StreamBatchesResponse& batch,
                        const std::string& path) {
  if (batch.provenance().empty() && batch.images().shape_size() == 4 && batch.images().shape(0) == 0) {
    return absl::FailedPreconditionError(absl::StrCat("--sheet: the first batch is empty: its filter dropped all of ",
                                                      batch.filter().rendered(),
                                                      " images. Have it keep more, or ask for a larger --batch-size"));
  }
  const int classes = TotalClasses(schema);
  Sheet sheet;
  sheet.title = absl::StrFormat("epoch %d, batch %d: soft labels", batch.epoch(), batch.batch_index());
  sheet.columns = 8;
  ASSIGN_OR_RETURN(sheet.cells, DecodeImages(batch.images()));
  const std::vector<float> soft = SoftLabels(batch);
  for (size_t i = 0; i < sheet.cells.size() && (i + 1) * classes <= soft.size(); ++i) {
    sheet.captions.push_back(SoftLabel(schema, soft.data() + i * classes));
  }
  SpellAndTell(schema, sheet);
  return WritePicture(path, DrawSheet(sheet));
}

void ReportStream(const Context& context, const Options& options, const v1::DescribeStreamResponse& described,
                  const StreamTotals& totals) {
  if (context.json) {
    StreamFiles files;
    files.sheet = options.sheet;
    return PrintLine(StreamJson(described, totals, files));
  }
  if (totals.filtered) {
    PrintLine(absl::StrCat("filter: ", totals.kept, " of ", totals.rendered, " rendered images kept"));
  }
  if (!options.sheet.empty()) PrintLine(absl::StrCat(options.sheet, ": the first batch"));
}

absl::Status Stream(Context& context, const Options& options) {
  if (!options.sheet.empty()) RETURN_IF_ERROR(CheckPictureFile(options.sheet));
  ASSIGN_OR_RETURN(SpecFile file, MakeSpec(options));
  v1::StreamSpec& spec = file.spec;
  if (!options.exported.out.empty() && !options.describe) {
    return LocateInFile(ExportStream(context, spec, options.exported, options.batches, options.prefetch), file);
  }
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  const auto answer = client->DescribeStream(spec);
  if (!answer.ok()) return LocateInFile(answer.status(), file);
  const v1::DescribeStreamResponse& described = *answer;
  if (options.describe) {
    PrintLine(context.json ? ToJson(described) : FormatDescription(described));
    return absl::OkStatus();
  }
  if (!context.json) {
    PrintLine(absl::StrCat(described.model_version(), ": ", described.images_per_epoch(), " images in ",
                           described.batches_per_epoch(), " batches an epoch, ",
                           FormatBytes(described.bytes_per_batch()), " a batch"));
  }
  client::PinVersions(described, spec);
  ASSIGN_OR_RETURN(const std::unique_ptr<client::BatchReader> reader,
                   client->StreamBatches({.spec = spec, .resume_token = "", .prefetch = options.prefetch}));
  const int64_t wanted = BatchesToRead(spec, described, options.batches);
  ProgressBar bar("stream", context.json);
  const absl::Time start = Clock::Steady()->Now();
  StreamTotals totals;
  totals.filtered = spec.recipe().has_filter();
  while (wanted == 0 || totals.batches < wanted) {
    ASSIGN_OR_RETURN(const std::optional<v1::StreamBatchesResponse> batch, reader->Next());
    if (!batch.has_value()) break;
    if (totals.batches == 0 && !options.sheet.empty()) {
      RETURN_IF_ERROR(WriteSheet(described.schema(), *batch, options.sheet));
    }
    totals.Add(*batch);
    totals.seconds = absl::ToDoubleSeconds(Clock::Steady()->Now() - start);
    bar.Update(wanted == 0 ? 0.0 : static_cast<double>(totals.batches) / static_cast<double>(wanted),
               absl::StrFormat("%d batches, %.0f images/s, %s/s", totals.batches,
                               static_cast<double>(totals.images) / totals.seconds,
                               FormatBytes(static_cast<uint64_t>(totals.bytes / totals.seconds))));
  }
  ReportStream(context, options, described, totals);
  return absl::OkStatus();
}

}  // namespace

void AddStreamCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("stream", "Stream augmented batches; measure them, draw the first");
  command->footer(
      "Examples:\n"
      "  facet stream --model digits --mix colour:0.3-0.7 --transforms --batches 10 --sheet batch.png\n"
      "  facet stream --model faces --all-pairs identity --describe\n"
      "  facet stream --spec data/recipes/london_mix.yaml --describe\n"
      "  facet stream --spec data/recipes/london_mix.yaml --out shards/ --label expression");
  command->add_option("--model", options->model, "name, name@version or name@alias");
  TakesPath(command->add_option("--spec", options->spec_file,
                                "a recipe file (a StreamSpec): .yaml, .yml, .json; others: protobuf text"));
  command->add_option("--mix", options->mixes, "mix all pairs: feature[:0.5 | :0.3-0.7 | :beta=0.4]")->take_all();
  command->add_option("--only", options->only, "these classes only: feature=a,b,c; or one mix: feature=a:0.5,b:0.5")
      ->take_all();
  command->add_option("--all-pairs", options->all_pairs, "every two classes of this feature at 0.5 and 0.5");
  command->add_option("--real", options->real, "dataset:share, real images between the rendered ones");
  command->add_flag("--transforms", options->transforms, "rotate and mirror at random");
  command->add_option("--batch-size", options->batch_size, "images a batch (default 64)")->check(CLI::PositiveNumber);
  command->add_option("--seed", options->seed, "seed of shuffling and augmentation")->check(CLI::NonNegativeNumber);
  command->add_option("--epochs", options->epochs, "-1: without end (default 1)");
  command->add_option("--rank", options->rank, "which reader of --world-size this is")->check(CLI::NonNegativeNumber);
  command->add_option("--world-size", options->world_size, "readers that share the stream")->check(CLI::PositiveNumber);
  command->add_option("--batches", options->batches, "stop after this many")->check(CLI::PositiveNumber);
  command->add_option("--prefetch", options->prefetch, "batches on their way at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_flag("--describe", options->describe, "say what would be sent, send nothing");
  TakesPath(
      command->add_option("--sheet", options->sheet, "draw the first batch with its soft labels to this .png or .jpg"));
  AddExportOptions(*command, options->exported);
  command->callback([&context, &run, options] { run = [&context, options] { return Stream(context, *options); }; });
}

}  // namespace facet::cli
