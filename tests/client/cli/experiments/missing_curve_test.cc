// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/missing_curve.h"

#include <google/protobuf/text_format.h>

#include "gtest/gtest.h"

namespace facet::cli {
namespace {

ExperimentRun RunOf(double expression, double identity) {
  ExperimentRun run;
  v1::HeldOutReport& held_out = *run.job.emplace().mutable_report()->add_held_out();
  held_out.set_cell_count(64);
  held_out.set_psnr_db(18.5);
  held_out.mutable_measures()->set_ssim(0.625);
  held_out.mutable_measures()->set_nearest_distance(0.1);
  held_out.mutable_measures()->set_real_nearest_distance(0.15);
  for (const auto& [name, synthetic] : {std::pair{"identity", identity}, {"expression", expression}}) {
    v1::FeatureAccuracy& accuracy = *held_out.add_accuracy();
    accuracy.set_feature(name);
    accuracy.set_synthetic(synthetic);
    accuracy.set_real(0.95);
  }
  return run;
}

TEST(MissingCurveTest, TableHasARowARun) {
  EXPECT_EQ(MissingTable({1, 3}, {RunOf(0.9, 0.85), RunOf(0.5, 0.25)}),
            "| expressions missing | images held out | expression recognised (real) | identity recognised (real) | "
            "PSNR | SSIM | distance to the nearest training image (real) |\n"
            "|---|---|---|---|---|---|---|\n"
            "| 1 | 64 | 90.0 % (95.0 %) | 85.0 % (95.0 %) | 18.5 dB | 0.625 | 0.1 (0.15) |\n"
            "| 3 | 64 | 50.0 % (95.0 %) | 25.0 % (95.0 %) | 18.5 dB | 0.625 | 0.1 (0.15) |\n");
}

TEST(MissingCurveTest, RunWithoutAReportIsARowOfNothing) {
  ExperimentRun run;
  run.job.emplace();
  EXPECT_NE(MissingTable({1}, {run}).find("| 1 | 0 | 0.0 % (0.0 %) |"), std::string::npos);
  EXPECT_FALSE(DrawMissingCurve(4, {1}, {run}).empty());
}

}  // namespace
}  // namespace facet::cli
