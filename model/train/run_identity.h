// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_MODEL_TRAIN_RUN_IDENTITY_H_
#define FACET_MODEL_TRAIN_RUN_IDENTITY_H_

#include <map>
#include <string>

#include "model/data/dataset.h"
#include "model/data/split.h"
#include "model/preset/net_shape.h"

namespace facet::model {

// Everything that decides a run's weights, as readable "path" -> "value":
// shapes, training plan, fingerprint of the data set, the training images. A
// checkpoint may be resumed by a run of equal identity alone.
//
// Left out: thread count and checkpoint interval, which a resumed run may
// change (the first moves weights by rounding), and the judge.
using RunIdentity = std::map<std::string, std::string>;

RunIdentity DescribeRun(const NetPlan& plan, const DatasetInfo& dataset, const Split& split);

// The entries of both nets that decide the shapes of their parameters, of a plan
// and of a run: where these are equal, one can begin from the other's weights.
RunIdentity DescribeNets(const NetPlan& plan);
RunIdentity NetsOf(const RunIdentity& run);

// SHA-256 over all entries, hex.
std::string HashRun(const RunIdentity& identity);

// A sentence for people on what differs, the first few entries by path; empty
// where nothing does.
std::string DescribeDifference(const RunIdentity& saved, const RunIdentity& current);

}  // namespace facet::model

#endif  // FACET_MODEL_TRAIN_RUN_IDENTITY_H_
