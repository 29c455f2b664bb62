// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_sample.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "client/cli/pictures.h"
#include "client/cli/stream_batches.h"

namespace facet::cli {
namespace {

constexpr int kJpegQuality = 95;

// Of a single image: the array [H, W, C] as NumPy's format 1.0 has it.
std::string Npy(const v1::ImageData& images, int image) {
  const int64_t height = images.shape(1), width = images.shape(2), channels = images.shape(3);
  std::string header =
      absl::StrCat("{'descr': '|u1', 'fortran_order': False, 'shape': (", height, ", ", width, ", ", channels, "), }");
  constexpr absl::string_view kMagic("\x93NUMPY\x01\x00", 8);
  constexpr size_t kAlignment = 64, kLengthBytes = 2;
  const size_t unpadded = kMagic.size() + kLengthBytes + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::string npy(kMagic);
  npy += static_cast<char>(header.size() & 0xff);
  npy += static_cast<char>(header.size() >> 8);
  const size_t bytes = height * width * channels;
  return absl::StrCat(npy, header, absl::string_view(images.data()).substr(image * bytes, bytes));
}

absl::StatusOr<std::string> Encode(const cv::Mat& picture, ExportImage image) {
  std::vector<uint8_t> bytes;
  const std::vector<int> parameters =
      image == ExportImage::kJpeg ? std::vector<int>{cv::IMWRITE_JPEG_QUALITY, kJpegQuality} : std::vector<int>{};
  if (!cv::imencode(absl::StrCat(".", Extension(image)), picture, bytes, parameters)) {
    return absl::InternalError(absl::StrCat("an image could not be encoded as ", Extension(image)));
  }
  return std::string(bytes.begin(), bytes.end());
}

// "mirror_rotate_90".
std::string TransformName(v1::SquareTransform transform) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::SquareTransform_Name(transform), "SQUARE_TRANSFORM_"));
}

// Classes and soft labels of one image; `weights` has all classes of all
// features.
void Label(const v1::FeatureSchema& schema, const float* weights, ExportSample& sample, nlohmann::ordered_json& json) {
  for (const auto& feature : schema.features()) {
    const float* const heaviest = std::max_element(weights, weights + feature.classes_size());
    sample.class_index.push_back(static_cast<int>(heaviest - weights));
    sample.classes.push_back(feature.classes(sample.class_index.back()));
    for (const std::string& name : feature.classes()) {
      if (*weights != 0) json["labels"][feature.name()][name] = *weights;
      ++weights;
    }
  }
}

absl::Status CheckShapes(const v1::StreamBatchesResponse& batch, int classes) {
  const v1::ImageData& images = batch.images();
  const bool raw = images.encoding() == v1::IMAGE_ENCODING_RAW && images.pixel_type() == v1::PIXEL_TYPE_UINT8;
  const int64_t count = images.shape_size() == 4 ? images.shape(0) : -1;
  if (!raw || batch.provenance_size() != count ||
      batch.labels().soft().size() != static_cast<size_t>(count) * classes * sizeof(float)) {
    return absl::DataLossError("a batch came whose images and labels do not fit; is the server of another version?");
  }
  return absl::OkStatus();
}

}  // namespace

std::string Extension(ExportImage image) {
  switch (image) {
    case ExportImage::kPng:
      return "png";
    case ExportImage::kJpeg:
      return "jpg";
    case ExportImage::kNpy:
      return "npy";
  }
  return "";
}

absl::StatusOr<std::vector<ExportSample>> MakeSamples(const v1::FeatureSchema& schema,
                                                      const v1::StreamBatchesResponse& batch, ExportImage image,
                                                      int64_t number) {
  if (batch.filler()) return std::vector<ExportSample>();  // another rank has it
  const int classes = TotalClasses(schema);
  RETURN_IF_ERROR(CheckShapes(batch, classes));
  if (batch.provenance().empty()) return std::vector<ExportSample>();  // a filter left it empty
  ASSIGN_OR_RETURN(const std::vector<cv::Mat> pictures, DecodeImages(batch.images()));
  const std::vector<float> soft = SoftLabels(batch);
  std::vector<ExportSample> samples;
  for (int i = 0; i < batch.provenance_size(); ++i) {
    ExportSample sample;
    sample.number = number + i;
    const v1::Provenance& from = batch.provenance(i);
    nlohmann::ordered_json json = {{"epoch", batch.epoch()},
                                   {"index", from.index()},
                                   {"source", from.source() == v1::IMAGE_SOURCE_REAL ? "real" : "rendered"},
                                   {"transform", TransformName(from.transform())}};
    Label(schema, soft.data() + static_cast<size_t>(i) * classes, sample, json);
    sample.json = json.dump();
    if (image == ExportImage::kNpy) {
      sample.image = Npy(batch.images(), i);
    } else {
      ASSIGN_OR_RETURN(sample.image, Encode(pictures[i], image));
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace facet::cli
