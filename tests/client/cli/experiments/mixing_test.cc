// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/experiments.h"
#include "gmock/gmock.h"
#include "tests/base/status_is.h"
#include "tests/client/cli/experiments/fake_trainer.h"

namespace facet::cli {
namespace {

using testing::HasSubstr;

TEST(MixingTest, NothingIsTrainedForPeopleOrExpressionsThatAreNotThere) {
  client::FakeServer server;
  FakeTrainer trainer(server);
  server.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset* dataset) {
    dataset->set_name("datasets/faces@1");
    for (const char* name : {"identity", "expression"}) dataset->mutable_schema()->add_features()->set_name(name);
    for (const char* person : {"F01", "M01"}) dataset->mutable_schema()->mutable_features(0)->add_classes(person);
    dataset->mutable_schema()->mutable_features(1)->add_classes("HA");
    return grpc::Status::OK;
  };
  Context context;
  context.server = server.address();
  context.json = true;
  ExperimentOptions options;
  options.name = "mixing";
  options.dataset = "faces";
  options.expression = "ZZ";
  EXPECT_THAT(RunMixing(context, options),
              IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--expression 'ZZ' is not in the data set")));
  options.expression = "";
  options.with = {"M02"};
  EXPECT_THAT(RunMixing(context, options), IsError(absl::StatusCode::kInvalidArgument, HasSubstr("--with 'M02'")));
  EXPECT_TRUE(trainer.created.empty());
}

}  // namespace
}  // namespace facet::cli
