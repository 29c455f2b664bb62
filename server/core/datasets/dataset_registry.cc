// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/dataset_registry.h"

#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "model/data/import.h"
#include "model/features/schema_proto.h"
#include "server/core/datasets/image_reader.h"
#include "server/core/datasets/import_board.h"
#include "server/core/datasets/import_source.h"
#include "server/core/datasets/open_datasets.h"
#include "server/core/datasets/unfinished_imports.h"
#include "server/core/datasets/upload_folder.h"
#include "server/core/request_text.h"
#include "server/core/resource_name.h"
#include "server/core/store/version_folders.h"

namespace facet::server {
namespace {

constexpr char kUploads[] = ".uploads";
constexpr char kUnfinished[] = ".imports";
// Data sets kept open: opening one reads and checks all of it.
constexpr size_t kOpenDatasets = 4;

class StoredDatasetRegistry final : public DatasetRegistry {
 public:
  explicit StoredDatasetRegistry(DatasetRegistryOptions options)
      : options_(std::move(options)),
        folders_(options_.file_system, options_.store, VersionKind::kDataset, options_.root),
        unfinished_(options_.file_system, options_.clock, absl::StrCat(options_.root, "/", kUnfinished)) {}

  absl::Status Prepare();
  absl::StatusOr<std::unique_ptr<Import>> BeginImport(const v1::ImportSpec& spec) override;
  absl::StatusOr<v1::ImportProgress> GetImportProgress(const v1::GetImportProgressRequest& request) override {
    return imports_.Get(request.import_id());
  }
  absl::StatusOr<v1::Dataset> Get(const v1::GetDatasetRequest& request) override {
    ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(request.name(), "name"));
    return options_.store->GetDataset(name.id, name.version);
  }
  absl::StatusOr<v1::ListDatasetsResponse> List(const v1::ListDatasetsRequest& request) override;
  absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImages(const v1::ReadDatasetImagesRequest& request) override;
  absl::Status Delete(const v1::DeleteDatasetRequest& request) override;
  absl::StatusOr<std::string> FolderOf(const v1::Dataset& dataset) override {
    ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(dataset.name(), "name"));
    return folders_.PathOf(name.id, name.version);
  }
  absl::StatusOr<std::shared_ptr<const model::Dataset>> OpenImages(const v1::Dataset& dataset) override;
  absl::StatusOr<std::shared_ptr<void>> Pin(const std::string& dataset_version) override
      ABSL_LOCKS_EXCLUDED(use_mutex_);
  void SetUsageCheck(std::function<absl::Status(const std::string&)> check) override ABSL_LOCKS_EXCLUDED(use_mutex_) {
    absl::MutexLock lock(&use_mutex_);
    usage_check_ = std::move(check);
  }

  const DatasetRegistryOptions& options() const { return options_; }
  absl::StatusOr<v1::Dataset> Register(const v1::ImportSpec& spec, const std::string& source,
                                       const std::atomic<bool>& cancelled, ImportBoard::Entry* progress);

 private:
  // Enters an imported folder into the store.
  absl::StatusOr<v1::Dataset> Keep(const v1::ImportSpec& spec, int64_t version, const model::ImportResult& imported);
  absl::Status CheckUnused(const v1::Dataset& dataset) ABSL_EXCLUSIVE_LOCKS_REQUIRED(use_mutex_);
  // What is left of a version whose row is gone.
  absl::Status RemoveFiles(const v1::Dataset& dataset);

  const DatasetRegistryOptions options_;
  VersionFolders folders_;
  // Held from the question whether a version is in use until its row is gone.
  absl::Mutex use_mutex_;
  std::function<absl::Status(const std::string&)> usage_check_ ABSL_GUARDED_BY(use_mutex_);
  std::multiset<std::string> pinned_ ABSL_GUARDED_BY(use_mutex_);
  ImportBoard imports_;
  UnfinishedImports unfinished_;
  OpenDatasets open_{kOpenDatasets};
};

