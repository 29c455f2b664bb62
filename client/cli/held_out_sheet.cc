// SPDX-License-Identifier: Apache-2.0
#include "client/cli/held_out_sheet.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/pictures.h"
#include "client/cli/rendering.h"
#include "client/cli/sheet_names.h"

namespace facet::cli {
namespace {

constexpr int kColumns = 12;

absl::Status AddRule(client::Client& client, const RenderSession& session, const v1::HeldOutReport& rule,
                     Sheet& sheet) {
  v1::ReadDatasetImagesRequest request;
  request.set_name(session.version().card().dataset());
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
  const int all = rule.sample_images_size();
  const int wanted = std::min(kColumns, all);
  for (int i = 0; i < wanted; ++i) request.add_indices(rule.sample_images(i * all / wanted));
  ASSIGN_OR_RETURN(const v1::ReadDatasetImagesResponse real, client.ReadDatasetImages(request));
  std::vector<v1::FeatureVector> vectors;
  for (const auto& image : real.images()) {
    vectors.push_back(VectorOf(session.schema(), {image.classes().begin(), image.classes().end()}));
  }
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> rendered, session.Render(vectors));
  sheet.row_labels.push_back(RealRowLabel(rule));
  sheet.row_labels.push_back("rendered");
  for (const auto& image : real.images()) {
    ASSIGN_OR_RETURN(std::vector<cv::Mat> pictures, DecodeImages(image.image()));
    sheet.cells.push_back(pictures.at(0));
    sheet.captions.push_back("");
  }
  sheet.cells.resize(sheet.cells.size() + kColumns - wanted);
  sheet.captions.resize(sheet.cells.size());
  for (int i = 0; i < wanted; ++i) {
    sheet.cells.push_back(rendered[i]);
    sheet.captions.push_back(absl::StrJoin(real.images(i).classes(), " "));
  }
  sheet.cells.resize(sheet.cells.size() + kColumns - wanted);
  sheet.captions.resize(sheet.cells.size());
  return absl::OkStatus();
}

}  // namespace

std::string RealRowLabel(const v1::HeldOutReport& group) {
  return absl::StrCat("held out by rule '", group.rule(), "': real");
}

absl::Status WriteHeldOutSheet(client::Client& client, const std::string& model, const std::string& path) {
  RETURN_IF_ERROR(CheckPicturePath(path));
  ASSIGN_OR_RETURN(const RenderSession session, RenderSession::Open(client, model));
  Sheet sheet;
  sheet.title = absl::StrCat(session.version().name(), ": cells that training never saw, real above rendered");
  sheet.columns = kColumns;
  for (const auto& rule : session.version().card().report().held_out()) {
    if (rule.sample_images_size() > 0) RETURN_IF_ERROR(AddRule(client, session, rule, sheet));
  }
  if (sheet.cells.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(session.version().name(), " was trained on all cells; train with --hold-out to keep some apart"));
  }
  SpellAndTell(session.schema(), sheet);
  return WritePicture(path, DrawSheet(sheet));
}

}  // namespace facet::cli
