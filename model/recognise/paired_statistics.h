// SPDX-License-Identifier: Apache-2.0
// Whether one recogniser is better than another on the same images, or only
// luckier.
#ifndef FACET_MODEL_RECOGNISE_PAIRED_STATISTICS_H_
#define FACET_MODEL_RECOGNISE_PAIRED_STATISTICS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace facet::model {

// McNemar's exact test, two-sided: `first_only` images were right by the first
// alone, `second_only` by the second alone. The probability, were both equally
// good, of a split at least as uneven: min(1, 2 P(X <= min)), X binomial with n =
// first_only + second_only and 1/2. 1 where they never differ.
double McNemarExact(int64_t first_only, int64_t second_only);

// The middle one, or the mean of the two in the middle. `values` is not empty.
double Median(std::vector<double> values);

// The value below which a share, in [0, 1], of `sorted` lies, between two of
// them linearly. `sorted` ascends and is not empty.
double Quantile(absl::Span<const double> sorted, double share);

struct Interval {
  double low = 0;
  double high = 0;
};

// 95 % interval of the mean of `differences`, one of each image: the 2.5 % and
// 97.5 % quantiles of the means of `resamples` samples of as many images, drawn
// with replacement. A pure function; `purpose` parts the draws of one seed.
// `differences` is not empty.
Interval BootstrapMean(absl::Span<const double> differences, int resamples, uint64_t seed, absl::string_view purpose);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_PAIRED_STATISTICS_H_