class StoredImport final : public DatasetRegistry::Import {
 public:
  StoredImport(StoredDatasetRegistry* registry, v1::ImportSpec spec, std::string source,
               std::unique_ptr<UploadFolder> upload, std::unique_ptr<ImportBoard::Entry> progress)
      : registry_(registry),
        spec_(std::move(spec)),
        source_(std::move(source)),
        upload_(std::move(upload)),
        progress_(std::move(progress)) {}

  absl::Status Add(const v1::FileChunk& chunk) override {
    if (upload_ != nullptr) return upload_->Add(chunk);
    return InvalidField("chunk", "BAD_UPLOAD", "file chunks go with the source 'upload' only");
  }

  absl::StatusOr<v1::Dataset> Finish(const std::atomic<bool>& cancelled) override {
    if (upload_ != nullptr) RETURN_IF_ERROR(upload_->Finish());
    return registry_->Register(spec_, source_, cancelled, progress_.get());
  }

 private:
  StoredDatasetRegistry* registry_;
  v1::ImportSpec spec_;
  std::string source_;
  std::unique_ptr<UploadFolder> upload_;
  std::unique_ptr<ImportBoard::Entry> progress_;  // null: nobody asked for it
};

absl::Status StoredDatasetRegistry::Prepare() {
  FileSystem& files = *options_.file_system;
  RETURN_IF_ERROR(files.CreateDirs(options_.root));
  RETURN_IF_ERROR(files.RemoveAll(absl::StrCat(options_.root, "/", kUploads)));
  unfinished_.Clean();
  ASSIGN_OR_RETURN(const std::vector<std::string> unknown, folders_.Recover());
  for (const std::string& folder : unknown) {
    if (options_.on_unknown_folder) options_.on_unknown_folder(folder);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DatasetRegistry::Import>> StoredDatasetRegistry::BeginImport(
    const v1::ImportSpec& spec) {
  RETURN_IF_ERROR(PrefixField(ValidateId(spec.dataset(), "the data set's id"), "spec.dataset"));
  RETURN_IF_ERROR(PrefixField(model::ValidateImportSpec(spec), "spec"));
  RETURN_IF_ERROR(ValidateText(spec.description(), "spec.description"));
  auto progress = imports_.Begin(spec.import_id());
  if (!progress.ok()) return PrefixField(progress.status(), "spec");
  std::string source;
  std::unique_ptr<UploadFolder> upload;
  switch (spec.source_case()) {
    case v1::ImportSpec::kFolder: {
      auto folder = ResolveImportFolder(spec.folder().path(), options_.import_roots);
      if (!folder.ok()) return PrefixField(folder.status(), "spec");
      source = *std::move(folder);
      break;
    }
    case v1::ImportSpec::kBundled: {
      auto folder = ResolveBundled(spec, options_.bundled_dir);
      if (!folder.ok()) return PrefixField(folder.status(), "spec");
      source = *std::move(folder);
      break;
    }
    case v1::ImportSpec::kUpload: {
      const std::string parent = absl::StrCat(options_.root, "/", kUploads);
      ASSIGN_OR_RETURN(upload, UploadFolder::Create(options_.file_system, parent, options_.max_upload_bytes));
      source = upload->path();
      break;
    }
    case v1::ImportSpec::SOURCE_NOT_SET:
      return InvalidField("spec.source", "MISSING_SOURCE", "give one of folder, bundled and upload");
  }
  return std::make_unique<StoredImport>(this, spec, std::move(source), std::move(upload), *std::move(progress));
}

absl::StatusOr<v1::Dataset> StoredDatasetRegistry::Register(const v1::ImportSpec& spec, const std::string& source,
                                                            const std::atomic<bool>& cancelled,
                                                            ImportBoard::Entry* progress) {
  RETURN_IF_ERROR(options_.file_system->CreateDirs(absl::StrCat(options_.root, "/", spec.dataset())));
  ASSIGN_OR_RETURN(const int64_t version, folders_.Reserve(spec.dataset()));
  const std::string folder = folders_.PathOf(spec.dataset(), version);
  const std::unique_ptr<UnfinishedImports::Entry> unfinished = unfinished_.Begin(spec.dataset());
  model::ImportOptions options;
  options.source = source;
  options.target = folder;
  options.spec = spec;
  options.cancelled = &cancelled;
  options.cascade_folders = {absl::StrCat(options_.bundled_dir, "/haarcascades")};
  if (unfinished != nullptr) options.prepared_folder = unfinished->folder();
  if (progress != nullptr) {
    options.progress = [progress](int64_t done, int64_t total) { progress->Update(done, total); };
  }
  auto imported = model::ImportImages(*options_.file_system, options);
  auto dataset = imported.ok() ? Keep(spec, version, *imported) : PrefixField(imported.status(), "spec");
  // A folder that is in no table would take room, for ever if it is whole. One
  // that was there before the import is not ours.
  const bool ours = !absl::IsAlreadyExists(imported.status());
  if (!dataset.ok() && ours) folders_.Release(spec.dataset(), version).IgnoreError();
  if (dataset.ok() && unfinished != nullptr) unfinished->Remove();
  return dataset;
}

absl::StatusOr<v1::Dataset> StoredDatasetRegistry::Keep(const v1::ImportSpec& spec, int64_t version,
                                                        const model::ImportResult& imported) {
  v1::Dataset dataset;
  dataset.set_name(DatasetName{spec.dataset(), version}.ToString());
  *dataset.mutable_schema() = model::SchemaToProto(imported.info.schema);
  dataset.set_image_count(imported.info.image_count);
  dataset.set_height(imported.info.shape.height);
  dataset.set_width(imported.info.shape.width);
  dataset.set_channels(imported.info.shape.channels);
  dataset.set_fingerprint(imported.info.fingerprint);
  dataset.set_format(spec.format());
  dataset.set_description(spec.description());
  dataset.mutable_create_time()->set_seconds(absl::ToUnixSeconds(options_.clock->Now()));
  ASSIGN_OR_RETURN(const uint64_t bytes, options_.file_system->Size(folders_.PathOf(spec.dataset(), version)));
  dataset.set_size_bytes(static_cast<int64_t>(bytes));
  for (const v1::DroppedImage& dropped : imported.dropped) *dataset.add_dropped() = dropped;
  dataset.set_dropped_count(imported.dropped_count);
  RETURN_IF_ERROR(options_.store->InsertDataset(spec.dataset(), version, dataset));
  return dataset;
}

absl::StatusOr<v1::ListDatasetsResponse> StoredDatasetRegistry::List(const v1::ListDatasetsRequest& request) {
  std::string id;
  if (!request.dataset().empty()) {
    ASSIGN_OR_RETURN(DatasetName name, ParseDatasetName(request.dataset(), "dataset"));
    id = std::move(name.id);
  }
  const std::string listing = absl::StrCat("datasets/", id);
  ASSIGN_OR_RETURN(const PageRequest page, MakePageRequest(request.page_size(), request.page_token(), listing));
  ASSIGN_OR_RETURN(Page<v1::Dataset> found, options_.store->ListDatasets(id, page));
  v1::ListDatasetsResponse response;
  for (v1::Dataset& dataset : found.items) *response.add_datasets() = std::move(dataset);
  response.set_next_page_token(MakePageToken(found.next, listing));
  return response;
}

absl::StatusOr<std::shared_ptr<const model::Dataset>> StoredDatasetRegistry::OpenImages(const v1::Dataset& dataset) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(dataset.name(), "name"));
  const auto find = [&] { return options_.store->GetDataset(name.id, name.version).status(); };
  return open_.Acquire(dataset.name(), [&]() -> absl::StatusOr<OpenDatasets::Handle> {
    // Once more: of a version that goes from here on, Delete will forget what
    // this brings.
    RETURN_IF_ERROR(find());
    auto opened = model::Dataset::Open(*options_.file_system, folders_.PathOf(name.id, name.version));
    // Deleted meanwhile?
    if (absl::IsDataLoss(opened.status()) || absl::IsNotFound(opened.status())) RETURN_IF_ERROR(find());
    return opened;
  });
}

