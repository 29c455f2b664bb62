// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"
#include "client/cli/rendering.h"
#include "client/cli/sheet_names.h"
#include "client/cli/terminal.h"
#include "facet/client/feature_vector.h"

namespace facet::cli {
namespace {

constexpr size_t kMaxCells = 10'000;

struct Options {
  std::string model;
  std::string rows;
  std::string columns;
  std::vector<std::string> settings;
  std::string out;
  bool show = false;
  int cell_pixels = 84;
};

// An axis: a feature and the classes shown, "digit" or "digit=0,1,2".
struct Axis {
  std::string feature;
  std::vector<std::string> classes;
};

absl::StatusOr<Axis> ParseAxis(const RenderSession& session, const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  Axis axis;
  axis.feature = parts[0];
  ASSIGN_OR_RETURN(const v1::Feature feature, session.FindFeature(axis.feature));
  const std::vector<std::string> known(feature.classes().begin(), feature.classes().end());
  axis.classes = parts.size() == 1 ? known : std::vector<std::string>(absl::StrSplit(parts[1], ','));
  for (const std::string& name : axis.classes) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature '", axis.feature, "' has no class '", name, "'. ", SuggestNames(name, known)));
    }
  }
  return axis;
}

void SetClass(const std::string& feature, const std::string& name, v1::FeatureVector& vector) {
  auto* weights = vector.add_features();
  weights->set_feature(feature);
  weights->add_weights()->set_class_(name);
}

absl::Status Grid(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(const v1::FeatureVector base, client::ParseFeatureVector(options.settings));
  if (!options.out.empty()) RETURN_IF_ERROR(CheckPicturePath(options.out));
  RETURN_IF_ERROR(CheckJsonAlone(context.json, options.out, options.show));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(RenderSession session, RenderSession::Open(*client, options.model));
  ASSIGN_OR_RETURN(const Axis rows, ParseAxis(session, options.rows));
  ASSIGN_OR_RETURN(const Axis columns, ParseAxis(session, options.columns));
  if (rows.feature == columns.feature) return absl::InvalidArgumentError("--rows and --cols must differ");
  for (const auto& weights : base.features()) {
    if (weights.feature() != rows.feature && weights.feature() != columns.feature) continue;
    return absl::InvalidArgumentError(absl::StrCat("'", weights.feature(), "' is an axis; do not --set it"));
  }
  if (rows.classes.size() * columns.classes.size() > kMaxCells) {
    return absl::InvalidArgumentError(
        absl::StrCat("the grid would have over ", kMaxCells, " cells; choose classes: --rows feature=a,b,c"));
  }
  std::vector<v1::FeatureVector> vectors;
  for (const std::string& row : rows.classes) {
    for (const std::string& column : columns.classes) {
      v1::FeatureVector vector = base;
      SetClass(rows.feature, row, vector);
      SetClass(columns.feature, column, vector);
      vectors.push_back(session.Complete(std::move(vector)));
    }
  }
  Sheet sheet;
  sheet.title = absl::StrCat(session.version().name(), ": ", rows.feature, " by ", columns.feature);
  ASSIGN_OR_RETURN(sheet.cells, session.Render(vectors));
  sheet.row_labels = rows.classes;
  sheet.column_labels = columns.classes;
  sheet.columns = static_cast<int>(columns.classes.size());
  sheet.cell_pixels = options.cell_pixels;
  SpellAndTell(session.schema(), sheet);
  const cv::Mat picture = DrawSheet(sheet);
  if (options.show) PrintRaw(DrawImage(picture, TerminalColumns()));
  if (options.out.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(WritePicture(options.out, picture));
  AnnouncePicture(
      context, options.out, session.version().name(),
      absl::StrCat(rows.classes.size(), " x ", columns.classes.size(), " images of ", session.version().name()));
  return absl::OkStatus();
}

}  // namespace

void AddGridCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("grid", "Render one feature against another on a labelled sheet");
  command->footer("Example: facet grid --model digits --rows digit --cols colour --out digits.png");
  command->add_option("--model", options->model, "name, name@version or name@alias")->type_name("MODEL")->required();
  command->add_option("--rows", options->rows, "feature of the rows, or feature=a,b,c")->type_name("AXIS")->required();
  command->add_option("--cols", options->columns, "feature of the columns, or feature=a,b,c")
      ->type_name("AXIS")
      ->required();
  command->add_option("--set", options->settings, "the other features: feature=class or feature=a:0.5,b:0.5")
      ->type_name("SETTING")
      ->take_all();
  TakesPath(command->add_option("--out", options->out,
                                "file to write: .png or .jpg; - for standard output; without --show grid.png"));
  command->add_flag("--show", options->show, "draw it in the terminal");
  command->add_option("--cell", options->cell_pixels, "enlarge cells to at least this many pixels")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command->callback([&context, &run, options] {
    if (options->out.empty() && !options->show) options->out = "grid.png";
    run = [&context, options] { return Grid(context, *options); };
  });
}

}  // namespace facet::cli
