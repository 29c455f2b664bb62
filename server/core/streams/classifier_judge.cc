// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/classifier_judge.h"

#include <string>
#include <utility>

#include "base/status_macros.h"

namespace facet::server {
namespace {

class ClassifierJudge final : public ImageJudge {
 public:
  ClassifierJudge(ClassifierHandle classifier, std::string digest)
      : classifier_(std::move(classifier)), digest_(std::move(digest)) {}

  const std::string& name() const override { return classifier_->name; }
  const std::string& digest() const override { return digest_; }
  const model::FeatureSchema& schema() const override { return classifier_->schema; }
  int image_size() const override { return classifier_->image_size; }
  bool Knows(int feature) const override { return classifier_->judge->Knows(feature); }

  absl::Status Classify(absl::Span<const float> images, const model::ImageShape& shape, int count,
                        absl::Span<float> probabilities) override {
    const size_t row = schema().total_classes();
    for (int i = 0; i < count; ++i) {
      // One by one: others get in between.
      RETURN_IF_ERROR(classifier_->Classify(&images[i * shape.samples()], 1, &probabilities[i * row]));
    }
    return absl::OkStatus();
  }

 private:
  const ClassifierHandle classifier_;
  const std::string digest_;
};

}  // namespace

JudgeProvider JudgeByModels(ModelRegistry* models) {
  return [models](absl::string_view model, absl::string_view field) -> absl::StatusOr<std::shared_ptr<ImageJudge>> {
    ASSIGN_OR_RETURN(ClassifierHandle classifier, models->AcquireClassifier(model, field));
    v1::GetModelRequest request;
    request.set_name(classifier->name);
    ASSIGN_OR_RETURN(const v1::ModelVersion version, models->Get(request));
    return std::make_shared<ClassifierJudge>(std::move(classifier), version.card().weights_sha256());
  };
}

}  // namespace facet::server
