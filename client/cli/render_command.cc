// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"
#include "client/cli/rendering.h"
#include "client/cli/terminal.h"
#include "facet/client/feature_vector.h"

namespace facet::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> settings;
  std::string out;
  bool show = false;
  int scale = 0;
};

absl::Status Render(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(v1::FeatureVector vector, client::ParseFeatureVector(options.settings));
  if (!options.out.empty()) RETURN_IF_ERROR(CheckPicturePath(options.out));
  RETURN_IF_ERROR(CheckJsonAlone(context.json, options.out, options.show));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(RenderSession session, RenderSession::Open(*client, options.model));
  const v1::FeatureVector complete = session.Complete(std::move(vector));
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> pictures, session.Render({complete}));
  const cv::Mat picture = Enlarge(pictures[0], options.scale);
  if (options.show) PrintRaw(DrawImage(picture, TerminalColumns()));
  if (options.out.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(WritePicture(options.out, picture));
  AnnouncePicture(context, options.out, session.version().name(),
                  absl::StrCat(session.version().name(), ", ", picture.cols, " x ", picture.rows));
  return absl::OkStatus();
}

}  // namespace

void AddRenderCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("render", "Render one image");
  command->footer("Example: facet render --model digits --set digit=7 --set colour=red:0.5,green:0.5 --out seven.png");
  command->add_option("--model", options->model, "name, name@version or name@alias")->type_name("MODEL")->required();
  command->add_option("--set", options->settings, "feature=class, or a mix: feature=a:0.5,b:0.5; once a feature")
      ->type_name("SETTING")
      ->take_all();
  TakesPath(command->add_option("--out", options->out,
                                "file to write: .png or .jpg; - for standard output; without --show render.png"));
  command->add_flag("--show", options->show, "draw it in the terminal");
  command->add_option("--enlarge", options->scale, "enlarge, without smoothing, to at least this many pixels")
      ->check(CLI::Range(0, 4096));
  command->callback([&context, &run, options] {
    if (options->out.empty() && !options->show) options->out = "render.png";
    run = [&context, options] { return Render(context, *options); };
  });
}

}  // namespace facet::cli
