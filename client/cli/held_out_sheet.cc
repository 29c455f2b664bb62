// SPDX-License-Identifier: Apache-2.0
#include "client/cli/held_out_sheet.h"

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/even_pictures.h"
#include "client/cli/rendering.h"
#include "client/cli/sheet_names.h"
#include "client/cli/training_images.h"

namespace facet::cli {
namespace {

constexpr int kColumns = 12;

absl::Status AddRule(client::Client& client, const RenderSession& session, const std::string& dataset,
                     const v1::HeldOutReport& rule, Sheet& sheet) {
  v1::ReadDatasetImagesRequest request;
  request.set_name(dataset);
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
  *request.mutable_indices() = rule.sample_images();
  ASSIGN_OR_RETURN(const v1::ReadDatasetImagesResponse real, client.ReadDatasetImages(request));
  std::vector<std::vector<std::string>> classes;
  for (const auto& image : real.images()) classes.emplace_back(image.classes().begin(), image.classes().end());
  const std::vector<size_t> shown = ChoosePictures(session.schema(), classes, kColumns, Upright::kFirst);
  std::vector<v1::FeatureVector> vectors;
  for (const size_t i : shown) vectors.push_back(VectorOf(session.schema(), classes[i]));
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> rendered, session.Render(vectors));
  sheet.row_labels.push_back(absl::StrCat("held out by rule '", rule.rule(), "': real"));
  sheet.row_labels.push_back("rendered");
  for (const size_t i : shown) {
    ASSIGN_OR_RETURN(std::vector<cv::Mat> pictures, DecodeImages(real.images(static_cast<int>(i)).image()));
    sheet.cells.push_back(pictures.at(0));
    sheet.captions.push_back("");
  }
  sheet.cells.resize(sheet.cells.size() + kColumns - shown.size());
  sheet.captions.resize(sheet.cells.size());
  for (size_t i = 0; i < shown.size(); ++i) {
    sheet.cells.push_back(rendered[i]);
    sheet.captions.push_back(absl::StrJoin(classes[shown[i]], " "));
  }
  sheet.cells.resize(sheet.cells.size() + kColumns - shown.size());
  sheet.captions.resize(sheet.cells.size());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Sheet> MakeHeldOutSheet(client::Client& client, const std::string& model) {
  ASSIGN_OR_RETURN(const RenderSession session, RenderSession::Open(client, model));
  Sheet sheet;
  sheet.title = absl::StrCat(session.version().name(), ": cells that training never saw, real above rendered");
  sheet.columns = kColumns;
  std::vector<v1::HeldOutReport> rules;
  for (const auto& rule : session.version().card().report().held_out()) {
    if (rule.sample_images_size() > 0) rules.push_back(rule);
  }
  if (rules.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(session.version().name(), " was trained on all cells; train with --hold-out to keep some apart"));
  }
  ASSIGN_OR_RETURN(const v1::Dataset dataset, FindTrainingImages(client, session.version()));
  for (const auto& rule : rules) RETURN_IF_ERROR(AddRule(client, session, dataset.name(), rule, sheet));
  SpellAndTell(session.schema(), sheet);
  return sheet;
}

absl::Status WriteHeldOutSheet(client::Client& client, const std::string& model, const std::string& path) {
  RETURN_IF_ERROR(CheckPicturePath(path));
  ASSIGN_OR_RETURN(const Sheet sheet, MakeHeldOutSheet(client, model));
  return WritePicture(path, DrawSheet(sheet));
}

}  // namespace facet::cli
