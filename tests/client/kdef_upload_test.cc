// SPDX-License-Identifier: Apache-2.0
#include "client/src/kdef_upload.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace facet::client {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

UploadFiles Files(const std::vector<std::string>& names) {
  UploadFiles files;
  for (const std::string& name : names) files.files.push_back({"/kdef/" + name, name, 10});
  files.total_bytes = 10 * names.size();
  return files;
}

std::vector<std::string> Kept(const v1::KdefImportOptions& options, UploadFiles files) {
  KeepChosenKdefFiles(options, files);
  EXPECT_EQ(files.total_bytes, 10 * files.files.size());
  std::vector<std::string> names;
  for (const auto& file : files.files) names.push_back(file.relative);
  return names;
}

TEST(KdefUploadTest, KeepsSessionsPeopleExpressionsAndAnglesThatAreAskedFor) {
  v1::KdefImportOptions options;
  options.add_sessions("A");
  options.add_people("F01");
  options.add_expressions("HA");
  options.add_expressions("NE");
  options.add_angles("S");
  const UploadFiles files = Files({"AF01/AF01HAS.JPG", "AF01/AF01HAFL.JPG", "AF01/AF01SAS.JPG", "AF02/AF02HAS.JPG",
                                   "BF01/BF01HAS.JPG", "af01nes.jpg"});
  EXPECT_THAT(Kept(options, files), ElementsAre("AF01/AF01HAS.JPG", "af01nes.jpg"));
  options.clear_angles();
  options.add_angles("FL");
  EXPECT_THAT(Kept(options, files), ElementsAre("AF01/AF01HAFL.JPG"));
}

TEST(KdefUploadTest, WithoutChoicesAllStay) {
  EXPECT_THAT(Kept({}, Files({"AF01HAS.JPG", "BM35SUHL.JPG", "readme.txt"})), SizeIs(3));
}

TEST(KdefUploadTest, WhatIsNoPictureOfKdefIsForTheServerToJudge) {
  v1::KdefImportOptions options;
  options.add_sessions("A");
  EXPECT_THAT(Kept(options, Files({"AF01HAS.JPG", "BF01HAS.JPG", "B/notes.txt", "BX01HAS.JPG"})),
              ElementsAre("AF01HAS.JPG", "B/notes.txt", "BX01HAS.JPG"));
}

TEST(KdefUploadTest, WhereSomethingAskedForIsNotThereAllStay) {
  v1::KdefImportOptions options;
  options.add_sessions("A");
  options.add_expressions("SU");
  EXPECT_THAT(Kept(options, Files({"AF01HAS.JPG", "BF01HAS.JPG"})), SizeIs(2)) << "the server tells what there is";
  options.clear_expressions();
  options.add_people("F02");
  EXPECT_THAT(Kept(options, Files({"AF01HAS.JPG", "BF02HAS.JPG"})), SizeIs(2)) << "of nobody in that session";
}

}  // namespace
}  // namespace facet::client