absl::StatusOr<v1::ReadDatasetImagesResponse> StoredDatasetRegistry::ReadImages(
    const v1::ReadDatasetImagesRequest& request) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(request.name(), "name"));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, options_.store->GetDataset(name.id, name.version));
  ASSIGN_OR_RETURN(const std::shared_ptr<const model::Dataset> opened, OpenImages(dataset));
  return ReadImagesOf(*opened, request);
}

absl::StatusOr<std::shared_ptr<void>> StoredDatasetRegistry::Pin(const std::string& dataset_version) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(dataset_version, "name"));
  absl::MutexLock lock(&use_mutex_);
  ASSIGN_OR_RETURN(const v1::Dataset dataset, options_.store->GetDataset(name.id, name.version));
  const auto pin = pinned_.insert(dataset.name());
  return std::shared_ptr<void>(this, [this, pin](void*) {
    absl::MutexLock unpin(&use_mutex_);
    pinned_.erase(pin);
  });
}

absl::Status StoredDatasetRegistry::CheckUnused(const v1::Dataset& dataset) {
  if (pinned_.count(dataset.name()) > 0) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("'", dataset.name(), "' is about to be used by a ",
                                                                 "training job that is being made")),
                      "DATASET_IN_USE");
  }
  return usage_check_ ? usage_check_(dataset.name()) : absl::OkStatus();
}

