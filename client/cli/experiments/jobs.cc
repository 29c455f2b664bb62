// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/jobs.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "client/cli/exit_code.h"
#include "client/cli/job_progress.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

constexpr size_t kHashLength = 8;

std::string SerializeDeterministically(const v1::TrainingSpec& spec) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    spec.SerializeToCodedStream(&coded);
  }
  return bytes;
}

absl::StatusOr<v1::TrainingJob> Create(client::Client& client, const PlannedJob& planned) {
  v1::CreateTrainingJobRequest request;
  request.set_training_job_id(JobId(planned.name, planned.spec));
  *request.mutable_spec() = planned.spec;
  return client.CreateTrainingJob(request);
}

absl::StatusOr<v1::TrainingJob> AwaitSuccess(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(v1::TrainingJob job, AwaitJob(context, name));
  if (CheckSucceeded(job).ok()) return job;
  const absl::string_view id = absl::StripPrefix(job.name(), "trainingJobs/");
  return JobFailedError(absl::StrCat(job.name(), " ended as ", StateName(job.state()),
                                     job.failure().message().empty() ? "" : absl::StrCat(": ", job.failure().message()),
                                     "\n  see facet jobs show ", id, "; to try again, facet jobs rm ", id,
                                     " and the same command"));
}

// A version published from the job before may have been removed.
absl::StatusOr<v1::ModelVersion> Publish(client::Client& client, const PlannedJob& planned,
                                         const v1::TrainingJob& job) {
  for (const std::string& name : job.published()) {
    auto version = client.GetModel(name);
    if (version.ok() || !absl::IsNotFound(version.status())) return version;
  }
  v1::PublishModelRequest request;
  request.set_name(job.name());
  request.set_model_id(planned.name);
  request.set_description(absl::StrCat("facet experiment: ", planned.label));
  return client.PublishModel(request);
}

}  // namespace

std::string JobId(const std::string& name, const v1::TrainingSpec& spec) {
  return absl::StrCat(name, "-", Sha256Hex(SerializeDeterministically(spec)).substr(0, kHashLength));
}

absl::StatusOr<std::vector<ExperimentRun>> RunJobs(Context& context, const std::vector<PlannedJob>& jobs) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  std::vector<std::string> names;
  for (const PlannedJob& planned : jobs) {
    ASSIGN_OR_RETURN(const v1::TrainingJob job, Create(*client, planned));
    names.push_back(job.name());
  }
  std::vector<ExperimentRun> runs;
  for (size_t i = 0; i < jobs.size(); ++i) {
    ExperimentRun run;
    run.label = jobs[i].label;
    ASSIGN_OR_RETURN(run.job, AwaitSuccess(context, names[i]));
    if (jobs[i].publish) {
      ASSIGN_OR_RETURN(run.model, Publish(*client, jobs[i], *run.job));
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace facet::cli
