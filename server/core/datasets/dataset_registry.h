// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_DATASETS_DATASET_REGISTRY_H_
#define FACET_SERVER_CORE_DATASETS_DATASET_REGISTRY_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "facet/v1/dataset.pb.h"
#include "model/data/dataset.h"
#include "server/core/store/store.h"

namespace facet::server {

struct DatasetRegistryOptions {
  std::string root;                       // <state_dir>/datasets
  std::string bundled_dir;                // <data_dir>, holds digits/
  std::vector<std::string> import_roots;  // folders that may be read
  uint64_t max_upload_bytes = uint64_t{4} << 30;
  FileSystem* file_system = nullptr;
  Clock* clock = nullptr;
  Store* store = nullptr;
  // Hears of folders that the store does not know; they are left alone. May be
  // null.
  std::function<void(const std::string& folder)> on_unknown_folder;
};

// Data sets of the server. Thread-safe; calls block on the disk.
class DatasetRegistry {
 public:
  // One upload or import in progress. Not thread-safe; no version is made unless
  // Finish returns OK. What was prepared is kept for the next import into the
  // same data set (unfinished_imports.h).
  class Import {
   public:
    virtual ~Import() = default;
    // A piece of a file; `UploadSource` only. INVALID_ARGUMENT (reason
    // BAD_UPLOAD, fields "chunk" and below): a bad path, a file that was ended before, a chunk over 1 MiB.
    // RESOURCE_EXHAUSTED: over the limit, or the disk is full.
    virtual absl::Status Add(const v1::FileChunk& chunk) = 0;
    // Reads the source and makes the version. Blocks for as long as it takes;
    // CANCELLED soon after `cancelled` is set.
    virtual absl::StatusOr<v1::Dataset> Finish(const std::atomic<bool>& cancelled) = 0;
  };

  // Makes the folders and removes what an earlier life left half-made.
  static absl::StatusOr<std::unique_ptr<DatasetRegistry>> Create(DatasetRegistryOptions options);
  virtual ~DatasetRegistry() = default;

  // Checks the spec and begins. Errors of v1.DatasetService.ImportDataset.
  virtual absl::StatusOr<std::unique_ptr<Import>> BeginImport(const v1::ImportSpec& spec) = 0;
  // How far the import is that was given this id. A registry that does not
  // follow its imports has none in progress.
  virtual absl::StatusOr<v1::ImportProgress> GetImportProgress(const v1::GetImportProgressRequest&) {
    return absl::NotFoundError("no import with this import_id is in progress");
  }
  virtual absl::StatusOr<v1::Dataset> Get(const v1::GetDatasetRequest& request) = 0;
  virtual absl::StatusOr<v1::ListDatasetsResponse> List(const v1::ListDatasetsRequest& request) = 0;
  // Images of one version, encoded as asked.
  virtual absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImages(const v1::ReadDatasetImagesRequest& request) = 0;
  virtual absl::Status Delete(const v1::DeleteDatasetRequest& request) = 0;

  // Folder of a version: `datasets/digits@2`.
  virtual absl::StatusOr<std::string> FolderOf(const v1::Dataset& dataset) = 0;
  // A version, open (open_datasets.h): it stays readable though it be deleted.
  // Blocks while all of it is read and checked, once for all who ask. NOT_FOUND:
  // there is none, or no more. DATA_LOSS: damaged.
  virtual absl::StatusOr<std::shared_ptr<const model::Dataset>> OpenImages(const v1::Dataset&) {
    return absl::UnimplementedError("this registry opens no data sets");
  }
  // Keeps `datasets/digits@2` from being deleted while the result lives, for who
  // is about to use it. NOT_FOUND: there is none, or no more.
  virtual absl::StatusOr<std::shared_ptr<void>> Pin(const std::string& dataset_version) = 0;
  // Whether a version must stay, with the reason; asked by Delete, which then
  // lets nobody pin. Set by who uses data sets (jobs), before serving begins.
  // Must not pin.
  virtual void SetUsageCheck(std::function<absl::Status(const std::string& dataset_version)> check) = 0;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_DATASETS_DATASET_REGISTRY_H_
