// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_state.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "tests/base/status_is.h"
#include "tests/base/temp_dir.h"

namespace facet::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ExportState SomeState() {
  ExportState state;
  state.fingerprint = "f00d";
  state.form = "folder of png";
  state.reader = "rank 0 of 2, from epoch 0";
  state.model_version = "models/digits@3";
  state.dataset_version = "datasets/faces@2";
  state.judge_versions = {"models/judge@1", "models/digits@3"};
  state.token = std::string("\0token", 6);
  state.batches = 7;
  state.images = 56;
  state.parts = 2;
  state.made[0] = {"", 4, 0, "d1"};
  state.made[1] = {std::string("\0first", 6), 3, 32, "d2"};
  state.complete = true;
  return state;
}

v1::StreamSpec Reader(int rank, int world_size, int64_t first_epoch = 0) {
  v1::StreamSpec spec;
  spec.set_rank(rank);
  spec.set_world_size(world_size);
  spec.set_first_epoch(first_epoch);
  return spec;
}

class ExportStateTest : public testing::Test {
 protected:
  absl::StatusOr<std::optional<ExportState>> Load() { return LoadExportState(*FileSystem::Posix(), dir_.path()); }
  void Save(const ExportState& state) {
    ASSERT_THAT(SaveExportState(*FileSystem::Posix(), dir_.path(), state), IsOk());
  }
  TempDir dir_;
};

TEST_F(ExportStateTest, IsReadAsItWasWritten) {
  EXPECT_EQ(Load().value(), std::nullopt);
  Save(SomeState());
  EXPECT_EQ(Load().value(), SomeState());
}

TEST_F(ExportStateTest, BatchesWithoutATokenAreDamage) {
  ExportState state = SomeState();
  state.token.clear();
  Save(state);
  EXPECT_THAT(Load(), IsError(absl::StatusCode::kDataLoss, HasSubstr("not the state of an export")));
  state.batches = 0;
  Save(state);
  EXPECT_THAT(Load(), IsOk());
}

// An older program did not say who reads and what of; the fingerprint says the
// rest.
TEST_F(ExportStateTest, AnOlderStateGoesOn) {
  Save(SomeState());
  const std::string text = TempDir::Read(dir_ / kExportStateFile);
  dir_.Write(kExportStateFile,
             absl::StrReplaceAll(
                 text, {{"\"reader\"", "\"a\""}, {"\"dataset_version\"", "\"b\""}, {"\"judge_versions\"", "\"c\""}}));
  const auto found = Load();
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->reader, "");
  EXPECT_EQ((*found)->token, SomeState().token);
  EXPECT_THAT(CheckSameExport(**found, SomeState(), "folder"), IsOk());
  dir_.Write(kExportStateFile, absl::StrReplaceAll(text, {{"\"judge_versions\": [", "\"judge_versions\": [3,"}}));
  EXPECT_THAT(Load(), IsError(absl::StatusCode::kDataLoss, HasSubstr("not the state of an export")));
}

// Nor what its parts are made from.
TEST_F(ExportStateTest, PartsOfAnOlderStateAreNotKnown) {
  ExportState older = SomeState();
  older.made.erase(0);
  Save(older);
  EXPECT_EQ(Load().value(), older);
  const std::string text = TempDir::Read(dir_ / kExportStateFile);
  dir_.Write(kExportStateFile, text.substr(0, text.find(",\n  \"made\"")) + "\n}\n");
  older.made.clear();
  EXPECT_EQ(Load().value(), older);
}

TEST_F(ExportStateTest, DamagedPartsAreDamage) {
  Save(SomeState());
  const std::string text = TempDir::Read(dir_ / kExportStateFile);
  for (const auto& [good, bad] : std::vector<std::pair<std::string, std::string>>{
           {"\"part\": 1", "\"part\": 2"},  // more than there are
           {"\"part\": 1", "\"part\": -1"},
           {"\"digest\": \"d1\"", "\"digest\": 3"},
           {"\"first_image\"", "\"last_image\""},
           {"\"token\": \"\"", "\"token\": \"AAAA\""},  // in front of the stream
           {"\"made\": [", "\"made\": [3, "}}) {
    const std::string damaged = absl::StrReplaceAll(text, {{good, bad}});
    ASSERT_NE(damaged, text) << good;
    dir_.Write(kExportStateFile, damaged);
    EXPECT_THAT(Load(), IsError(absl::StatusCode::kDataLoss,
                                AllOf(HasSubstr(kExportStateFile), HasSubstr("remove the folder, or choose another"))))
        << bad;
  }
}

TEST_F(ExportStateTest, RemainsOfAnotherExportAreRefused) {
  EXPECT_THAT(CheckNoRemains(*FileSystem::Posix(), dir_ / "nowhere"), IsOk());
  dir_.Write("notes.txt", "");
  dir_.Write("sharding.tar", "");
  EXPECT_THAT(CheckNoRemains(*FileSystem::Posix(), dir_.path()), IsOk());
  for (const char* name : {"shard-000000.tar", "shard-7.tar", ".part-000000.sums", "images/000000000.png"}) {
    TempDir dir;
    dir.Write(name, "");
    EXPECT_THAT(CheckNoRemains(*FileSystem::Posix(), dir.path()),
                IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("remove the folder, or choose another")))
        << name;
  }
}

