// SPDX-License-Identifier: Apache-2.0
// Jobs as facetd would write them, on the tiny data set.
#ifndef FACET_TESTS_MODEL_TRAIN_JOB_SAMPLES_H_
#define FACET_TESTS_MODEL_TRAIN_JOB_SAMPLES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "facet/internal/trainer.pb.h"
#include "model/train/event_sink.h"

namespace facet::model {

// A spec of 40 steps with a judge of 30, one held-out rule.
internal::TrainerSpec TinySpec(const std::string& dataset_dir);

// A new folder with the tiny data set and a job that trains on it; returns the
// folder of the job.
std::string MakeJob(const internal::TrainerSpec& changes = {});

// Trains MakeJob()'s model here; returns the folder of a job that measures it,
// with the judge that its training had. `trained` gets the training's report.
std::string MakeEvaluationJob(v1::EvaluationReport* trained = nullptr);
// Likewise, of a job that compares two recognisers of each of three sources, of
// 30 steps, on the side, on two test sets.
std::string MakeAugmentationJob();
// Writes kSpecFile.
void WriteSpec(const std::string& job_dir, const internal::TrainerSpec& spec);

// Splits what a PipeEventSink wrote.
std::vector<internal::TrainerEvent> ParseEvents(absl::string_view bytes);

// Keeps what it is told.
class RecordingSink final : public EventSink {
 public:
  void Send(const internal::TrainerEvent& event) override { events.push_back(event); }
  bool gone() const override { return leaves_after > 0 && events.size() >= leaves_after; }

  std::vector<internal::TrainerEvent> events;
  size_t leaves_after = 0;  // 0: never
};

// Phases in the order in which they were told of, each once.
std::vector<std::string> Phases(const std::vector<internal::TrainerEvent>& events);

}  // namespace facet::model

#endif  // FACET_TESTS_MODEL_TRAIN_JOB_SAMPLES_H_
