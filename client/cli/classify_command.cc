// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "client/cli/commands.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "facet/client/error.h"

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

// By the first bytes, whatever the name. What is neither is called PNG: the
// server says what is wrong.
v1::ImageEncoding EncodingOf(absl::string_view file) {
  return absl::StartsWith(file, "\xFF\xD8\xFF") ? v1::IMAGE_ENCODING_JPEG : v1::IMAGE_ENCODING_PNG;
}

// A server knows images by their number. In the text of an error each is named
// by its file.
absl::Status NameFiles(const absl::Status& status, const std::vector<std::string>& files) {
  const client::ErrorDescription details = client::DescribeError(status);
  std::string message(status.message());
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string field = absl::StrCat("images[", i, "]");
    if (details.violations.size() > 1) {
      message = absl::StrReplaceAll(message, {{field, absl::StrCat("'", files[i], "'")}});
    } else if (absl::StartsWith(details.field, field)) {
      message = absl::StrCat("'", files[i], "': ", message);
    }
  }
  absl::Status named(status.code(), message);
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) { named.SetPayload(type, payload); });
  return named;
}

absl::Status Classify(Context& context, const Options& options) {
  v1::ClassifyRequest request;
  request.set_model(options.model);
  for (const std::string& path : options.images) {
    v1::ImageData& image = *request.add_images();
    ASSIGN_OR_RETURN(*image.mutable_data(), FileSystem::Posix()->ReadFile(path));
    image.set_encoding(EncodingOf(image.data()));
  }
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  const auto answer = client->Classify(request);
  if (!answer.ok()) return NameFiles(answer.status(), options.images);
  const v1::ClassifyResponse& response = *answer;
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
  TakesPath(command->add_option("images", options->images, "image files"))->required();
  command->callback([&context, &run, options] { run = [&context, options] { return Classify(context, *options); }; });
}

}  // namespace facet::cli
