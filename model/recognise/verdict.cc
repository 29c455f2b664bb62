// SPDX-License-Identifier: Apache-2.0
#include "model/recognise/verdict.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "model/recognise/paired_statistics.h"

namespace facet::model {
namespace {

constexpr int kResamples = 10'000;
constexpr uint64_t kSeed = 0;

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of each image: how much more often than the baseline it was recognised, mean
// over seeds.
std::vector<double> DifferencesOf(const std::vector<Hits>& hits, const std::vector<Hits>& baseline) {
  std::vector<double> differences(hits.front().size());
  for (size_t seed = 0; seed < hits.size(); ++seed) {
    for (size_t i = 0; i < differences.size(); ++i) {
      differences[i] +=
          (static_cast<int>(hits[seed][i]) - static_cast<int>(baseline[seed][i])) / static_cast<double>(hits.size());
    }
  }
  return differences;
}

int64_t CountOnly(const Hits& right, const Hits& wrong) {
  int64_t count = 0;
  for (size_t i = 0; i < right.size(); ++i) count += right[i] && !wrong[i];
  return count;
}

Comparison::Test::Difference Compare(const std::string& name, const std::vector<Hits>& hits,
                                     const std::vector<Hits>& baseline) {
  const std::vector<double> differences = DifferencesOf(hits, baseline);
  const Interval interval = BootstrapMean(differences, kResamples, kSeed, absl::StrCat("bootstrap ", name));
  Comparison::Test::Difference difference{Mean(differences), interval.low, interval.high, 1, {}, {}};
  std::vector<double> p_values;
  for (size_t seed = 0; seed < hits.size(); ++seed) {
    difference.gained.push_back(CountOnly(hits[seed], baseline[seed]));
    difference.lost.push_back(CountOnly(baseline[seed], hits[seed]));
    p_values.push_back(McNemarExact(difference.gained.back(), difference.lost.back()));
  }
  difference.mcnemar_p = Median(std::move(p_values));
  return difference;
}

}  // namespace

Comparison::Test JudgeTest(const std::string& name, const std::vector<Hits>& hits, const std::vector<Hits>* baseline) {
  Comparison::Test test;
  test.name = name;
  test.images = static_cast<int64_t>(hits.front().size());
  for (const Hits& of_seed : hits) {
    test.accuracy.push_back(static_cast<double>(std::count(of_seed.begin(), of_seed.end(), true)) /
                            static_cast<double>(of_seed.size()));
  }
  test.mean_accuracy = Mean(test.accuracy);
  if (baseline != nullptr) test.difference = Compare(name, hits, *baseline);
  return test;
}

}  // namespace facet::model
