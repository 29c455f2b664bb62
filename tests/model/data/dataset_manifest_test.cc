// SPDX-License-Identifier: Apache-2.0
#include "model/data/dataset_manifest.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/mutate.h"
#include "tests/base/status_is.h"

namespace facet::model {
namespace {

using testing::HasSubstr;

DatasetInfo Info() {
  DatasetInfo info;
  info.schema = FeatureSchema::Create({{"digit", {"0", "1"}}, {"colour", {"red", "grün \"x\""}}}).value();
  info.shape = {28, 30, 3};
  info.image_count = 12;
  info.fingerprint = Sha256Hex("x");
  return info;
}

TEST(DatasetManifestTest, GoesThereAndBack) {
  const auto back = DatasetManifestFromJson(DatasetManifestToJson(Info()));
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->schema, Info().schema);
  EXPECT_EQ(back->shape, Info().shape);
  EXPECT_EQ(back->image_count, 12);
  EXPECT_EQ(back->fingerprint, Info().fingerprint);
}

TEST(DatasetManifestTest, HasTheDocumentedMembers) {
  const std::string json = DatasetManifestToJson(Info());
  for (const char* member : {"\"format_version\": 1", "\"height\": 28", "\"width\": 30", "\"channels\": 3",
                             "\"image_count\": 12", "\"name\": \"digit\"", "\"classes\": ["}) {
    EXPECT_THAT(json, HasSubstr(member));
  }
}

TEST(DatasetManifestTest, IgnoresMembersItDoesNotKnow) {
  const std::string json = absl::StrReplaceAll(DatasetManifestToJson(Info()), {{"{\n", "{\"later\": [1, {}],\n"}});
  EXPECT_THAT(DatasetManifestFromJson(json), IsOk());
}

struct Wound {
  const char* name;
  const char* from;
  const char* to;
  const char* says;
};

class BadManifestTest : public testing::TestWithParam<Wound> {};

TEST_P(BadManifestTest, IsDataLossThatSaysWhere) {
  const std::string good = DatasetManifestToJson(Info());
  const std::string bad = absl::StrReplaceAll(good, {{GetParam().from, GetParam().to}});
  ASSERT_NE(bad, good);
  EXPECT_THAT(DatasetManifestFromJson(bad), HasReason(absl::StatusCode::kDataLoss, "BAD_MANIFEST"));
  EXPECT_THAT(DatasetManifestFromJson(bad), IsError(absl::StatusCode::kDataLoss, HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadManifestTest,
    testing::Values(
        Wound{"NewerVersion", "\"format_version\": 1", "\"format_version\": 2", "format version 2 is newer"},
        Wound{"NoVersion", "format_version", "version", "'format_version' must be an integer"},
        Wound{"VersionAsText", "\"format_version\": 1", "\"format_version\": \"1\"", "must be an integer"},
        Wound{"NoShape", "shape", "size", "'shape.height' must be an integer"},
        Wound{"ZeroHeight", "\"height\": 28", "\"height\": 0", "'shape.height' must be in [1, 16384]"},
        Wound{"HugeWidth", "\"width\": 30", "\"width\": 16385", "'shape.width' must be in"},
        Wound{"FractionalWidth", "\"width\": 30", "\"width\": 30.5", "'shape.width' must be an integer"},
        Wound{"FiveChannels", "\"channels\": 3", "\"channels\": 5", "'shape.channels'"},
        Wound{"NoImages", "\"image_count\": 12", "\"image_count\": 0", "'image_count' must be in"},
        Wound{"NegativeImages", "\"image_count\": 12", "\"image_count\": -1", "'image_count' must be in"},
        Wound{"ImagesThatOverflow", "\"image_count\": 12", "\"image_count\": 9223372036854775807", "'image_count'"},
        Wound{"ImagesBeyond64Bits", "\"image_count\": 12", "\"image_count\": 18446744073709551615", "'image_count'"},
        Wound{"FeaturesNoList", "\"features\": [", "\"x\": [", "'features' must be a list"},
        Wound{"FeatureNameNumber", "\"name\": \"digit\"", "\"name\": 7", "features[0].name must be a string"},
        Wound{"FeatureDoubled", "\"colour\"", "\"digit\"", "features[1].name: feature 'digit' is there twice"},
        Wound{"ClassesNoList", "\"classes\": [", "\"classes\": 3, \"x\": [", "features[0].classes must be a list"},
        Wound{"ClassNumber", "\"0\"", "0", "features[0].classes must be a string"},
        Wound{"ClassDoubled", "\"1\"", "\"0\"", "features[0].classes[1]: class '0'"},
        Wound{"FingerprintCut", "\"fingerprint\": \"2d", "\"fingerprint\": \"", "64 hexadecimal digits"},
        Wound{"FingerprintNoHex", "\"fingerprint\": \"2d", "\"fingerprint\": \"zz", "64 hexadecimal digits"},
        Wound{"NoFingerprint", "fingerprint", "print", "'fingerprint' must be a string"},
        Wound{"NotJson", "}\n", "", "not JSON"}),
    [](const auto& test) { return test.param.name; });

TEST(DatasetManifestTest, OtherJsonIsDataLoss) {
  for (const std::string& json : {std::string(), std::string("null"), std::string("[]"), std::string("3"),
                                  std::string("{}"), std::string("\"x\""), std::string(1 << 20, '['),
                                  std::string("{\"format_version\": 1, \"shape\": []}"), std::string("\xFF\xFE{}")}) {
    EXPECT_THAT(DatasetManifestFromJson(json), HasReason(absl::StatusCode::kDataLoss, "BAD_MANIFEST"));
  }
}

TEST(DatasetManifestTest, AnyDamageGivesAPossibleDataSetOrDataLoss) {
  const std::string good = DatasetManifestToJson(Info());
  int taken = 0;
  for (uint64_t round = 0; round < 20'000; ++round) {
    const auto info = DatasetManifestFromJson(Mutate(good, round));
    if (!info.ok()) {
      EXPECT_EQ(info.status().code(), absl::StatusCode::kDataLoss);
      continue;
    }
    ++taken;
    EXPECT_GE(info->image_count, 1);
    EXPECT_GE(info->schema.size(), 1);
    EXPECT_THAT(ValidateImageShape(info->shape), IsOk());
    EXPECT_EQ(info->fingerprint.size(), 64u);
  }
  EXPECT_GT(taken, 0);  // some wounds are to spaces or names
}

TEST(DatasetFingerprintTest, IsTheDigestOfTheDocumentedText) {
  EXPECT_EQ(DatasetFingerprint(Info(), "LL", "PP"),
            Sha256Hex("facet dataset 1\nshape 28 30 3\nimages 12\nfeature digit\nclass 0\nclass 1\n"
                      "feature colour\nclass red\nclass grün \"x\"\nlabels LL\npixels PP\n"));
}

TEST(DatasetFingerprintTest, ChangesWithEverythingButItself) {
  const std::string plain = DatasetFingerprint(Info(), "L", "P");
  DatasetInfo info = Info();
  info.fingerprint.clear();
  EXPECT_EQ(DatasetFingerprint(info, "L", "P"), plain);
  info.image_count = 13;
  EXPECT_NE(DatasetFingerprint(info, "L", "P"), plain);
  info = Info();
  info.shape = {30, 28, 3};
  EXPECT_NE(DatasetFingerprint(info, "L", "P"), plain);
  info = Info();
  info.schema = FeatureSchema::Create({{"digit", {"1", "0"}}, {"colour", {"red", "grün \"x\""}}}).value();
  EXPECT_NE(DatasetFingerprint(info, "L", "P"), plain);
  EXPECT_NE(DatasetFingerprint(Info(), "M", "P"), plain);
  EXPECT_NE(DatasetFingerprint(Info(), "L", "Q"), plain);
}

TEST(ValidateImageShapeTest, KnowsTheLimits) {
  EXPECT_THAT(ValidateImageShape({1, 16384, 1}), IsOk());
  for (const ImageShape& shape : {ImageShape{0, 1, 3}, ImageShape{1, 0, 3}, ImageShape{-1, 1, 3}, ImageShape{1, 1, 0},
                                  ImageShape{1, 1, 5}, ImageShape{16385, 1, 3}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ValidateImageShape(shape)));
  }
}

}  // namespace
}  // namespace facet::model
