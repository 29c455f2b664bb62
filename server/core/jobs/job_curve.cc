// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/job_curve.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace facet::server {
namespace {

constexpr int kBatch = 1000;

class CurveMerger {
 public:
  void Add(const v1::TrainingEvent& event) {
    if (event.attempt() != attempt_ && event.progress().phase() == "training") {
      attempt_ = event.attempt();
      // What came after the step it begins at is done again.
      points_.erase(points_.upper_bound(event.progress().step()), points_.end());
      checkpoints_.erase(checkpoints_.upper_bound(event.progress().step()), checkpoints_.end());
    }
    for (const v1::CurvePoint& point : event.progress().points()) points_[point.step()] = point;
    if (event.has_checkpoint()) checkpoints_[event.checkpoint().step()] = event.checkpoint();
  }
  v1::TrainingCurve Take() {
    v1::TrainingCurve curve;
    for (auto& [step, point] : points_) *curve.add_points() = std::move(point);
    for (auto& [step, checkpoint] : checkpoints_) *curve.add_checkpoints() = std::move(checkpoint);
    return curve;
  }

 private:
  int attempt_ = 0;
  std::map<int, v1::CurvePoint> points_;
  std::map<int, v1::Checkpoint> checkpoints_;
};

}  // namespace

absl::StatusOr<v1::TrainingCurve> ReadCurve(Store& store, const std::string& job) {
  CurveMerger merger;
  int64_t revision = 0;
  while (true) {
    ASSIGN_OR_RETURN(const auto events, store.ListEvents(job, revision, kBatch));
    for (const v1::TrainingEvent& event : events) merger.Add(event);
    if (static_cast<int>(events.size()) < kBatch) return merger.Take();
    revision = events.back().revision();
  }
}

std::string CurveToCsv(const v1::TrainingCurve& curve) {
  std::set<std::string> names;
  for (const v1::CurvePoint& point : curve.points()) {
    for (const auto& [name, loss] : point.losses()) names.insert(name);
  }
  std::string csv = "step,learning_rate";
  for (const std::string& name : names) absl::StrAppend(&csv, ",", name);
  csv += "\n";
  for (const v1::CurvePoint& point : curve.points()) {
    absl::StrAppendFormat(&csv, "%d,%.17g", point.step(), point.learning_rate());
    for (const std::string& name : names) {
      const auto loss = point.losses().find(name);
      csv += loss == point.losses().end() ? "," : absl::StrFormat(",%.17g", loss->second);
    }
    csv += "\n";
  }
  return csv;
}

}  // namespace facet::server
