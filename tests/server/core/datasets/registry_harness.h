// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_DATASETS_REGISTRY_HARNESS_H_
#define FACET_TESTS_SERVER_CORE_DATASETS_REGISTRY_HARNESS_H_

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/fake_clock.h"
#include "model/image/codec.h"
#include "server/core/datasets/dataset_registry.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"
#include "tests/server/core/store/temp_store.h"

namespace facet::server {

// A PNG of one colour.
inline std::string MakePng(int side, uint8_t red, uint8_t green = 0, uint8_t blue = 0) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < side * side; ++i) pixels.insert(pixels.end(), {red, green, blue});
  return model::EncodePng({side, side, 3}, pixels.data()).value();
}

// A registry on a real store and a real disk, which can be made to fail, with
// the folder `roots/` to import from.
class DatasetHarness : public testing::Test {
 protected:
  DatasetHarness() {
    dir_.Write("roots/faces/manifest.csv", "path,who\na.png,anna\nb.png,ben\n");
    dir_.Write("roots/faces/a.png", MakePng(8, 10, 20, 30));
    dir_.Write("roots/faces/b.png", MakePng(16, 200));
    Restart();
  }

  // As a new server on the old state.
  void Restart() {
    registry_.reset();
    store_.Reopen();
    DatasetRegistryOptions options;
    options.root = root();
    options.bundled_dir = FACET_TEST_DATA_DIR;
    options.import_roots = {dir_ / "roots"};
    options.max_upload_bytes = kMaxUpload;
    options.file_system = &disk_;
    options.clock = &clock_;
    options.store = store_.get();
    options.on_unknown_folder = [this](const std::string& folder) { unknown_.push_back(folder); };
    auto registry = DatasetRegistry::Create(std::move(options));
    ASSERT_THAT(registry, IsOk());
    registry_ = *std::move(registry);
  }

  std::string root() const { return dir_ / "datasets"; }

  static v1::ImportSpec Digits(const std::string& dataset = "digits") {
    v1::ImportSpec spec;
    spec.set_dataset(dataset);
    spec.set_format(v1::DATASET_FORMAT_IDX_DIGITS);
    spec.mutable_bundled()->set_name("digits");
    spec.mutable_digits()->set_examples_per_digit(1);
    return spec;
  }
  v1::ImportSpec Folder(const std::string& path) const {
    v1::ImportSpec spec;
    spec.set_dataset("faces");
    spec.set_format(v1::DATASET_FORMAT_CSV);
    spec.mutable_csv()->set_image_size(8);
    spec.mutable_folder()->set_path(path);
    return spec;
  }
  v1::ImportSpec Faces() const { return Folder(dir_ / "roots/faces"); }
  v1::ImportSpec Upload() const {
    v1::ImportSpec spec = Faces();
    spec.mutable_upload();
    return spec;
  }

  // One file of an upload in one chunk.
  static v1::FileChunk Chunk(const std::string& path, const std::string& data) {
    v1::FileChunk chunk;
    chunk.set_path(path);
    chunk.set_data(data);
    return chunk;
  }

  absl::StatusOr<v1::Dataset> Import(const v1::ImportSpec& spec, bool cancelled = false) {
    auto import = registry_->BeginImport(spec);
    if (!import.ok()) return import.status();
    return (*import)->Finish(std::atomic<bool>(cancelled));
  }
  absl::StatusOr<v1::Dataset> Get(const std::string& name) {
    v1::GetDatasetRequest request;
    request.set_name(name);
    return registry_->Get(request);
  }
  absl::Status Delete(const std::string& name) {
    v1::DeleteDatasetRequest request;
    request.set_name(name);
    return registry_->Delete(request);
  }
  absl::StatusOr<v1::ReadDatasetImagesResponse> Read(const std::string& name, int64_t index = 0) {
    v1::ReadDatasetImagesRequest request;
    request.set_name(name);
    request.add_indices(index);
    request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
    return registry_->ReadImages(request);
  }

  // Everything that lies in a folder below the registry's, or in the registry's.
  std::vector<std::string> Names(const std::string& folder = "") const {
    const std::string path = absl::StrCat(root(), "/", folder);
    if (!FileSystem::Posix()->Exists(path)) return {};
    return FileSystem::Posix()->List(path).value();
  }

  static constexpr uint64_t kMaxUpload = 100'000;

  TempDir dir_;
  FakeClock clock_;
  FaultyFileSystem disk_{FileSystem::Posix()};
  TempStore store_;
  std::vector<std::string> unknown_;  // folders
  std::unique_ptr<DatasetRegistry> registry_;
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_DATASETS_REGISTRY_HARNESS_H_
