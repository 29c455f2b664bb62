// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/held_out_sheet.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/rendering.h"
#include "client/cli/report_text.h"

namespace facet::cli {
namespace {

struct Options {
  std::string name;
  std::string alias;
  std::string model_id;
  std::vector<std::string> aliases;
  std::string description;
  bool float16 = false;
  std::string report;
  std::string out;
};

std::string Describe(const v1::ModelVersion& version) {
  const v1::ModelCard& card = version.card();
  std::string text =
      absl::StrCat(version.name(), ": ", card.width(), " x ", card.height(), ", ", card.generator_parameters(),
                   " parameters, ", FormatBytes(version.size_bytes()), version.loaded() ? ", loaded" : "", "\n");
  if (version.aliases_size() > 0) absl::StrAppend(&text, "  aliases: ", absl::StrJoin(version.aliases(), ", "), "\n");
  for (const auto& feature : card.schema().features()) {
    std::vector<std::string> shown(feature.classes().begin(), feature.classes().end());
    const size_t all = shown.size();
    if (all > 12) shown.resize(12);
    absl::StrAppend(&text, "  ", feature.name(), " (", all, "): ", absl::StrJoin(shown, ", "),
                    all > shown.size() ? ", …" : "", "\n");
  }
  absl::StrAppend(&text, "  preset ", card.preset().name(), ", trained by ", card.training_job(), " on ",
                  card.dataset(), ", ", FormatTime(version.create_time()), "\n");
  if (!card.description().empty()) absl::StrAppend(&text, "  ", card.description(), "\n");
  if (card.has_report()) text += FormatReport(card.report());
  return text;
}

absl::Status Print(const Context& context, const v1::ModelVersion& version) {
  PrintLine(context.json ? ToJson(version) : Describe(version));
  return absl::OkStatus();
}

absl::Status List(Context& context, const std::string& model) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const std::vector<v1::ModelVersion> models, client->ListModels(model));
  if (models.empty() && !model.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no model '", model, "'; see facet models list"));
  }
  if (context.json) {
    PrintJsonList(models);
    return absl::OkStatus();
  }
  if (models.empty()) {
    PrintLine("no models yet; train one with: facet train --dataset digits --preset digits --publish digits");
  }
  Table table({"NAME", "ALIASES", "SIZE", "FEATURES", "LOADED", "MADE"});
  for (const auto& version : models) {
    std::vector<std::string> features;
    for (const auto& feature : version.card().schema().features()) {
      features.push_back(absl::StrCat(feature.name(), "(", feature.classes_size(), ")"));
    }
    table.Add({version.name(), absl::StrJoin(version.aliases(), ","),
               absl::StrCat(version.card().width(), "x", version.card().height()), absl::StrJoin(features, " "),
               version.loaded() ? "yes" : "no", FormatTime(version.create_time())});
  }
  if (!models.empty()) PrintLine(table.ToString());
  return absl::OkStatus();
}

absl::Status Show(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::ModelVersion version, client->GetModel(options.name));
  if (!options.report.empty()) {
    RETURN_IF_ERROR(WriteOutput(options.report, absl::StrCat(ToJson(version.card().report()), "\n")));
  }
  return Print(context, version);
}

absl::Status Publish(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  v1::PublishModelRequest request;
  request.set_name(options.name);
  request.set_model_id(options.model_id);
  request.set_description(options.description);
  if (options.float16) request.set_weight_type(v1::WEIGHT_TYPE_FLOAT16);
  for (const std::string& alias : options.aliases) request.add_aliases(alias);
  ASSIGN_OR_RETURN(const v1::ModelVersion version, client->PublishModel(request));
  return Print(context, version);
}

absl::Status HeldOut(Context& context, const Options& options) {
  RETURN_IF_ERROR(CheckJsonAlone(context.json, options.out, false));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  RETURN_IF_ERROR(WriteHeldOutSheet(*client, options.name, options.out));
  AnnouncePicture(context, options.out, options.name, absl::StrCat("held-out cells of ", options.name));
  return absl::OkStatus();
}

// A verb that takes a name and answers with the version.
using Verb = std::function<absl::StatusOr<v1::ModelVersion>(client::Client&)>;

absl::Status Apply(Context& context, const Verb& verb) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::ModelVersion version, verb(*client));
  if (context.json) return Print(context, version);
  PrintLine(absl::StrCat(version.name(), version.loaded() ? ": loaded" : ": not loaded",
                         version.aliases().empty() ? "" : ", aliases: ", absl::StrJoin(version.aliases(), ", ")));
  return absl::OkStatus();
}

absl::Status Remove(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  RETURN_IF_ERROR(client->DeleteModel(name));
  PrintRemoved(context.json, name);
  return absl::OkStatus();
}

}  // namespace

void AddModelsCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent = app.add_subcommand("models", "List, show, publish, load, alias and remove models");
  parent->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* verb, const char* help, std::function<absl::Status()> body) {
    CLI::App* command = parent->add_subcommand(verb, help);
    command->callback([&run, body = std::move(body)] { run = body; });
    return command;
  };
  constexpr char kName[] = "name, name@version or name@alias";

  add("list", "All versions, or those of one model", [&context, options] {
    return List(context, options->name);
  })->add_option("name", options->name, "a model: list its versions");

  CLI::App* show = add("show", "Card of a version: features, report, origin",
                       [&context, options] { return Show(context, *options); });
  show->add_option("name", options->name, kName)->required();
  TakesPath(show->add_option("--report", options->report, "write the held-out report to this .json file"));

  CLI::App* publish = add("publish", "Make the result of a job the next version of a model",
                          [&context, options] { return Publish(context, *options); });
  publish->add_option("job", options->name, "name of the job")->required();
  publish->add_option("--as", options->model_id, "id of the model")->required();
  publish->add_option("--alias", options->aliases, "alias to point at it, besides latest")->take_all();
  publish->add_option("--description", options->description, "kept in the card");
  publish->add_flag("--float16", options->float16, "keep weights in 16 bits: half the size");

  CLI::App* held_out = add("heldout", "Draw cells that training never saw, real beside rendered",
                           [&context, options] { return HeldOut(context, *options); });
  held_out->add_option("name", options->name, kName)->required();
  TakesPath(held_out->add_option("--out", options->out, "file to write: .png or .jpg"))->required();

  CLI::App* alias = add("alias", "Point an alias at a version", [&context, options] {
    return Apply(context, [options](client::Client& c) { return c.SetAlias(options->name, options->alias); });
  });
  alias->add_option("name", options->name, "name@version")->required();
  alias->add_option("alias", options->alias, "e.g. stable")->required();

  add("load", "Bring a version into memory",
      [&context, options] {
        return Apply(context, [options](client::Client& c) { return c.LoadModel(options->name); });
      })
      ->add_option("name", options->name, kName)
      ->required();
  add("unload", "Let a version go from memory",
      [&context, options] {
        return Apply(context, [options](client::Client& c) { return c.UnloadModel(options->name); });
      })
      ->add_option("name", options->name, kName)
      ->required();
  add("rm", "Remove a version, or the whole model", [&context, options] { return Remove(context, options->name); })
      ->add_option("name", options->name, kName)
      ->required();
}

}  // namespace facet::cli
