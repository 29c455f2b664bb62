// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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

struct Options {
  std::string model;
  std::vector<std::string> settings;
  // Sweeps, one row each: "digit=3..8".
  std::vector<std::string> sweeps;
  int steps = 9;
  std::string out;
  bool show = false;
  int cell_pixels = 84;
};

// The two ends of "feature=a..b", each a class or a mix.
struct Ends {
  std::string label;
  v1::FeatureVector from;
  v1::FeatureVector to;
};

absl::StatusOr<Ends> ParseSweep(const std::string& text) {
  const size_t equals = text.find('=');
  const size_t dots = text.find("..");
  if (equals == std::string::npos || dots == std::string::npos || dots < equals) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "': write feature=from..to, such as digit=3..8"));
  }
  const std::string feature = text.substr(0, equals + 1);
  Ends ends;
  ends.label = text;
  ASSIGN_OR_RETURN(ends.from, client::ParseFeatureVector({text.substr(0, dots)}));
  ASSIGN_OR_RETURN(ends.to, client::ParseFeatureVector({feature + text.substr(dots + 2)}));
  return ends;
}

// Each frame shows all sweeps, one beside the other, at the same step.
std::vector<cv::Mat> Frames(const std::vector<cv::Mat>& cells, int sweeps, int steps, int pixels) {
  std::vector<cv::Mat> frames;
  for (int step = 0; step < steps; ++step) {
    std::vector<cv::Mat> parts;
    for (int sweep = 0; sweep < sweeps; ++sweep) parts.push_back(Enlarge(cells[sweep * steps + step], pixels));
    frames.emplace_back();
    cv::hconcat(parts, frames.back());
  }
  // There and back again.
  for (int step = steps - 2; step > 0; --step) frames.push_back(frames[step]);
  return frames;
}

absl::StatusOr<std::vector<Ends>> ParseSweeps(const Options& options) {
  std::vector<Ends> sweeps;
  for (const std::string& text : options.sweeps) {
    ASSIGN_OR_RETURN(sweeps.emplace_back(), ParseSweep(text));
  }
  return sweeps;
}

bool IsAnimation(const std::string& path) { return absl::EndsWithIgnoreCase(path, ".gif"); }

absl::Status CheckOutput(const Options& options) {
  return options.out.empty() || IsAnimation(options.out) ? absl::OkStatus() : CheckPicturePath(options.out);
}

// All steps of all sweeps, one sweep after the other.
absl::StatusOr<std::vector<v1::FeatureVector>> VectorsOf(const std::vector<Ends>& sweeps,
                                                         const v1::FeatureVector& others, int steps,
                                                         RenderSession& session) {
  std::vector<v1::FeatureVector> vectors;
  for (const Ends& ends : sweeps) {
    for (int step = 0; step < steps; ++step) {
      const float t = static_cast<float>(step) / static_cast<float>(steps - 1);
      ASSIGN_OR_RETURN(v1::FeatureVector vector, client::Interpolate(ends.from, ends.to, t));
      // A row's own feature may be set for the other rows.
      for (const auto& weights : others.features()) {
        if (weights.feature() != vector.features(0).feature()) *vector.add_features() = weights;
      }
      vectors.push_back(session.Complete(std::move(vector)));
    }
  }
  return vectors;
}

// A row a sweep, a column a step.
cv::Mat DrawStrip(const v1::ModelVersion& model, const std::vector<Ends>& sweeps, const std::vector<cv::Mat>& cells,
                  const Options& options) {
  Sheet sheet;
  sheet.title = model.name();
  sheet.cells = cells;
  sheet.columns = options.steps;
  sheet.cell_pixels = options.cell_pixels;
  for (const Ends& ends : sweeps) sheet.row_labels.push_back(ends.label);
  for (int step = 0; step < options.steps; ++step) {
    sheet.column_labels.push_back(absl::StrFormat("%.3g", static_cast<double>(step) / (options.steps - 1)));
  }
  SpellAndTell(model.card().schema(), sheet);
  return DrawSheet(sheet);
}

absl::Status Sweep(Context& context, const Options& options) {
  RETURN_IF_ERROR(CheckOutput(options));
  RETURN_IF_ERROR(CheckJsonAlone(context.json, options.out, options.show));
  ASSIGN_OR_RETURN(const v1::FeatureVector others, client::ParseFeatureVector(options.settings));
  ASSIGN_OR_RETURN(const std::vector<Ends> sweeps, ParseSweeps(options));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(RenderSession session, RenderSession::Open(*client, options.model));
  ASSIGN_OR_RETURN(const auto vectors, VectorsOf(sweeps, others, options.steps, session));
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> cells, session.Render(vectors));
  const std::string& model = session.version().name();
  const cv::Mat strip = DrawStrip(session.version(), sweeps, cells, options);
  if (options.show) PrintRaw(DrawImage(strip, TerminalColumns()));
  if (options.out.empty()) return absl::OkStatus();
  const int count = static_cast<int>(sweeps.size());
  if (IsAnimation(options.out)) {
    RETURN_IF_ERROR(WriteGif(options.out, Frames(cells, count, options.steps, options.cell_pixels), 8));
  } else {
    RETURN_IF_ERROR(WritePicture(options.out, strip));
  }
  AnnouncePicture(context, options.out, model,
                  absl::StrCat(count, count == 1 ? " sweep of " : " sweeps of ", options.steps, " steps, ", model));
  return absl::OkStatus();
}

}  // namespace

void AddSweepCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("sweep", "Go from one class or mix to another, step by step");
  command->footer(
      "Example: facet sweep --model digits --sweep digit=3..8 --sweep colour=red..blue --set rotation=0 "
      "--out mix.png");
  command->add_option("--model", options->model, "name, name@version or name@alias")->type_name("MODEL")->required();
  command->add_option("--sweep", options->sweeps, "feature=from..to; each makes a row")
      ->type_name("RANGE")
      ->required()
      ->take_all();
  command->add_option("--set", options->settings, "the other features: feature=class or feature=a:0.5,b:0.5")
      ->type_name("SETTING")
      ->take_all();
  command->add_option("--steps", options->steps, "pictures from end to end")
      ->capture_default_str()
      ->check(CLI::Range(2, 1000));
  TakesPath(command->add_option("--out", options->out,
                                "file to write: .png or .jpg strip, .gif animation; without --show sweep.png"));
  command->add_flag("--show", options->show, "draw it in the terminal");
  command->add_option("--cell", options->cell_pixels, "enlarge pictures to at least this many pixels")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command->callback([&context, &run, options] {
    if (options->out.empty() && !options->show) options->out = "sweep.png";
    run = [&context, options] { return Sweep(context, *options); };
  });
}

}  // namespace facet::cli
