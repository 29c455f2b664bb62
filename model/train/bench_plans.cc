// SPDX-License-Identifier: Apache-2.0
#include "model/train/bench_plans.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "model/features/schema.h"
#include "model/preset/preset.h"

namespace facet::model {
namespace {

Feature MakeFeature(const std::string& name, int classes) {
  Feature feature{name, {}};
  for (int i = 0; i < classes; ++i) feature.classes.push_back(absl::StrCat(i));
  return feature;
}

absl::StatusOr<NetPlan> MakePlan(const std::string& name) {
  std::vector<Feature> features = {MakeFeature("identity", 70), MakeFeature("expression", 7),
                                   MakeFeature("transform", 8)};
  if (name == "digits") {
    features = {MakeFeature("digit", 10), MakeFeature("colour", 3), MakeFeature("rotation", 4),
                MakeFeature("example", 100)};
  }
  ASSIGN_OR_RETURN(const FeatureSchema schema, FeatureSchema::Create(std::move(features)));
  ASSIGN_OR_RETURN(const v1::Preset preset, FindPreset(*FileSystem::Posix(), FACET_PRESET_DIR, name));
  return ResolvePreset(preset, schema, 0);
}

}  // namespace

NetPlan BenchPlan(const std::string& preset) {
  auto plan = MakePlan(preset);
  if (plan.ok()) return *std::move(plan);
  std::fprintf(stderr, "%s\n", plan.status().ToString().c_str());
  std::abort();
}

}  // namespace facet::model
