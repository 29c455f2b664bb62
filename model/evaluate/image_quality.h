// SPDX-License-Identifier: Apache-2.0
// How alike two images are, without any net. Pixels are float32 in [0, 1].
#ifndef FACET_MODEL_EVALUATE_IMAGE_QUALITY_H_
#define FACET_MODEL_EVALUATE_IMAGE_QUALITY_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/image/pixels.h"

namespace facet::model {

// Mean of squared differences; `a` and `b` are of one size, not empty.
double MeanSquaredError(absl::Span<const float> a, absl::Span<const float> b);

// Peak signal-to-noise ratio in dB for peak 1: -10 log10(mse). At most 100 dB,
// which an error of 0 has, so that reports hold finite numbers.
double PsnrFromError(double mean_squared_error);
double Psnr(absl::Span<const float> a, absl::Span<const float> b);

// Structural similarity, in [-1, 1], 1 for equal images: Wang, Bovik, Sheikh,
// Simoncelli, "Image quality assessment: from error visibility to structural
// similarity", IEEE TIP 13(4), 2004, equations 13 to 17, with its choices: an
// 11 x 11 gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03. Only windows that
// lie inside the image count; the mean over them, then over channels. Images
// are HWC. INVALID_ARGUMENT: a side below 11, or spans that do not fit `shape`.
absl::StatusOr<double> Ssim(const ImageShape& shape, absl::Span<const float> a, absl::Span<const float> b);

}  // namespace facet::model

#endif  // FACET_MODEL_EVALUATE_IMAGE_QUALITY_H_
