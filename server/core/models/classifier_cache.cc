// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/classifier_cache.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/bundle/bundle.h"
#include "server/core/models/model_loader.h"

namespace facet::server {
namespace {

absl::Status NoClassifier(const std::string& name) {
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat(
          name, " has no classifier to ask: it was trained by pixels alone, or its classifier was left out")),
      "NO_CLASSIFIER");
}

}  // namespace

absl::Status LoadedClassifier::Classify(const float* images, int count, float* probabilities) {
  absl::Status status;
  {
    const absl::MutexLock lock(&mutex);
    status = judge->Classify(images, count, probabilities);
  }
  return device_faults == nullptr ? status : device_faults->Observe(std::move(status));
}

ClassifierHandle ClassifierCache::Find(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  const auto held = held_.find(name);
  ClassifierHandle handle = held == held_.end() ? nullptr : held->second.lock();
  if (handle != nullptr) Keep(handle);
  return handle;
}

absl::StatusOr<ClassifierHandle> ClassifierCache::Acquire(const std::string& name) {
  if (ClassifierHandle handle = Find(name)) return handle;
  const absl::MutexLock loading(&loading_);
  if (ClassifierHandle handle = Find(name)) return handle;  // loaded by the one before
  const auto forgotten = [&] {
    const absl::MutexLock lock(&mutex_);
    return forgotten_;
  };
  const int64_t before = forgotten();
  ASSIGN_OR_RETURN(ClassifierHandle handle, loader_(name));
  const absl::MutexLock lock(&mutex_);
  std::erase_if(held_, [](const auto& held) { return held.second.expired(); });
  if (forgotten_ != before) return handle;  // perhaps this one
  held_[name] = handle;
  Keep(handle);
  return handle;
}

void ClassifierCache::Keep(const ClassifierHandle& handle) {
  std::erase(loaded_, handle);
  loaded_.push_front(handle);
  if (loaded_.size() > max_loaded_) loaded_.pop_back();
}

void ClassifierCache::Forget(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  ++forgotten_;
  held_.erase(name);
  std::erase_if(loaded_, [&](const ClassifierHandle& handle) { return handle->name == name; });
}

absl::StatusOr<ClassifierHandle> ReadClassifier(FileSystem& file_system, const std::string& path,
                                                const std::string& name, const std::string& device) {
  auto bundle = model::ReadBundle(file_system, path);
  if (absl::IsNotFound(bundle.status())) return BundleMissing(name, path);
  if (!bundle.ok()) return Annotate(bundle.status(), name);
  auto plan = PlanFromCard(bundle->card);
  if (!plan.ok()) return Annotate(plan.status(), name);
  if (plan->nets.training.update_rule == model::UpdateRule::kPixels) return NoClassifier(name);
  auto judge = model::LoadClassifier(plan->nets.classifier, bundle->weights, device);
  if (absl::IsFailedPrecondition(judge.status()) && GetErrorDetail(judge.status()).reason == "NO_CLASSIFIER") {
    return NoClassifier(name);
  }
  if (!judge.ok()) return Annotate(judge.status(), name);
  auto loaded = std::make_shared<LoadedClassifier>();
  loaded->name = name;
  loaded->schema = std::move(plan->schema);
  loaded->image_size = bundle->card.height();
  loaded->judge = *std::move(judge);
  return ClassifierHandle(std::move(loaded));
}

}  // namespace facet::server
