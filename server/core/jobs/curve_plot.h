// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_CURVE_PLOT_H_
#define FACET_SERVER_CORE_JOBS_CURVE_PLOT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "facet/v1/training.pb.h"

namespace facet::server {

// Draws a curve as SVG, 800 pixels wide: above, each loss by step on a
// logarithmic axis; below, the PSNR of the checkpoints with the best one marked;
// below that, where they are known, the accuracies. Text is escaped; an empty
// curve gives empty axes.
std::string DrawCurve(absl::string_view title, const v1::TrainingCurve& curve);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_CURVE_PLOT_H_
