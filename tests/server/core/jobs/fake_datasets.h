// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_FAKE_DATASETS_H_
#define FACET_TESTS_SERVER_CORE_JOBS_FAKE_DATASETS_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/error.h"
#include "server/core/datasets/dataset_registry.h"

namespace facet::server {

// Has `datasets/digits@1` and `@2`, coloured and turned digits of 28 x 28,
// `datasets/wide@1`, which is not square, `datasets/small@1` of 14 x 14, and
// `datasets/roman@1`, with one digit more.
class FakeDatasets final : public DatasetRegistry {
 public:
  absl::StatusOr<v1::Dataset> Get(const v1::GetDatasetRequest& request) override {
    const std::string& name = request.name();
    if (name == "datasets/digits" || name == "datasets/digits@2") return Digits(2);
    if (name == "datasets/digits@1") return Digits(1);
    if (absl::StartsWith(name, "datasets/small")) {
      v1::Dataset small = Digits(1);
      small.set_name("datasets/small@1");
      small.set_fingerprint("small");
      small.set_height(14);
      small.set_width(14);
      return small;
    }
    if (absl::StartsWith(name, "datasets/roman")) {
      v1::Dataset roman = Digits(1);
      roman.set_name("datasets/roman@1");
      roman.set_fingerprint("roman");
      roman.mutable_schema()->mutable_features(0)->add_classes("xi");
      return roman;
    }
    if (absl::StartsWith(name, "datasets/wide")) {
      v1::Dataset wide = Digits(1);
      wide.set_name("datasets/wide@1");
      wide.set_width(32);
      return wide;
    }
    return ResourceNotFound("facet.v1.Dataset", name, "there is no such data set");
  }
  // None is ever deleted.
  absl::StatusOr<std::shared_ptr<void>> Pin(const std::string& dataset_version) override {
    v1::GetDatasetRequest request;
    request.set_name(dataset_version);
    const auto found = Get(request);
    if (!found.ok()) return found.status();
    return nullptr;
  }
  absl::StatusOr<std::string> FolderOf(const v1::Dataset& dataset) override {
    return absl::StrCat(root_, "/", absl::StripPrefix(dataset.name(), "datasets/"));
  }
  // Where the folders are said to be; `/data`, which is not there.
  void SetRoot(std::string root) { root_ = std::move(root); }
  void SetUsageCheck(std::function<absl::Status(const std::string&)> check) override { check_ = std::move(check); }
  static v1::FeatureSchema schema() { return Digits(1).schema(); }
  absl::Status CheckUsage(const std::string& version) const { return check_(version); }

  absl::StatusOr<std::unique_ptr<Import>> BeginImport(const v1::ImportSpec&) override { return Unused(); }
  absl::StatusOr<v1::ListDatasetsResponse> List(const v1::ListDatasetsRequest&) override { return Unused(); }
  absl::StatusOr<v1::ReadDatasetImagesResponse> ReadImages(const v1::ReadDatasetImagesRequest&) override {
    return Unused();
  }
  absl::Status Delete(const v1::DeleteDatasetRequest&) override { return Unused(); }

 private:
  static absl::Status Unused() { return absl::UnimplementedError("jobs do not ask for this"); }

  static v1::Dataset Digits(int version) {
    v1::Dataset dataset;
    dataset.set_name(absl::StrCat("datasets/digits@", version));
    dataset.set_fingerprint(absl::StrCat("digits", version));
    dataset.set_height(28);
    dataset.set_width(28);
    dataset.set_channels(3);
    dataset.set_image_count(1200);
    AddFeature(&dataset, "digit", 10);
    AddFeature(&dataset, "colour", 3);
    AddFeature(&dataset, "rotation", 4);
    AddFeature(&dataset, "example", 10);
    return dataset;
  }
  static void AddFeature(v1::Dataset* dataset, const std::string& name, int classes) {
    v1::Feature* feature = dataset->mutable_schema()->add_features();
    feature->set_name(name);
    for (int i = 0; i < classes; ++i) feature->add_classes(absl::StrCat(name, i));
  }

  std::function<absl::Status(const std::string&)> check_;
  std::string root_ = "/data";
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_FAKE_DATASETS_H_
