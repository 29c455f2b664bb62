// SPDX-License-Identifier: Apache-2.0
#include "server/core/classify/classify_engine.h"

#include <algorithm>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/decode_room.h"
#include "model/image/codec.h"

namespace facet::server {
namespace {

using KeepGoing = std::function<absl::Status()>;

constexpr int kMaxImages = 64;
// Few enough that a batch is soon over, so that callers take turns quickly.
constexpr int kBatch = 8;
constexpr absl::string_view kPngBegin = "\x89PNG\r\n\x1A\n";
constexpr absl::string_view kJpegBegin = "\xFF\xD8\xFF";
constexpr absl::Duration kPatience = absl::Milliseconds(2);

absl::Status CheckRequest(const v1::ClassifyRequest& request) {
  if (request.images_size() < 1 || request.images_size() > kMaxImages) {
    return InvalidField("images", "OUT_OF_RANGE",
                        absl::StrCat("give 1 to ", kMaxImages, " images, not ", request.images_size()));
  }
  for (int i = 0; i < request.images_size(); ++i) {
    const v1::ImageEncoding encoding = request.images(i).encoding();
    // Left out it is PNG, and of those two the bytes decide.
    if (v1::ImageEncoding_IsValid(encoding) && encoding != v1::IMAGE_ENCODING_RAW) continue;
    return InvalidField(absl::StrCat("images[", i, "].encoding"), "UNKNOWN_ENCODING",
                        "the encoding must be IMAGE_ENCODING_PNG or IMAGE_ENCODING_JPEG, or left out");
  }
  return absl::OkStatus();
}

// Not what else DecodeImage takes: the other decoders are seldom looked at. Which
// of the two it is the bytes say, for a file's name may be wrong.
absl::Status CheckBytes(const v1::ImageData& data) {
  for (const absl::string_view begin : {kPngBegin, kJpegBegin}) {
    if (absl::StartsWith(data.data(), begin)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError("these are not the bytes of a PNG or a JPEG");
}

absl::StatusOr<model::Image> Decode(const v1::ImageData& data, int size) {
  RETURN_IF_ERROR(CheckBytes(data));
  const ByteBudget::Share room = model::TakeRoomToDecode(data.data());
  ASSIGN_OR_RETURN(const model::Image image, model::DecodeImage(data.data()));
  return model::ResizeToSquare(image, size);
}

// Appends one image as the classifier takes it: float32 HWC in [0, 1].
absl::Status AppendImage(const v1::ImageData& data, int index, int size, std::vector<float>& images) {
  const auto image = Decode(data, size);
  if (!image.ok()) {
    return InvalidField(absl::StrCat("images[", index, "].data"), "BAD_IMAGE", image.status().message());
  }
  for (const uint8_t sample : image->pixels) images.push_back(static_cast<float>(sample) / 255.0f);
  return absl::OkStatus();
}

// Features that the classifier was not taught are left out.
void AppendClassification(const LoadedClassifier& classifier, const float* probabilities,
                          v1::ClassifyResponse& response) {
  v1::Classification& classification = *response.add_classifications();
  const auto& features = classifier.schema.features();
  for (int f = 0; f < classifier.schema.size(); ++f) {
    if (!classifier.judge->Knows(f)) continue;
    v1::FeatureWeights& weights = *classification.add_features();
    weights.set_feature(features[f].name);
    for (size_t c = 0; c < features[f].classes.size(); ++c) {
      v1::ClassWeight& weight = *weights.add_weights();
      weight.set_class_(features[f].classes[c]);
      weight.set_weight(probabilities[classifier.schema.offset(f) + c]);
    }
  }
}

}  // namespace

absl::StatusOr<v1::ClassifyResponse> ClassifyEngine::Classify(const v1::ClassifyRequest& request,
                                                              const KeepGoing& keep_going) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(const ClassifierHandle classifier, models_->AcquireClassifier(request.model(), "model"));
  v1::ClassifyResponse response;
  for (int begin = 0; begin < request.images_size(); begin += kBatch) {
    const int end = std::min(begin + kBatch, request.images_size());
    std::vector<float> images;
    for (int i = begin; i < end; ++i) {
      RETURN_IF_ERROR(keep_going());
      RETURN_IF_ERROR(AppendImage(request.images(i), i, classifier->image_size, images));
    }
    RETURN_IF_ERROR(ClassifyBatch(*classifier, images, end - begin, keep_going, response));
  }
  return response;
}

absl::Status ClassifyEngine::ClassifyBatch(LoadedClassifier& classifier, const std::vector<float>& images, int count,
                                           const KeepGoing& keep_going, v1::ClassifyResponse& response) {
  const int classes = classifier.schema.total_classes();
  std::vector<float> probabilities(size_t{1} * count * classes);
  RETURN_IF_ERROR(WaitForTurn(keep_going));
  const auto end_turn = absl::MakeCleanup([this] { EndTurn(); });
  // A stream's filter gets in between, for one image at a time.
  RETURN_IF_ERROR(classifier.Classify(images.data(), count, probabilities.data()));
  for (int i = 0; i < count; ++i) AppendClassification(classifier, &probabilities[size_t{1} * i * classes], response);
  return absl::OkStatus();
}

absl::Status ClassifyEngine::WaitForTurn(const KeepGoing& keep_going) {
  while (true) {
    RETURN_IF_ERROR(keep_going());
    const absl::MutexLock lock(&mutex_);
    const auto is_free = [](bool* busy) { return !*busy; };
    if (!mutex_.AwaitWithTimeout(absl::Condition(+is_free, &busy_), kPatience)) continue;
    busy_ = true;
    return absl::OkStatus();
  }
}

void ClassifyEngine::EndTurn() {
  const absl::MutexLock lock(&mutex_);
  busy_ = false;
}

}  // namespace facet::server
