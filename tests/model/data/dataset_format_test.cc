// SPDX-License-Identifier: Apache-2.0
// Runs the Python of docs/dataset_format.md on a data set.
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/data/dataset.h"
#include "model/data/hold_out.h"
#include "tests/base/must_run.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"
#include "tests/proto/from_text.h"

namespace facet::model {
namespace {

constexpr char kFence[] = "```python\n";

// All Python of the page, in its order.
std::string Snippets(const std::string& page) {
  std::string text;
  for (size_t begin = page.find(kFence); begin != std::string::npos; begin = page.find(kFence, begin)) {
    begin += sizeof(kFence) - 1;
    absl::StrAppend(&text, page.substr(begin, page.find("```", begin) - begin));
  }
  EXPECT_FALSE(text.empty());
  return text;
}

class DatasetFormatTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const source = std::getenv("FACET_SOURCE_DIR");
    if (source == nullptr) SKIP_FOR_WANT_OF("FACET_SOURCE_DIR is not set");
    python_ = absl::StrCat(source, "/.venv/bin/python");
    if (std::system(absl::StrCat("'", python_, "' -c 'import numpy' 2>/dev/null").c_str()) != 0) {
      SKIP_FOR_WANT_OF("no NumPy in " + python_);
    }
    page_ = TempDir::Read(absl::StrCat(source, "/docs/dataset_format.md"));
  }

  // What `expressions` print once the page's Python has read the data set.
  std::string Printed(const std::string& expressions) {
    const std::string script = absl::StrCat("folder = '", dir_ / "data", "'\n", Snippets(page_), "with open('",
                                            dir_ / "out", "', 'w') as out: print(", expressions, ", file=out)\n");
    EXPECT_EQ(std::system(absl::StrCat("'", python_, "' '", dir_.Write("read.py", script), "'").c_str()), 0);
    return TempDir::Read(dir_ / "out");
  }

  std::string python_;
  std::string page_;
  TempDir dir_;
};

TEST_F(DatasetFormatTest, NumpyReadsItAsDocumented) {
  const FeatureSchema schema =
      FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}}).value();
  MakeDataset(dir_ / "data", schema, AllCombinations(schema));
  const int sample = PixelsOf(5, {2, 3, 3})[1 * 9 + 2 * 3];
  EXPECT_EQ(Printed("images.shape, int(images[5, 1, 2, 0]), features, names[5]"),
            absl::StrCat("(6, 2, 3, 3) ", sample, " ['digit', 'colour'] ['2', 'green']\n"));
}

// Rules one after the other, of equal and of other features, several losses
// each, in a data set with gaps.
TEST_F(DatasetFormatTest, CellsAreHeldOutAsDocumented) {
  const FeatureSchema schema = FeatureSchema::Create({{"digit", {"0", "1", "2", "3", "4"}},
                                                      {"colour", {"red", "green", "blue"}},
                                                      {"rotation", {"0", "90", "180", "270"}},
                                                      {"example", {"a", "b", "c", "d", "e", "f", "g"}}})
                                   .value();
  auto cells = AllCombinations(schema);
  for (size_t i = 0; i < cells.size(); i += 11) cells.erase(cells.begin() + static_cast<ptrdiff_t>(i));
  const auto dataset = MakeDataset(dir_ / "data", schema, cells);
  const std::vector<v1::HoldOutRule> rules = {
      FromText<v1::HoldOutRule>("name: 'x' per: 'example' per: 'digit' missing: 'colour' count: 7 seed: 3"),
      FromText<v1::HoldOutRule>("name: 'y' per: 'digit' per: 'example' missing: 'rotation' count: 9 each: 2"),
      FromText<v1::HoldOutRule>("name: 'z' per: 'digit' missing: 'colour' missing: 'rotation' count: 4 each: 3 "
                                "seed: 18446744073709551615")};
  const auto split = SplitDataset(*dataset, rules);
  ASSERT_TRUE(split.ok()) << split.status();
  std::vector<int> owner(dataset->size(), -1);
  for (size_t rule = 0; rule < rules.size(); ++rule) {
    EXPECT_FALSE(split->held_out[rule].images.empty());
    for (const int64_t image : split->held_out[rule].images) owner[image] = static_cast<int>(rule);
  }
  EXPECT_EQ(Printed("split(labels, features, [{'per': ['example', 'digit'], 'missing': ['colour'], 'count': 7, 'seed': "
                    "3}, {'per': ['digit', 'example'], 'missing': ['rotation'], 'count': 9, 'each': 2}, {'per': "
                    "['digit'], 'missing': ['colour', 'rotation'], 'count': 4, 'each': 3, 'seed': 2**64 - 1}])"),
            absl::StrCat("[", absl::StrJoin(owner, ", "), "]\n"));
}

}  // namespace
}  // namespace facet::model
