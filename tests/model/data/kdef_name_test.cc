// SPDX-License-Identifier: Apache-2.0
#include "model/data/kdef_name.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(KdefNameTest, ReadsEachPart) {
  EXPECT_EQ(ParseKdefName("AF01ANS.JPG"), (KdefName{0, "F01", 1, 2}));
  EXPECT_EQ(ParseKdefName("BM35SUFL.JPG"), (KdefName{1, "M35", 6, 0}));
  EXPECT_EQ(ParseKdefName("AM09NEHR.JPG"), (KdefName{0, "M09", 4, 3}));
}

TEST(KdefNameTest, TakesAnyCaseAndImageExtension) {
  for (const char* name : {"AF01ANS.jpg", "af01ans.Jpeg", "AF01ANS.PNG", "aF01AnS.bmp"}) {
    EXPECT_EQ(ParseKdefName(name), (KdefName{0, "F01", 1, 2})) << name;
  }
}

TEST(KdefNameTest, EveryNameOfTheSetIsRead) {
  int count = 0;
  for (const char* session : {"A", "B"}) {
    for (const char sex : {'F', 'M'}) {
      for (int person = 1; person <= 35; ++person) {
        for (const std::string& expression : KdefExpressions()) {
          for (const std::string& angle : KdefAngles()) {
            char name[32];
            snprintf(name, sizeof(name), "%s%c%02d%s%s.JPG", session, sex, person, expression.c_str(), angle.c_str());
            count += ParseKdefName(name).has_value();
          }
        }
      }
    }
  }
  EXPECT_EQ(count, 4900);
}

TEST(KdefNameTest, RefusesEverythingElse) {
  for (const char* name : {"",
                           ".",
                           ".JPG",
                           "AF01ANS",
                           "AF01ANS.",
                           "AF01ANS.TXT",
                           "CF01ANS.JPG",
                           "AX01ANS.JPG",
                           "AF00ANS.JPG",
                           "AF36ANS.JPG",
                           "AF1ANS.JPG",
                           "AF+1ANS.JPG",
                           "AF01XXS.JPG",
                           "AF01ANX.JPG",
                           "AF01AN.JPG",
                           "AF01ANSS.JPG",
                           "AF31V.JPG",
                           "._AF01ANS.JPG",
                           "AF01ANS.JPG.JPG",
                           "\xff\xfe.JPG"}) {
    EXPECT_EQ(ParseKdefName(name), std::nullopt) << name;
  }
}

TEST(KdefNameTest, KnowsImageExtensions) {
  EXPECT_TRUE(HasImageExtension("a.JPG"));
  EXPECT_TRUE(HasImageExtension("a.b.tiff"));
  EXPECT_FALSE(HasImageExtension("README.md"));
  EXPECT_FALSE(HasImageExtension("jpg"));
}

}  // namespace
}  // namespace facet::model
