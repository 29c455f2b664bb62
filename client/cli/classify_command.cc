// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> images;
};

// The three likeliest classes of each feature.
std::string Describe(const v1::Classification& classification) {
  std::string text;
  for (const auto& feature : classification.features()) {
    std::vector<v1::ClassWeight> weights(feature.weights().begin(), feature.weights().end());
    std::sort(weights.begin(), weights.end(), [](const auto& a, const auto& b) { return a.weight() > b.weight(); });
    absl::StrAppend(&text, "  ", feature.feature(), ":");
    for (size_t i = 0; i < std::min<size_t>(3, weights.size()); ++i) {
      absl::StrAppendFormat(&text, " %s %.3f", weights[i].class_(), weights[i].weight());
    }
    text += "\n";
  }
  return text;
}

absl::Status Classify(Context& context, const Options& options) {
  v1::ClassifyRequest request;
  request.set_model(options.model);
  for (const std::string& path : options.images) {
    v1::ImageData& image = *request.add_images();
    // The server looks at the bytes, not at the name.
    image.set_encoding(v1::IMAGE_ENCODING_PNG);
    ASSIGN_OR_RETURN(*image.mutable_data(), FileSystem::Posix()->ReadFile(path));
  }
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::ClassifyResponse response, client->Classify(request));
  if (context.json) {
    PrintLine(ToJson(response));
    return absl::OkStatus();
  }
  for (int i = 0; i < response.classifications_size(); ++i) {
    PrintLine(absl::StrCat(options.images[i], "\n", Describe(response.classifications(i))));
  }
  return absl::OkStatus();
}

}  // namespace

void AddClassifyCommand(CLI::App& app, Context& context, Command& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("classify", "What a model's classifier sees in images");
  command->add_option("--model", options->model, "name, name@version or name@alias")->type_name("MODEL")->required();
  command->add_option("images", options->images, "image files")->required();
  command->callback([&context, &run, options] { run = [&context, options] { return Classify(context, *options); }; });
}

}  // namespace facet::cli
