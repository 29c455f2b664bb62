// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_FAKE_DATASET_REGISTRY_H_
#define FACET_TESTS_SERVER_RPC_FAKES_FAKE_DATASET_REGISTRY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "server/core/datasets/dataset_registry.h"

namespace facet::server {

// Keeps what is uploaded in memory; imports can be held up by a test.
// Thread-safe.
class FakeDatasetRegistry final : public DatasetRegistry {
 public:
  // Chunks of all imports, "path:bytes" each.
  std::vector<std::string> chunks() const {
    absl::MutexLock lock(&mutex_);
    return chunks_;
  }
  // Data sets that were finished.
  std::vector<std::string> finished() const {
    absl::MutexLock lock(&mutex_);
    return finished_;
  }
  int abandoned() const {
    absl::MutexLock lock(&mutex_);
    return abandoned_;
  }
  void AwaitChunks(size_t count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return chunks_.size() >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  void AwaitAbandoned(int count) {
    auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return abandoned_ >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&there));
  }
  // Add blocks while held; Finish blocks until its import is cancelled.
  void HoldAdds(bool held) {
    absl::MutexLock lock(&mutex_);
    adds_held_ = held;
  }
  void FinishOnlyWhenCancelled() {
    absl::MutexLock lock(&mutex_);
    finish_held_ = true;
  }
  // Blocks until the first Add has begun.
  void AwaitAdding() { absl::MutexLock lock(&mutex_, absl::Condition(&adding_)); }
  void AwaitFinishing() { absl::MutexLock lock(&mutex_, absl::Condition(&finishing_)); }

  absl::StatusOr<std::unique_ptr<Import>> BeginImport(const v1::ImportSpec& spec) override {
    if (spec.dataset().empty()) return InvalidField("spec.dataset", "INVALID_ID", "the id is empty");
    return std::make_unique<FakeImport>(this, spec.dataset());
  }
  absl::StatusOr<v1::Dataset> Get(const v1::GetDatasetRequest& request) override {
    if (request.name() != "datasets/digits") {
      return ResourceNotFound("facet.v1.Dataset", request.name(), "there is no such data set");
    }
    v1::Dataset dataset;
    dataset.set_name("datasets/digits@1");
    return dataset;
  }
  absl::StatusOr<v1::ListDatasetsResponse> List(const v1::ListDatasetsRequest& request) override {
    v1::ListDatasetsResponse response;
    response.set_next_page_token(absl::StrCat("after ", request.page_size()));
    return response;
  }
  absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImages(const v1::ReadDatasetImagesRequest& request) override {
    v1::ReadDatasetImagesResponse response;
    for (int64_t index : request.indices()) {
      auto* image = response.add_images();
      image->set_index(index);
      image->mutable_image()->mutable_data()->resize(index);  // as large as the test wants
    }
    return response;
  }
  absl::Status Delete(const v1::DeleteDatasetRequest&) override {
    return WithReason(absl::FailedPreconditionError("a job uses it"), "DATASET_IN_USE");
  }
  absl::StatusOr<std::string> FolderOf(const v1::Dataset&) override { return std::string("/nowhere"); }
  absl::StatusOr<std::shared_ptr<void>> Pin(const std::string&) override { return nullptr; }
  void SetUsageCheck(std::function<absl::Status(const std::string&)>) override {}

 private:
  class FakeImport final : public Import {
   public:
    FakeImport(FakeDatasetRegistry* registry, std::string dataset)
        : registry_(registry), dataset_(std::move(dataset)) {}
    ~FakeImport() override {
      if (done_) return;
      absl::MutexLock lock(&registry_->mutex_);
      ++registry_->abandoned_;
    }
    absl::Status Add(const v1::FileChunk& chunk) override {
      if (chunk.path() == "../etc") return InvalidField("chunk.path", "BAD_UPLOAD", "the path leaves the upload");
      auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(registry_->mutex_) { return !registry_->adds_held_; };
      absl::MutexLock lock(&registry_->mutex_);
      registry_->adding_ = true;
      registry_->mutex_.Await(absl::Condition(&free));
      registry_->chunks_.push_back(absl::StrCat(chunk.path(), ":", chunk.data().size()));
      return absl::OkStatus();
    }
    absl::StatusOr<v1::Dataset> Finish(const std::atomic<bool>& cancelled) override {
      absl::MutexLock lock(&registry_->mutex_);
      registry_->finishing_ = true;
      // As a real import looks between two images.
      auto go = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(registry_->mutex_) { return !registry_->finish_held_; };
      while (!registry_->mutex_.AwaitWithTimeout(absl::Condition(&go), absl::Milliseconds(1))) {
        if (cancelled.load()) return absl::CancelledError("cancelled");
      }
      done_ = true;
      registry_->finished_.push_back(dataset_);
      v1::Dataset dataset;
      dataset.set_name(absl::StrCat("datasets/", dataset_, "@1"));
      return dataset;
    }

   private:
    FakeDatasetRegistry* const registry_;
    const std::string dataset_;
    bool done_ = false;
  };

  mutable absl::Mutex mutex_;
  std::vector<std::string> chunks_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> finished_ ABSL_GUARDED_BY(mutex_);
  int abandoned_ ABSL_GUARDED_BY(mutex_) = 0;
  bool adding_ ABSL_GUARDED_BY(mutex_) = false;
  bool adds_held_ ABSL_GUARDED_BY(mutex_) = false;
  bool finish_held_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_FAKE_DATASET_REGISTRY_H_