absl::Status StoredDatasetRegistry::RemoveFiles(const v1::Dataset& dataset) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(dataset.name(), "name"));
  open_.Forget(dataset.name());
  return folders_.Remove(name.id, name.version);
}

absl::Status StoredDatasetRegistry::Delete(const v1::DeleteDatasetRequest& request) {
  ASSIGN_OR_RETURN(const DatasetName name, ParseDatasetName(request.name(), "name"));
  std::vector<v1::Dataset> versions;
  ASSIGN_OR_RETURN(const v1::Dataset named, options_.store->GetDataset(name.id, name.version));
  if (name.version != 0) {
    versions.push_back(named);
  } else {
    PageRequest page;
    do {
      ASSIGN_OR_RETURN(const Page<v1::Dataset> found, options_.store->ListDatasets(name.id, page));
      versions.insert(versions.end(), found.items.begin(), found.items.end());
      page.after = found.next;
    } while (!page.after.empty());
  }
  {
    absl::MutexLock lock(&use_mutex_);
    for (const v1::Dataset& dataset : versions) RETURN_IF_ERROR(CheckUnused(dataset));
    for (const v1::Dataset& dataset : versions) {
      ASSIGN_OR_RETURN(const DatasetName each, ParseDatasetName(dataset.name(), "name"));
      RETURN_IF_ERROR(options_.store->DeleteDataset(each.id, each.version));
    }
  }
  unfinished_.Forget(name.id);
  absl::Status removed;
  for (const v1::Dataset& dataset : versions) removed.Update(RemoveFiles(dataset));
  return removed;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DatasetRegistry>> DatasetRegistry::Create(DatasetRegistryOptions options) {
  if (options.file_system == nullptr || options.clock == nullptr || options.store == nullptr) {
    return absl::InvalidArgumentError("DatasetRegistryOptions: file_system, clock and store must be set");
  }
  auto registry = std::make_unique<StoredDatasetRegistry>(std::move(options));
  RETURN_IF_ERROR(registry->Prepare());
  return registry;
}

}  // namespace facet::server
