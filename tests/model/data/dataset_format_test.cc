// SPDX-License-Identifier: Apache-2.0
// Runs the Python of docs/dataset_format.md on a data set.
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/data/dataset.h"
#include "tests/base/must_run.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"

namespace facet::model {
namespace {

std::string Snippet(const std::string& page) {
  const size_t begin = page.find("```python\n");
  EXPECT_NE(begin, std::string::npos);
  return page.substr(begin + 10, page.find("```", begin + 10) - begin - 10);
}

TEST(DatasetFormatTest, NumpyReadsItAsDocumented) {
  const char* const source = std::getenv("FACET_SOURCE_DIR");
  if (source == nullptr) SKIP_FOR_WANT_OF("FACET_SOURCE_DIR is not set");
  const std::string python = absl::StrCat(source, "/.venv/bin/python");
  if (std::system(absl::StrCat("'", python, "' -c 'import numpy' 2>/dev/null").c_str()) != 0) {
    SKIP_FOR_WANT_OF("no NumPy in " + python);
  }
  const TempDir dir;
  const FeatureSchema schema =
      FeatureSchema::Create({{"digit", {"0", "1", "2"}}, {"colour", {"red", "green"}}}).value();
  MakeDataset(dir / "data", schema, AllCombinations(schema));
  const std::string script =
      absl::StrCat("folder = '", dir / "data", "'\n",
                   Snippet(TempDir::Read(absl::StrCat(source, "/docs/dataset_format.md"))), "with open('", dir / "out",
                   "', 'w') as out: print(images.shape, int(images[5, 1, 2, 0]), features, names[5], file=out)\n");
  ASSERT_EQ(std::system(absl::StrCat("'", python, "' '", dir.Write("read.py", script), "'").c_str()), 0);
  const int sample = PixelsOf(5, {2, 3, 3})[1 * 9 + 2 * 3];
  EXPECT_EQ(TempDir::Read(dir / "out"), absl::StrCat("(6, 2, 3, 3) ", sample, " ['digit', 'colour'] ['2', 'green']\n"));
}

}  // namespace
}  // namespace facet::model
