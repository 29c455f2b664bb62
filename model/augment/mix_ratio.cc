// SPDX-License-Identifier: Apache-2.0
#include "model/augment/mix_ratio.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"

namespace facet::model {
namespace {

absl::Status BadRatio(absl::string_view field, absl::string_view message) {
  return InvalidField(field, "BAD_RATIO", message);
}

absl::Status CheckUnit(float value, absl::string_view field) {
  if (value >= 0 && value <= 1) return absl::OkStatus();
  return BadRatio(field, absl::StrCat("the ratio ", value, " must lie in [0, 1]"));
}

absl::Status CheckRange(const v1::RatioRange& range) {
  Mistakes mistakes;
  mistakes.Add(CheckUnit(range.min(), "range.min"));
  mistakes.Add(CheckUnit(range.max(), "range.max"));
  if (!mistakes.none() || range.min() <= range.max()) return mistakes.ToStatus();
  return BadRatio("range", absl::StrCat("min ", range.min(), " must not be above max ", range.max()));
}

absl::Status CheckConcentration(float a, absl::string_view field) {
  if (a > 0 && std::isfinite(a)) return absl::OkStatus();
  return BadRatio(field, absl::StrCat(field, " ", a, " must be finite and above 0"));
}

MixRatio::Weights Normalized(double first, double second, double third) {
  const double sum = first + second + third;
  return {static_cast<float>(first / sum), static_cast<float>(second / sum), static_cast<float>(third / sum)};
}

}  // namespace

absl::StatusOr<MixRatio> MixRatio::OfPair(const v1::PairMix& mix) {
  MixRatio ratio(2);
  switch (mix.ratio_case()) {
    case v1::PairMix::kFixed:
      RETURN_IF_ERROR(CheckUnit(mix.fixed(), "fixed"));
      ratio.fixed_ = {mix.fixed(), 1 - mix.fixed(), 0};
      break;
    case v1::PairMix::kRange:
      RETURN_IF_ERROR(CheckRange(mix.range()));
      ratio.kind_ = Kind::kRange;
      ratio.low_ = mix.range().min();
      ratio.high_ = mix.range().max();
      break;
    case v1::PairMix::kBeta:
      RETURN_IF_ERROR(CheckConcentration(mix.beta(), "beta"));
      ratio.kind_ = Kind::kConcentrated;
      ratio.low_ = mix.beta();
      break;
    case v1::PairMix::RATIO_NOT_SET:
      ratio.fixed_ = {0.5f, 0.5f, 0};
      break;
  }
  return ratio;
}

absl::StatusOr<MixRatio> MixRatio::OfTriple(const v1::TripleMix& mix) {
  MixRatio ratio(3);
  switch (mix.ratio_case()) {
    case v1::TripleMix::kFixed: {
      const double first = mix.fixed().first(), second = mix.fixed().second(), third = mix.fixed().third();
      const double sum = first + second + third;
      if (!(first >= 0 && second >= 0 && third >= 0 && sum > 0 && std::isfinite(sum))) {
        return BadRatio("fixed", "the three weights must be finite and at least 0, their sum above 0");
      }
      ratio.fixed_ = Normalized(first, second, third);
      break;
    }
    case v1::TripleMix::kRange:
      RETURN_IF_ERROR(CheckRange(mix.range()));
      if (mix.range().max() == 0) return BadRatio("range.max", "max must be above 0 in a mix of three");
      ratio.kind_ = Kind::kRange;
      ratio.low_ = mix.range().min();
      ratio.high_ = mix.range().max();
      break;
    case v1::TripleMix::kDirichlet:
      RETURN_IF_ERROR(CheckConcentration(mix.dirichlet(), "dirichlet"));
      ratio.kind_ = Kind::kConcentrated;
      ratio.low_ = mix.dirichlet();
      break;
    case v1::TripleMix::RATIO_NOT_SET:
      ratio.fixed_ = Normalized(1, 1, 1);
      break;
  }
  return ratio;
}

MixRatio::Weights MixRatio::Draw(CounterRandom& random) const {
  if (kind_ == Kind::kFixed) return fixed_;
  if (parents_ == 2) {
    const float first = kind_ == Kind::kRange ? low_ + (high_ - low_) * static_cast<float>(random.NextDouble())
                                              : static_cast<float>(random.NextBeta(low_));
    return {first, 1 - first, 0};
  }
  std::array<double, 3> parts;
  if (kind_ == Kind::kRange) {
    // From the upper end down, so that not all three can be 0.
    for (double& part : parts) part = high_ - (high_ - low_) * random.NextDouble();
  } else {
    // In logarithms: for a small a the numbers themselves underflow.
    for (double& part : parts) part = random.NextLogGamma(low_);
    const double top = *std::max_element(parts.begin(), parts.end());
    for (double& part : parts) part = std::exp(part - top);
  }
  return Normalized(parts[0], parts[1], parts[2]);
}

}  // namespace facet::model