TEST_F(ExportStateTest, ShardsThatItHasNotComeToAreRefused) {
  ExportState state = SomeState();
  state.complete = false;  // two parts, and perhaps a third that was not counted
  for (const char* name : {"shard-000000.tar", "shard-000001.tar", "shard-000002.tar", "other-000009.tar"}) {
    dir_.Write(name, "");
  }
  EXPECT_THAT(CheckNoStrangers(*FileSystem::Posix(), dir_.path(), state), IsOk());
  EXPECT_THAT(CheckNoStrangers(*FileSystem::Posix(), dir_.path(), SomeState()),
              IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("'shard-000002.tar'")));
  for (const char* name : {"shard-000003.tar", "shard-0.tar", "shard-.tar", "shard-x.tar", "shard-1000000.tar"}) {
    dir_.Write(name, "");
    EXPECT_THAT(CheckNoStrangers(*FileSystem::Posix(), dir_.path(), state),
                IsError(absl::StatusCode::kFailedPrecondition, HasSubstr(name)));
    std::filesystem::remove(dir_ / name);
  }
  state.parts = 1000000;
  dir_.Write("shard-1000000.tar", "");
  EXPECT_THAT(CheckNoStrangers(*FileSystem::Posix(), dir_.path(), state), IsOk());
}

TEST(DescribeReaderTest, NamesRankWorkerAndFirstEpoch) {
  EXPECT_EQ(DescribeReader(v1::StreamSpec()), "rank 0 of 1, from epoch 0");
  EXPECT_EQ(DescribeReader(Reader(1, 4, 2)), "rank 1 of 4, from epoch 2");
  v1::StreamSpec worker = Reader(0, 2);
  worker.set_worker(1);
  worker.set_workers(3);
  EXPECT_EQ(DescribeReader(worker), "rank 0 of 2, worker 1 of 3, from epoch 0");
  // How many epochs are read is not who reads.
  worker.set_epochs(9);
  EXPECT_EQ(DescribeReader(worker), "rank 0 of 2, worker 1 of 3, from epoch 0");
}

TEST(CheckSameExportTest, AnotherReaderIsRefusedByName) {
  for (const v1::StreamSpec& other : {Reader(1, 2), Reader(0, 4), Reader(0, 2, 1), v1::StreamSpec()}) {
    ExportState wanted = SomeState();
    wanted.reader = DescribeReader(other);
    EXPECT_THAT(CheckSameExport(SomeState(), wanted, "out"),
                IsError(absl::StatusCode::kFailedPrecondition,
                        AllOf(HasSubstr("rank 0 of 2, from epoch 0"), HasSubstr(wanted.reader),
                              HasSubstr("choose another folder"))));
  }
  EXPECT_THAT(CheckSameExport(SomeState(), SomeState(), "out"), IsOk());
}

v1::StreamSpec Names(const std::string& model, const std::string& dataset, const std::string& first_judge,
                     const std::string& second_judge) {
  v1::StreamSpec spec;
  spec.set_model(model);
  spec.mutable_recipe()->mutable_real()->set_dataset(dataset);
  v1::QualityFilter& filter = *spec.mutable_recipe()->mutable_filter();
  filter.add_confidence()->set_judge(first_judge);
  filter.add_confidence()->set_judge(second_judge);
  return spec;
}

TEST(KeepVersionsTest, NamesMeanTheVersionsThatTheExportBeganWith) {
  v1::StreamSpec spec = Names("digits", "datasets/faces", "models/judge", "");
  KeepVersions(SomeState(), spec);
  EXPECT_EQ(spec.SerializeAsString(),
            Names("models/digits@3", "datasets/faces@2", "models/judge@1", "").SerializeAsString());
}

TEST(KeepVersionsTest, VersionsAndOtherNamesStay) {
  const v1::StreamSpec asked = Names("digits@4", "face", "judge@stable", "other");
  v1::StreamSpec spec = asked;
  KeepVersions(SomeState(), spec);
  EXPECT_EQ(spec.SerializeAsString(), asked.SerializeAsString());
  v1::StreamSpec plain;
  plain.set_model("other");
  KeepVersions(SomeState(), plain);
  EXPECT_FALSE(plain.has_recipe());
}

TEST(CheckSameExportTest, SaysWhichVersionsDiffer) {
  ExportState wanted = SomeState();
  wanted.fingerprint = "beef";
  wanted.dataset_version = "datasets/faces@3";
  wanted.judge_versions = {};
  EXPECT_THAT(
      CheckSameExport(SomeState(), wanted, "out"),
      IsError(absl::StatusCode::kFailedPrecondition,
              "'out' holds an export of another data set version (datasets/faces@2, not datasets/faces@3) and another "
              "judge (models/judge@1, models/digits@3, not none); choose another folder"));
}

TEST(CheckSameExportTest, AnotherStreamOrFormIsRefused) {
  ExportState wanted = SomeState();
  wanted.fingerprint = "beef";
  EXPECT_THAT(CheckSameExport(SomeState(), wanted, "out"),
              IsError(absl::StatusCode::kFailedPrecondition,
                      AllOf(HasSubstr("models/digits@3"), HasSubstr("choose another folder"))));
  wanted = SomeState();
  wanted.form = "webdataset of png";
  EXPECT_THAT(CheckSameExport(SomeState(), wanted, "out"),
              IsError(absl::StatusCode::kFailedPrecondition, HasSubstr("not as webdataset of png")));
}

}  // namespace
}  // namespace facet::cli
