// SPDX-License-Identifier: Apache-2.0
#include "tests/model/train/job_samples.h"

#include <atomic>
#include <filesystem>
#include <fstream>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "model/train/trainer_job.h"
#include "tests/model/train/tiny_world.h"

namespace facet::model {
namespace {

constexpr char kSpec[] = R"(
  training_job: "trainingJobs/tiny"
  dataset: "datasets/bars@1"
  preset {
    name: "tiny"
    generator {
      feature_width: 8
      joint_widths: 32
      base_size: 2
      base_channels: 16
      layers { out_channels: 8 kernel: 4 padding: 1 }
      layers { out_channels: 3 kernel: 4 padding: 1 }
      image_size: 8
      leaky_slope: 0.1
    }
    classifier {
      blocks { out_channels: 8 kernel: 3 padding: 1 pool_kernel: 2 pool_stride: 2 }
      blocks { out_channels: 16 kernel: 3 padding: 1 pool_kernel: 2 pool_stride: 2 }
      head_widths: 32
      leaky_slope: 0.2
      dropout: 0.25
      feature_loss_block: 1
    }
    training {
      steps: 40
      batch_size: 8
      seed: 3
      update_rule: UPDATE_RULE_REAL
      pixel_weight: 1
      class_weight: 1
      feature_loss_weight: 0.1
      learning_rate: 5e-3
      beta1: 0.9
      beta2: 0.99
      epsilon: 1e-8
      schedule { kind: SCHEDULE_KIND_COSINE }
      checkpoint_interval: 10
      threads: 1
    }
    judge { steps: 30 batch_size: 8 learning_rate: 5e-3 }
  }
  hold_out { name: "no_colour" per: ["side", "shade"] missing: "colour" count: 2 seed: 1 }
)";

}  // namespace

internal::TrainerSpec TinySpec(const std::string& dataset_dir) {
  internal::TrainerSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kSpec, &spec));
  spec.set_dataset_dir(dataset_dir);
  return spec;
}

std::string MakeJob(const internal::TrainerSpec& changes) {
  const std::string dir = MakeTempDir();
  WriteTinyDataset(dir + "/data");
  internal::TrainerSpec spec = TinySpec(dir + "/data");
  spec.MergeFrom(changes);
  std::ofstream(dir + "/" + kSpecFile, std::ios::binary) << spec.SerializeAsString();
  return dir;
}

void WriteSpec(const std::string& job_dir, const internal::TrainerSpec& spec) {
  std::ofstream(job_dir + "/" + kSpecFile, std::ios::binary) << spec.SerializeAsString();
}

std::string MakeEvaluationJob(v1::EvaluationReport* trained) {
  const std::string dir = MakeJob();
  RecordingSink sink;
  TrainerJobOptions options;
  options.job_dir = dir;
  options.device = "cpu";
  options.sink = &sink;
  std::atomic<bool> stop{false};
  EXPECT_TRUE(RunTrainerJob(options, stop).ok());
  if (trained != nullptr) *trained = sink.events.back().finished().report();
  // What a server leaves for a task.
  std::filesystem::rename(dir + "/bundle", dir + "/start");
  for (const char* name : {"checkpoints", "samples", "report.json"}) std::filesystem::remove_all(dir + "/" + name);
  internal::TrainerSpec spec = TinySpec(dir + "/data");
  spec.mutable_evaluation()->set_model("models/tiny@1");
  WriteSpec(dir, spec);
  return dir;
}

std::string MakeAugmentationJob() {
  const std::string dir = MakeEvaluationJob();
  internal::TrainerSpec spec = TinySpec(dir + "/data");
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(R"(
    augmentation {
      model: "models/tiny@1" feature: "side" mix_feature: "shade"
      tests { name: "one" dataset: "a" }
      tests { name: "two" dataset: "b" }
      sources: [TRAINING_SOURCE_ORIGINALS, TRAINING_SOURCE_FLIPS_AND_ROTATIONS, TRAINING_SOURCE_ORIGINALS_AND_SYNTHETIC]
      seeds: 2 steps: 30 batch_size: 8 learning_rate: 5e-3
      filter { min_confidence: 1e-6 min_sharpness: 1e-9 max_sharpness: 1e9 }
    })",
                                                            &spec));
  for (const char* name : {"/one", "/two"}) {
    WriteTinyDataset(dir + name);
    spec.add_test_dirs(dir + name);
  }
  WriteSpec(dir, spec);
  return dir;
}

std::vector<internal::TrainerEvent> ParseEvents(absl::string_view bytes) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  std::vector<internal::TrainerEvent> events;
  uint32_t length = 0;
  while (stream.ReadVarint32(&length)) {
    std::string message;
    // The last one of a killed trainer may be cut off.
    if (!stream.ReadString(&message, static_cast<int>(length))) break;
    EXPECT_TRUE(events.emplace_back().ParseFromString(message));
  }
  return events;
}

std::vector<std::string> Phases(const std::vector<internal::TrainerEvent>& events) {
  std::vector<std::string> phases;
  for (const internal::TrainerEvent& event : events) {
    if (!event.has_progress()) continue;
    if (phases.empty() || phases.back() != event.progress().phase()) phases.push_back(event.progress().phase());
  }
  return phases;
}

}  // namespace facet::model
