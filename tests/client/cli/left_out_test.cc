// SPDX-License-Identifier: Apache-2.0
#include "client/cli/left_out.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

v1::Dataset Faces() {
  return FromText<v1::Dataset>(R"(
    schema { features { name: "identity" classes: ["F01", "M01"] } }
    dropped { path: "AF04/AF04NES.JPG" reason: "several faces: 2" }
    dropped { path: "AF04/AF04HAS.JPG" reason: "several faces: 3" }
    dropped { path: "af02hahl.png" reason: "no face" }
    dropped { path: "AF01/AF01NES.JPG" reason: "several faces: 2" }
    dropped { path: "AF01/holiday.jpg" reason: "unknown name: not as in KDEF" }
    dropped_count: 5)");
}

TEST(LeftOutTest, PeopleAreInTheNamesOfTheirPictures) {
  EXPECT_EQ(KdefPersonOf("KDEF/AF01/AF01ANS.JPG"), "F01");
  EXPECT_EQ(KdefPersonOf("bm35hahl.jpg"), "M35");
  for (const char* other : {"AX01NES.JPG", "CF01NES.JPG", "AF01.JPG", "AFNES01.JPG", "AF01ANS.x/readme.txt", ""}) {
    EXPECT_EQ(KdefPersonOf(other), "");
  }
}

TEST(LeftOutTest, NobodyIsLeftOfThoseWhoseEveryPictureIsGone) {
  EXPECT_THAT(PeopleLost(Faces()), ElementsAre("F02", "F04"));
  v1::Dataset others = Faces();
  others.mutable_schema()->mutable_features(0)->set_name("face");
  EXPECT_THAT(PeopleLost(others), IsEmpty()) << "who is in it is not known";
}

TEST(LeftOutTest, CountsByReasonAndNamesWhomItLost) {
  EXPECT_EQ(DescribeLeftOut(Faces()),
            "  left out 5: 1 no face, 3 several faces, 1 unknown name\n"
            "    AF04/AF04NES.JPG: several faces: 2\n"
            "    AF04/AF04HAS.JPG: several faces: 3\n"
            "    af02hahl.png: no face\n"
            "    AF01/AF01NES.JPG: several faces: 2\n"
            "    AF01/holiday.jpg: unknown name: not as in KDEF\n"
            "  nobody is left of: F02, F04\n");
}

TEST(LeftOutTest, TheFirstTenAreListed) {
  v1::Dataset many;
  for (int i = 0; i < 11; ++i) many.add_dropped()->set_path(absl::StrCat("p", i, ".png"));
  many.set_dropped_count(1200);
  EXPECT_THAT(DescribeLeftOut(many), HasSubstr("p9.png"));
  EXPECT_THAT(DescribeLeftOut(many), Not(HasSubstr("p10.png")));
  EXPECT_THAT(DescribeLeftOut(many), HasSubstr("… and 1190 more\n"));
}

TEST(LeftOutTest, NothingIsSaidOfNothing) { EXPECT_EQ(DescribeLeftOut({}), ""); }

}  // namespace
}  // namespace facet::cli
