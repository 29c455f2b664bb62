// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_CORE_JOBS_WRITTEN_DIGITS_H_
#define FACET_TESTS_SERVER_CORE_JOBS_WRITTEN_DIGITS_H_

#include "base/file_system.h"
#include "model/features/schema_proto.h"
#include "tests/base/temp_dir.h"
#include "tests/model/data/dataset_builder.h"
#include "tests/server/core/jobs/fake_datasets.h"

namespace facet::server {

// Puts the digits of FakeDatasets on the disk, all 1200 combinations, as folders
// below `dir`; of a pixel each, since nobody looks at them.
inline void WriteDigits(const TempDir& dir, FakeDatasets& datasets) {
  const auto schema = model::SchemaFromProto(FakeDatasets::schema());
  ASSERT_THAT(schema, IsOk());
  for (const char* name : {"digits@1", "digits@2"}) {
    ASSERT_THAT(model::WriteDataset(FileSystem::Posix(), dir / name, *schema, model::AllCombinations(*schema),
                                    {.height = 1, .width = 1, .channels = 3}),
                IsOk());
  }
  datasets.SetRoot(dir.path());
}

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_CORE_JOBS_WRITTEN_DIGITS_H_
