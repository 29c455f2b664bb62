// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_JOB_START_H_
#define FACET_SERVER_CORE_JOBS_JOB_START_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "facet/internal/trainer.pb.h"
#include "facet/v1/model.pb.h"
#include "facet/v1/training.pb.h"
#include "model/preset/net_shape.h"
#include "server/core/store/store.h"

namespace facet::server {

// Finds a model version, by whatever name, and the folder of its bundle.
struct FoundModel {
  v1::ModelVersion version;
  std::string bundle_dir;
};
using ModelFinder = std::function<absl::StatusOr<FoundModel>(const std::string& name)>;

struct JobStartOptions {
  FileSystem* file_system = nullptr;
  std::string jobs_root;
  Store* store = nullptr;
  ModelFinder find_model;
};

// What a job begins from, found and checked.
struct JobStart {
  internal::TrainerSpec::Start spec;
  std::string folder;  // a sealed folder: a checkpoint or a bundle
  int step = 0;        // steps done there; 0 with a model
};

// That of a model, whatever its shapes.
JobStart StartFrom(const FoundModel& model);

// Finds what `start` names and checks that it fits `nets`. Errors with the path
// "spec.start...". INVALID_ARGUMENT: nothing named, other shapes, or no step
// left to do. NOT_FOUND: no such job or model, or no checkpoint of that step.
// FAILED_PRECONDITION (reason NO_CHECKPOINT): the job has none.
absl::StatusOr<JobStart> FindStart(const JobStartOptions& options, const v1::StartingPoint& start,
                                   const model::NetPlan& nets);

// Copies it to the new sealed folder `path`, checked once more. DATA_LOSS or
// NOT_FOUND: damaged, or gone meanwhile.
absl::Status CopyStart(FileSystem& file_system, const JobStart& start, const std::string& path);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_JOB_START_H_
