// SPDX-License-Identifier: Apache-2.0
#include "model/train/loss_curve.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "nlohmann/json.hpp"

namespace facet::model {
namespace {

constexpr int kMaxPoints = 1000;

// As a curve with another interval has them: of a shorter run's, those of each
// stretch of `interval` steps brought together, by their steps.
std::vector<CurvePoint> Thinned(std::vector<CurvePoint> points, int interval) {
  std::vector<CurvePoint> thinned;
  const auto stretch = [&](int step) { return (step - 1) / interval; };
  int before = 0;  // step of the point before
  for (size_t i = 0; i < points.size();) {
    size_t end = i + 1;
    while (end < points.size() && stretch(points[end].step) == stretch(points[i].step)) ++end;
    CurvePoint& last = points[end - 1];
    if (end - i > 1) {
      std::map<std::string, std::pair<double, int>> sums;  // total and steps
      int from = before;
      for (size_t k = i; k < end; from = points[k++].step) {
        for (const auto& [part, loss] : points[k].losses) {
          sums[part].first += loss * (points[k].step - from);
          sums[part].second += points[k].step - from;
        }
      }
      last.losses.clear();
      for (const auto& [part, sum] : sums) last.losses[part] = sum.first / sum.second;
    }
    before = last.step;
    thinned.push_back(std::move(last));
    i = end;
  }
  return thinned;
}

}  // namespace

LossCurve::LossCurve(int total_steps)
    : total_steps_(total_steps), interval_(std::max(1, (total_steps + kMaxPoints - 1) / kMaxPoints)) {}

void LossCurve::Add(int step, const std::map<std::string, double>& losses, double learning_rate) {
  for (const auto& [part, loss] : losses) {
    sums_[part].total += loss;
    ++sums_[part].count;
  }
  if (step % interval_ != 0 && step != total_steps_) return;
  CurvePoint point;
  point.step = step;
  point.learning_rate = learning_rate;
  for (const auto& [part, sum] : sums_) point.losses[part] = sum.total / sum.count;
  points_.push_back(std::move(point));
  sums_.clear();
}

std::vector<CurvePoint> LossCurve::TakeNew() {
  std::vector<CurvePoint> points(points_.begin() + static_cast<std::ptrdiff_t>(taken_), points_.end());
  taken_ = points_.size();
  return points;
}

// nlohmann writes the shortest digits that give the same double again.
std::string LossCurve::Serialize() const {
  nlohmann::json points = nlohmann::json::array();
  for (const CurvePoint& point : points_) {
    points.push_back({{"step", point.step}, {"losses", point.losses}, {"learning_rate", point.learning_rate}});
  }
  nlohmann::json sums = nlohmann::json::object();
  for (const auto& [part, sum] : sums_) sums[part] = {{"total", sum.total}, {"count", sum.count}};
  return nlohmann::json{{"points", points}, {"sums", sums}}.dump() + "\n";
}

absl::Status LossCurve::Restore(absl::string_view text) {
  try {
    const nlohmann::json curve = nlohmann::json::parse(text.begin(), text.end());
    std::vector<CurvePoint> points;
    for (const auto& point : curve.at("points")) {
      points.push_back({point.at("step").get<int>(), point.at("losses").get<std::map<std::string, double>>(),
                        point.at("learning_rate").get<double>()});
    }
    std::map<std::string, Sum> sums;
    for (const auto& [part, sum] : curve.at("sums").items()) {
      sums[part] = {sum.at("total").get<double>(), sum.at("count").get<int>()};
    }
    points_ = Thinned(std::move(points), interval_);
    sums_ = std::move(sums);
    taken_ = 0;
    return absl::OkStatus();
  } catch (const nlohmann::json::exception& error) {
    return WithReason(absl::DataLossError(absl::StrCat("the loss curve of a checkpoint: ", error.what())),
                      "BAD_CHECKPOINT");
  }
}

}  // namespace facet::model
