// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/paired_statistics.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace facet::model {
namespace {

double LogFactorial(int64_t n) { return std::lgamma(static_cast<double>(n) + 1); }

}  // namespace

double McNemarExact(int64_t first_only, int64_t second_only) {
  const int64_t n = first_only + second_only;
  const int64_t fewer = std::min(first_only, second_only);
  double tail = 0;
  for (int64_t k = 0; k <= fewer; ++k) {
    const double log_ways = LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);
    tail += std::exp(log_ways - static_cast<double>(n) * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return Quantile(values, 0.5);
}

double Quantile(absl::Span<const double> sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval BootstrapMean(absl::Span<const double> differences, int resamples, uint64_t seed, absl::string_view purpose) {
  std::vector<double> means;
  means.reserve(resamples);
  for (int resample = 0; resample < resamples; ++resample) {
    CounterRandom random(seed, purpose, resample);
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i) sum += differences[random.NextBelow(differences.size())];
    means.push_back(sum / static_cast<double>(differences.size()));
  }
  std::sort(means.begin(), means.end());
  return {Quantile(means, 0.025), Quantile(means, 0.975)};
}

}  // namespace facet::model
