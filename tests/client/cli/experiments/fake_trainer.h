// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_CLIENT_CLI_EXPERIMENTS_FAKE_TRAINER_H_
#define FACET_TESTS_CLIENT_CLI_EXPERIMENTS_FAKE_TRAINER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/client/fake_server.h"

namespace facet::cli {

// Makes the jobs of a FakeServer end at once, and publishes them.
class FakeTrainer {
 public:
  explicit FakeTrainer(client::FakeServer& server) {
    server.training.create = [this](const v1::CreateTrainingJobRequest& request, v1::TrainingJob* job) {
      created.push_back(request);
      v1::TrainingJob& kept = jobs[absl::StrCat("trainingJobs/", request.training_job_id())];
      if (kept.name().empty()) {
        kept.set_name(absl::StrCat("trainingJobs/", request.training_job_id()));
        *kept.mutable_spec() = request.spec();
        kept.set_state(end);
        if (request.spec().has_augmentation()) {
          kept.mutable_augmentation_report()->set_feature("expression");
          for (const std::string& name : sources) kept.mutable_augmentation_report()->add_sources()->set_name(name);
        } else {
          kept.mutable_report()->set_train_seconds(1);
        }
      }
      *job = kept;
      return grpc::Status::OK;
    };
    server.training.get = [this](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
      *job = jobs[request.name()];
      return grpc::Status::OK;
    };
    server.training.watch = [this](const v1::WatchTrainingJobRequest& request,
                                   grpc::ServerWriter<v1::TrainingEvent>* writer) {
      v1::TrainingEvent event;
      event.set_revision(1);
      event.set_state(jobs[request.name()].state());
      writer->Write(event);
      return grpc::Status::OK;
    };
    server.training.publish = [this](const v1::PublishModelRequest& request, v1::ModelVersion* version) {
      version->set_name(absl::StrCat("models/", request.model_id(), "@", ++published));
      jobs[request.name()].add_published(version->name());
      return grpc::Status::OK;
    };
    server.models.get = [](const v1::GetModelRequest& request, v1::ModelVersion* version) {
      version->set_name(request.name());
      return grpc::Status::OK;
    };
  }

  v1::TrainingJobState end = v1::TRAINING_JOB_STATE_SUCCEEDED;    // of jobs made from here on
  std::vector<std::string> sources = {"originals", "synthetic"};  // of reports of recognisers
  std::vector<v1::CreateTrainingJobRequest> created;
  std::map<std::string, v1::TrainingJob> jobs;
  int published = 0;
};

}  // namespace facet::cli

#endif  // FACET_TESTS_CLIENT_CLI_EXPERIMENTS_FAKE_TRAINER_H_
