// SPDX-License-Identifier: Apache-2.0
// What a recogniser learns from, by v1.TrainingSource. Every batch is a pure
// function of images, seed and step; originals come in the same order from all
// sources of one seed.
#ifndef FACET_MODEL_RECOGNISE_TRAINING_BATCHES_H_
#define FACET_MODEL_RECOGNISE_TRAINING_BATCHES_H_

#include <cstdint>
#include <memory>

#include "model/recognise/comparison_plan.h"
#include "model/train/batch.h"
#include "model/train/labelled_images.h"

namespace facet::model {

// `originals` and, where the source needs them, `synthetic` are not empty and
// outlive the batches.
std::unique_ptr<BatchSource> MakeTrainingBatches(TrainingSource source, const LabelledImages* originals,
                                                 const LabelledImages* synthetic, int batch_size, uint64_t seed);

}  // namespace facet::model

#endif  // FACET_MODEL_RECOGNISE_TRAINING_BATCHES_H_
