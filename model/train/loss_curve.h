// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_LOSS_CURVE_H_
#define FACET_MODEL_TRAIN_LOSS_CURVE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace facet::model {

// Means over the steps since the point before; as v1.CurvePoint.
struct CurvePoint {
  int step = 0;  // steps done
  std::map<std::string, double> losses;
  double learning_rate = 0;  // of the last step
};

// The loss curve of a run: a point at every n-th step, n such that a run has at
// most 1000, and at the last. Which steps, and every digit of the means, follow
// from the steps alone, not from time, so that a run that was killed and went
// on from a checkpoint with this in it has the curve it would have had. Not
// thread-safe.
class LossCurve {
 public:
  explicit LossCurve(int total_steps);

  // Takes what a step lost; steps in ascending order.
  void Add(int step, const std::map<std::string, double>& losses, double learning_rate);
  // Points not taken before.
  std::vector<CurvePoint> TakeNew();
  const std::vector<CurvePoint>& points() const { return points_; }

  // Everything, exactly, as JSON.
  std::string Serialize() const;
  // Goes on from a text of Serialize(), with none of its points taken; that of a
  // shorter run gets the interval of this one. DATA_LOSS (reason
  // BAD_CHECKPOINT): another text; nothing has changed.
  absl::Status Restore(absl::string_view text);

 private:
  struct Sum {
    double total = 0;
    int count = 0;
  };

  int total_steps_;
  int interval_;
  std::vector<CurvePoint> points_;
  size_t taken_ = 0;
  std::map<std::string, Sum> sums_;  // since the last point
};

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_LOSS_CURVE_H_
