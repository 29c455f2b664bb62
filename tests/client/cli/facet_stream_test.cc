// SPDX-License-Identifier: Apache-2.0
// `facet stream`: mistakes that a server finds, and exports.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/client/cli/facet_program.h"

namespace facet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr int kSteps = 2;  // an epoch

// Describes and streams two batches of an image each an epoch. `faces` is version
// `newest` of that data set; the stream's fingerprint is its data set's version.
class FacetStreamTest : public FacetProgramTest {
 protected:
  FacetStreamTest() {
    server_.augmentation.describe = [this](const v1::DescribeStreamRequest& request,
                                           v1::DescribeStreamResponse* response) {
      *response->mutable_schema() = model_.card().schema();
      response->set_model_version("models/digits@3");
      response->set_dataset_version(VersionOf(request.spec()));
      response->set_fingerprint(VersionOf(request.spec()));
      response->set_steps_per_epoch(kSteps);
      return grpc::Status::OK;
    };
    server_.augmentation.stream = [this](client::FakeAugmentation::Stream* call) { return Stream(call); };
    spec_ = dir_.Write("r.yaml", "model: digits\nrecipe:\n  real: {dataset: faces, share: 0.5}\n");
  }

  CommandResult Export(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"stream", "--spec", spec_, "--out", dir_ / "out"};
    words.insert(words.end(), more.begin(), more.end());
    return Facet(words);
  }

  std::string Sums() const { return TempDir::Read(dir_ / "out/SHA256SUMS"); }
  // Of the export's folder: its files' contents by name.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_ / "out")) {
      if (entry.is_regular_file()) files[entry.path().string()] = TempDir::Read(entry.path().string());
    }
    return files;
  }
  // Turns over the last byte.
  static void Damage(const std::string& path) {
    std::string bytes = TempDir::Read(path);
    bytes.back() = static_cast<char>(~bytes.back());
    std::ofstream(path, std::ios::binary) << bytes;
  }

  std::string newest_ = "2";
  std::string spec_;
  std::atomic<int> pixel_ = 0;            // added to all pixels
  std::atomic<int> empty_ = -1;           // batch without images
  std::atomic<bool> bad_tokens_ = false;  // takes every token for damaged
  std::atomic<int> streams_ = 0;          // that were begun

 private:
  std::string VersionOf(const v1::StreamSpec& spec) const {
    const std::string& dataset = spec.recipe().real().dataset();
    return absl::StrContains(dataset, '@') ? dataset : absl::StrCat("datasets/", dataset, "@", newest_);
  }
  grpc::Status Stream(client::FakeAugmentation::Stream* call) {
    v1::StreamBatchesRequest request;
    if (!call->Read(&request)) return grpc::Status::CANCELLED;
    ++streams_;
    const v1::StreamSpec& spec = request.start().spec();
    if (bad_tokens_ && !request.start().resume_token().empty()) {
      return client::RichStatus(grpc::StatusCode::INVALID_ARGUMENT, "the token is damaged", "BAD_TOKEN");
    }
    int next = 0;
    if (absl::SimpleAtoi(request.start().resume_token(), &next)) ++next;
    const int end = spec.epochs() < 0 ? 3 * kSteps : kSteps * std::max(1, static_cast<int>(spec.epochs()));
    for (; next < end; ++next) {
      v1::StreamBatchesResponse batch;
      const int images = next == empty_ ? 0 : 1;
      *batch.mutable_images() =
          client::RawImages(2, 2, std::string(size_t{12} * images, static_cast<char>(next + pixel_)));
      batch.mutable_labels()->set_soft(std::string(images * 3 * sizeof(float), '\0'));
      if (images > 0) batch.add_provenance();
      batch.mutable_filter()->set_rendered(4);
      batch.set_token(absl::StrCat(next));
      if (!call->Write(batch)) return grpc::Status::CANCELLED;
    }
    return grpc::Status::OK;
  }
};

