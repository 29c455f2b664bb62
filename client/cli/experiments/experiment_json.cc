// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "client/cli/experiments/experiment_report.h"
#include "client/cli/output.h"

namespace facet::cli {
namespace {

using Json = nlohmann::ordered_json;

Json Parsed(const google::protobuf::Message& message) { return Json::parse(ToJson(message)); }

Json RunOf(const ExperimentRun& run) {
  Json json;
  json["label"] = run.label;
  if (run.job.has_value()) {
    json["job"] = run.job->name();
    json["spec"] = Parsed(run.job->spec());
  }
  if (run.model.has_value()) json["model"] = run.model->name();
  if (run.job.has_value() && run.job->has_augmentation_report()) {
    json["augmentation_report"] = Parsed(run.job->augmentation_report());
  } else {
    json["report"] = Parsed(run.report());
  }
  return json;
}

}  // namespace

std::string ToJson(const ExperimentReport& report) {
  Json json;
  json["experiment"] = report.experiment;
  json["command"] = report.command;
  json["datasets"] = Json::array();
  for (const v1::Dataset& dataset : report.datasets) json["datasets"].push_back(Parsed(dataset));
  json["runs"] = Json::array();
  for (const ExperimentRun& run : report.runs) json["runs"].push_back(RunOf(run));
  json["pictures"] = Json::array();
  for (const ExperimentPicture& picture : report.pictures) json["pictures"].push_back(picture.file);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace facet::cli
