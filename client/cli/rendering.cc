// SPDX-License-Identifier: Apache-2.0
#include "client/cli/rendering.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"
#include "client/cli/shown_text.h"

namespace facet::cli {

absl::StatusOr<RenderSession> RenderSession::Open(client::Client& client, const std::string& model) {
  ASSIGN_OR_RETURN(v1::ModelVersion version, client.GetModel(model));
  return RenderSession(client, std::move(version));
}

absl::StatusOr<v1::Feature> RenderSession::FindFeature(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& feature : schema().features()) {
    if (feature.name() == name) return feature;
    names.push_back(feature.name());
  }
  return absl::InvalidArgumentError(
      absl::StrCat(version_.name(), " has no feature '", name, "'. ", SuggestNames(name, names)));
}

v1::FeatureVector RenderSession::Complete(v1::FeatureVector vector) {
  std::vector<std::string> filled;
  // A feature that is misspelt is not set either, and will be refused.
  for (const auto& weights : vector.features()) told_ = told_ || !FindFeature(weights.feature()).ok();
  for (const auto& feature : schema().features()) {
    bool given = false;
    for (const auto& weights : vector.features()) given = given || weights.feature() == feature.name();
    if (given || feature.classes().empty()) continue;
    auto* weights = vector.add_features();
    weights->set_feature(feature.name());
    weights->add_weights()->set_class_(feature.classes(0));
    filled.push_back(absl::StrCat(feature.name(), "=", feature.classes(0)));
  }
  if (!filled.empty() && !told_) {
    std::fprintf(stderr, "facet: not set, so the first class is taken: %s\n",
                 ShownText(absl::StrJoin(filled, ", ")).c_str());
    told_ = true;
  }
  return vector;
}

absl::StatusOr<std::vector<cv::Mat>> RenderSession::Render(const std::vector<v1::FeatureVector>& vectors) const {
  v1::RenderStreamRequest request;
  request.set_model(version_.name());
  for (const auto& vector : vectors) *request.add_vectors() = vector;
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
  std::vector<cv::Mat> pictures;
  absl::Status bad;
  const absl::Status status = client_->RenderStream(request, [&](const v1::RenderStreamResponse& chunk) {
    for (const auto& data : chunk.images()) {
      auto images = DecodeImages(data);
      if (!images.ok()) {
        bad = images.status();
        return false;
      }
      pictures.insert(pictures.end(), images->begin(), images->end());
    }
    return true;
  });
  RETURN_IF_ERROR(bad);
  RETURN_IF_ERROR(status);
  if (pictures.size() != vectors.size()) return absl::DataLossError("the server sent fewer images than asked for");
  return pictures;
}

v1::FeatureVector VectorOf(const v1::FeatureSchema& schema, const std::vector<std::string>& classes) {
  v1::FeatureVector vector;
  for (int i = 0; i < schema.features_size() && i < static_cast<int>(classes.size()); ++i) {
    auto* weights = vector.add_features();
    weights->set_feature(schema.features(i).name());
    weights->add_weights()->set_class_(classes[i]);
  }
  return vector;
}

void AnnouncePicture(const Context& context, const std::string& path, const std::string& model_version,
                     const std::string& what) {
  if (path == "-") return;
  if (context.json) {
    PrintJsonFields({{"out", path}, {"model_version", model_version}});
  } else {
    PrintLine(absl::StrCat(path, ": ", what));
  }
}

}  // namespace facet::cli