TEST_F(FacetStreamTest, AnExportIsOfOneReader) {
  ASSERT_EQ(Export({"--rank", "0", "--world-size", "2"}).exit_code, 0);
  EXPECT_EQ(Export({"--rank", "0", "--world-size", "2"}).exit_code, 0);
  const std::string sums = TempDir::Read(dir_ / "out/SHA256SUMS");
  const CommandResult other = Export({"--rank", "1", "--world-size", "2"});
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.err, AllOf(HasSubstr("what rank 0 of 2, from epoch 0 reads of this stream, not rank 1 of 2"),
                               HasSubstr("choose another folder")));
  EXPECT_EQ(TempDir::Read(dir_ / "out/SHA256SUMS"), sums);
}

TEST_F(FacetStreamTest, AnExportGoesOnWithItsDataSetAfterANewImport) {
  ASSERT_EQ(Export({"--batches", "1"}).exit_code, 0);
  newest_ = "3";
  const CommandResult more = Export();
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_THAT(TempDir::Read(dir_ / "out/export.json"),
              AllOf(HasSubstr("\"dataset_version\": \"datasets/faces@2\""), HasSubstr("\"images\": 2")));
  dir_.Write("r.yaml", "model: digits\nrecipe:\n  real: {dataset: faces@3, share: 0.5}\n");
  const CommandResult other = Export();
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_THAT(other.err, HasSubstr("another data set version (datasets/faces@2, not faces@3)"));
}

TEST_F(FacetStreamTest, MissingAndChangedShardsAreMadeAgainByteForByte) {
  ASSERT_EQ(Export({"--epochs", "2", "--shard-images", "1"}).exit_code, 0);
  const auto files = Files();
  std::filesystem::remove(dir_ / "out/shard-000003.tar");
  Damage(dir_ / "out/shard-000001.tar");
  std::filesystem::remove(dir_ / "out/.part-000000.sums");
  // Fewer epochs are asked for than the bad shards are of.
  const CommandResult again = Export({"--shard-images", "1"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err,
              AllOf(HasSubstr("shard-000003.tar is missing"), HasSubstr("shard-000001.tar is not as it was written"),
                    HasSubstr(".part-000000.sums is missing"), Not(HasSubstr("shard-000002"))));
  EXPECT_EQ(Files(), files);
  streams_ = 0;
  EXPECT_THAT(Export({"--shard-images", "1"}).err, Not(HasSubstr("made again")));
  EXPECT_EQ(streams_, 0);  // what is whole and complete asks for no images
}

TEST_F(FacetStreamTest, AMissingImageOfAFolderIsMadeAgain) {
  ASSERT_EQ(Export({"--format", "folder"}).exit_code, 0);
  const auto files = Files();
  std::filesystem::remove(dir_ / "out/images/000000001.png");
  const CommandResult image = Export({"--format", "folder"});
  EXPECT_EQ(image.exit_code, 0);
  EXPECT_THAT(image.err, HasSubstr("images/000000001.png is missing"));
  EXPECT_EQ(Files(), files);
  Damage(dir_ / "out/.part-000000.csv");
  EXPECT_EQ(Export({"--format", "folder"}).exit_code, 0);
  EXPECT_EQ(Files(), files);
}

TEST_F(FacetStreamTest, APartThatComesOutDifferentIsNotPutInPlace) {
  ASSERT_EQ(Export({"--shard-images", "1"}).exit_code, 0);
  Damage(dir_ / "out/shard-000001.tar");
  const auto files = Files();
  pixel_ = 1;
  for (int run = 0; run < 2; ++run) {
    const CommandResult again = Export({"--shard-images", "1", "--epochs", "2"});
    EXPECT_EQ(again.exit_code, 8);
    EXPECT_THAT(again.err, AllOf(HasSubstr("shard-000001.tar is not as it was written"),
                                 HasSubstr("not what was written first"), HasSubstr("remove the folder")));
    EXPECT_EQ(Files(), files);
  }
}

TEST_F(FacetStreamTest, AnExportOfAnOlderProgramIsCheckedAndGoneOnWith) {
  ASSERT_EQ(Export({"--shard-images", "1"}).exit_code, 0);
  const std::string state = TempDir::Read(dir_ / "out/export.json");
  dir_.Write("out/export.json", absl::StrCat(state.substr(0, state.find(",\n  \"made\"")), "\n}\n"));
  ASSERT_EQ(Export({"--shard-images", "1", "--epochs", "2"}).exit_code, 0);
  const auto files = Files();
  // What was added since can be made again.
  std::filesystem::remove(dir_ / "out/shard-000002.tar");
  EXPECT_EQ(Export({"--shard-images", "1"}).exit_code, 0);
  EXPECT_EQ(Files(), files);
  std::filesystem::remove(dir_ / "out/shard-000001.tar");
  const CommandResult lost = Export({"--shard-images", "1"});
  EXPECT_EQ(lost.exit_code, 8);
  EXPECT_THAT(lost.err, AllOf(HasSubstr("shard-000001.tar is missing"), HasSubstr("older facet"),
                              HasSubstr("remove the folder, or choose another, to begin anew")));
}

TEST_F(FacetStreamTest, ADamagedTokenIsNamedWithItsFile) {
  ASSERT_EQ(Export().exit_code, 0);
  bad_tokens_ = true;
  const CommandResult more = Export({"--epochs", "2"});
  EXPECT_EQ(more.exit_code, 8);
  EXPECT_THAT(more.err, EndsWith(absl::StrCat("facet: a token in '", dir_ / "out",
                                              "/export.json' is damaged; remove the folder, or ",
                                              "choose another, to begin anew\n")));
}

TEST_F(FacetStreamTest, FilesOfAnotherExportAreNotTakenIn) {
  ASSERT_EQ(Export({"--shard-images", "1"}).exit_code, 0);
  dir_.Write("out/shard-000099.tar", "of another");
  const CommandResult foreign = Export({"--shard-images", "1"});
  EXPECT_EQ(foreign.exit_code, 4);
  EXPECT_THAT(foreign.err, HasSubstr("'shard-000099.tar'"));
  std::filesystem::remove(dir_ / "out/shard-000099.tar");
  std::filesystem::remove(dir_ / "out/export.json");
  const auto files = Files();
  const CommandResult anew = Export({"--batches", "1"});
  EXPECT_EQ(anew.exit_code, 4);
  EXPECT_THAT(anew.err, HasSubstr("remove the folder, or choose another, to begin anew"));
  EXPECT_EQ(Files(), files);
}

TEST_F(FacetStreamTest, BatchesThatAFilterLeftEmptyAreExported) {
  empty_ = 0;
  for (const char* format : {"webdataset", "folder"}) {
    const CommandResult done = Export({"--format", format});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_THAT(TempDir::Read(dir_ / "out/export.json"),
                AllOf(HasSubstr("\"images\": 1"), HasSubstr("\"batches\": 2")));
    std::filesystem::remove_all(dir_ / "out");
  }
}

TEST_F(FacetStreamTest, ASheetOfAnEmptyBatchSaysSo) {
  empty_ = 0;
  const CommandResult sheet = Facet({"stream", "--spec", spec_, "--sheet", dir_ / "sheet.png"});
  EXPECT_EQ(sheet.exit_code, 4);
  EXPECT_THAT(sheet.err, HasSubstr("the first batch is empty: its filter dropped all of 4 images"));
  empty_ = 1;
  EXPECT_EQ(Facet({"stream", "--spec", spec_, "--sheet", dir_ / "sheet.png"}).exit_code, 0);
}

TEST_F(FacetStreamTest, AsJsonAStreamTellsWhatItReadOnceItHas) {
  dir_.Write("r.yaml", "model: digits\nrecipe:\n  filter: {sharpness: {min: 0.1}}\n");
  const auto json =
      nlohmann::json::parse(Out({"--json", "stream", "--spec", spec_, "--sheet", dir_ / "sheet.png", "--epochs", "2"}));
  EXPECT_EQ(json["description"]["model_version"], "models/digits@3");
  EXPECT_EQ(json["batches"], 4);
  EXPECT_EQ(json["images"], 4);
  EXPECT_GT(json["bytes"], 4 * 12);
  EXPECT_GE(json["seconds"], 0);
  EXPECT_EQ(json["filter"], nlohmann::json::parse(R"({"rendered": 16, "kept": 0})"));
  EXPECT_EQ(json["sheet"], dir_ / "sheet.png");
  EXPECT_FALSE(json.contains("export"));
  const auto described = nlohmann::json::parse(Out({"--json", "stream", "--spec", spec_, "--describe"}));
  EXPECT_EQ(described, json["description"]);
}

TEST_F(FacetStreamTest, AsJsonAnExportTellsWhatItReadAndWhatLiesThere) {
  const std::vector<std::string> words = {"--json",     "stream",         "--spec", spec_,     "--out",
                                          dir_ / "out", "--shard-images", "1",      "--epochs"};
  const auto exported = [&](const char* epochs) {
    std::vector<std::string> all = words;
    all.push_back(epochs);
    return nlohmann::json::parse(Out(all));
  };
  EXPECT_EQ(exported("1")["batches"], kSteps);
  const auto json = exported("2");
  EXPECT_EQ(json["description"]["model_version"], "models/digits@3");
  EXPECT_EQ(json["batches"], kSteps);
  EXPECT_EQ(json["images"], kSteps);
  EXPECT_GT(json["bytes"], kSteps * 12);
  EXPECT_FALSE(json.contains("filter"));
  EXPECT_EQ(json["export"], (nlohmann::json{{"out", dir_ / "out"},
                                            {"batches", 2 * kSteps},
                                            {"images", 2 * kSteps},
                                            {"parts", 2 * kSteps},
                                            {"complete", true}}));
  EXPECT_EQ(exported("2")["batches"], 0);  // all is there
}

TEST_F(FacetStreamTest, AnExportHasItsOwnFormOfPixels) {
  v1::StreamSpec described;
  const auto describe = server_.augmentation.describe;
  server_.augmentation.describe = [&](const v1::DescribeStreamRequest& request, v1::DescribeStreamResponse* response) {
    described = request.spec();
    return describe(request, response);
  };
  dir_.Write("r.yaml",
             "model: digits\npixel_type: float32\nlayout: nchw\nlabels: [class]\n"
             "normalization: {mean: [0.5], std: [0.5]}\n");
  ASSERT_EQ(Export().exit_code, 0);
  EXPECT_EQ(described.pixel_type(), v1::PIXEL_TYPE_UINT8);
  EXPECT_EQ(described.layout(), v1::PIXEL_LAYOUT_NHWC);
  EXPECT_FALSE(described.has_normalization());
  EXPECT_THAT(described.labels(), ElementsAre(v1::LABEL_FORM_SOFT));
}

TEST_F(FacetStreamTest, EachMistakeThatTheServerFindsHasALine) {
  server_.augmentation.describe = [](const v1::DescribeStreamRequest&, v1::DescribeStreamResponse*) -> grpc::Status {
    google::rpc::Status details;
    google::rpc::ErrorInfo info;
    info.set_reason("OUT_OF_RANGE");
    details.add_details()->PackFrom(info);
    google::rpc::BadRequest bad;
    for (const char* field : {"spec.recipe.real.share", "spec.rank"}) {
      bad.add_field_violations()->set_field(field);
      bad.mutable_field_violations()->rbegin()->set_description("is too large");
    }
    details.add_details()->PackFrom(bad);
    return {grpc::StatusCode::INVALID_ARGUMENT, "2 mistakes: ...", details.SerializeAsString()};
  };
  const CommandResult file = Facet({"stream", "--spec", spec_, "--describe"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_EQ(file.err, absl::StrCat("facet: ", spec_, ":3: recipe.real.share: is too large\nspec.rank: is too large\n"));
  EXPECT_EQ(Facet({"stream", "--model", "digits", "--describe"}).err,
            "facet: spec.recipe.real.share: is too large\nspec.rank: is too large\n");
}

}  // namespace
}  // namespace facet
