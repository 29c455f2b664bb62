// SPDX-License-Identifier: Apache-2.0
// The program `facet` against a server whose answers are written here: what it
// asks, prints and ends with. tests/end_to_end has it against a real one.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "base/process.h"
#include "gmock/gmock.h"
#include "tests/base/temp_dir.h"
#include "tests/client/fake_server.h"
#include "tests/end_to_end/command.h"
#include "tests/end_to_end/server_process.h"

namespace facet {
namespace {

using client::RichStatus;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class FacetProgramTest : public testing::Test {
 protected:
  FacetProgramTest() {
    v1::Feature& digit = *model_.mutable_card()->mutable_schema()->add_features();
    digit.set_name("digit");
    for (const char* name : {"0", "1", "2"}) digit.add_classes(name);
    model_.set_name("models/digits@3");
    server_.models.get = [this](const v1::GetModelRequest&, v1::ModelVersion* model) {
      *model = model_;
      return grpc::Status::OK;
    };
    server_.generation.render_stream = client::RenderSmallImages;
  }

  CommandResult Facet(std::vector<std::string> words) {
    words.insert(words.begin(), {"facet", "--server", server_.address()});
    return RunCommand(std::move(words), {"TERM=dumb"});
  }
  // A command that must succeed.
  std::string Out(std::vector<std::string> words) {
    const CommandResult result = Facet(std::move(words));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  client::FakeServer server_;
  v1::ModelVersion model_;
  TempDir dir_;
};

TEST_F(FacetProgramTest, EachKindOfErrorHasItsExitCode) {
  grpc::Status answer;
  server_.models.get = [&](const v1::GetModelRequest&, v1::ModelVersion*) { return answer; };
  for (const auto& [code, exit_code] : std::map<grpc::StatusCode, int>{{grpc::StatusCode::INVALID_ARGUMENT, 2},
                                                                       {grpc::StatusCode::NOT_FOUND, 3},
                                                                       {grpc::StatusCode::FAILED_PRECONDITION, 4},
                                                                       {grpc::StatusCode::RESOURCE_EXHAUSTED, 5},
                                                                       {grpc::StatusCode::DEADLINE_EXCEEDED, 7},
                                                                       {grpc::StatusCode::DATA_LOSS, 8},
                                                                       {grpc::StatusCode::INTERNAL, 1}}) {
    answer = RichStatus(code, "what is wrong", "REASON", "name");
    const CommandResult result = Facet({"models", "show", "digits"});
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.err, StartsWith("facet: what is wrong (REASON)\n  field: name\n"));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(FacetProgramTest, WithoutAServerItSaysWhereItLookedAndEndsWith6) {
  server_.Stop();
  const CommandResult result = Facet({"status"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr(server_.address()), HasSubstr("FACET_SERVER"), HasSubstr("is facetd running")));
}

TEST_F(FacetProgramTest, HealthIsOneCallAndTheExitCode) {
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckResponse::ServingStatus says = HealthCheckResponse::SERVING;
  server_.health.check = [&](const grpc::health::v1::HealthCheckRequest&, HealthCheckResponse* response) {
    response->set_status(says);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Out({"status", "--health"}), "serving\n");
  EXPECT_EQ(nlohmann::json::parse(Out({"--json", "status", "--health"}))["serving"], true);
  says = HealthCheckResponse::NOT_SERVING;
  const CommandResult result = Facet({"status", "--health"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.out, "not serving\n");
  server_.Stop();
  EXPECT_EQ(Facet({"status", "--health"}).exit_code, 6);
}

TEST_F(FacetProgramTest, TheServerMayStandInTheEnvironment) {
  const CommandResult result =
      RunCommand({"facet", "models", "show", "digits"}, {absl::StrCat("FACET_SERVER=", server_.address())});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("models/digits@3: "));
}

TEST_F(FacetProgramTest, UsageErrorsNeedNoServer) {
  server_.Stop();
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {"rendr"},
                                             {"models", "shw"},
                                             {"render"},
                                             {"--timeout", "0", "status"},
                                             {"render", "--model", "x", "--set", "y", "--out", "a.png"},
                                             {"sweep", "--model", "x", "--sweep", "digit", "--out", "a.gif"},
                                             {"render", "--model", "x", "--out", "a.bmp"},
                                             {"models", "heldout", "x", "--out", "a"},
                                             {"completion", "fish"}}) {
    const CommandResult result = Facet(words);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words);
    EXPECT_THAT(result.err, StartsWith("facet: ")) << testing::PrintToString(words);
  }
}

TEST_F(FacetProgramTest, HelpOfEveryCommandIsThere) {
  const CommandResult help = Facet({"--help"});
  EXPECT_THAT(help.out, HasSubstr("Exit codes: 0 done"));
  for (const char* command : {"dataset", "train", "jobs", "models", "render", "grid", "sweep", "classify", "stream",
                              "status", "bench", "completion"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
    const CommandResult own = Facet({command, "--help"});
    EXPECT_EQ(own.exit_code, 0) << command;
    EXPECT_THAT(own.out, HasSubstr(absl::StrCat("Usage: facet ", command))) << command;
  }
}

TEST_F(FacetProgramTest, PicturesAreAnnouncedInWordsOrJson) {
  const std::string path = dir_ / "a.png";
  const std::vector<std::vector<std::string>> commands = {
      {"render", "--model", "digits", "--set", "digit=1", "--out", path},
      {"sweep", "--model", "digits", "--sweep", "digit=0..2", "--out", path}};
  for (std::vector<std::string> words : commands) {
    EXPECT_THAT(Out(words), AllOf(StartsWith(path + ": "), HasSubstr("models/digits@3")));
    EXPECT_EQ(TempDir::Read(path).substr(1, 3), "PNG");
    words.insert(words.begin(), "--json");
    const auto json = nlohmann::json::parse(Out(words));
    EXPECT_EQ(json["out"], path);
    EXPECT_EQ(json["model_version"], "models/digits@3");
  }
}

TEST_F(FacetProgramTest, APictureOnStandardOutputIsAlone) {
  const std::string out = Out({"render", "--model", "digits", "--set", "digit=1", "--out", "-"});
  EXPECT_EQ(out.substr(1, 3), "PNG");
  EXPECT_THAT(out, testing::EndsWith(std::string("IEND\xae\x42\x60\x82")));
}

TEST_F(FacetProgramTest, JsonIsAloneOnStandardOutput) {
  server_.Stop();
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"render", "--model", "digits", "--show"},
                                             {"render", "--model", "digits", "--out", "-"},
                                             {"grid", "--model", "digits", "--rows", "a", "--cols", "b", "--show"},
                                             {"sweep", "--model", "digits", "--sweep", "digit=0..2", "--out", "-"},
                                             {"models", "heldout", "digits", "--out", "-"}}) {
    std::vector<std::string> json = words;
    json.insert(json.begin(), "--json");
    const CommandResult result = Facet(json);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words);
    EXPECT_THAT(result.err, HasSubstr("--json and --")) << testing::PrintToString(words);
    EXPECT_EQ(Facet(words).exit_code, 6) << testing::PrintToString(words);
  }
}

TEST_F(FacetProgramTest, WhatIsRemovedIsNamed) {
  server_.models.remove = [](const v1::DeleteModelRequest&, google::protobuf::Empty*) { return grpc::Status::OK; };
  server_.datasets.remove = [](const v1::DeleteDatasetRequest&, google::protobuf::Empty*) { return grpc::Status::OK; };
  server_.training.remove = [](const v1::DeleteTrainingJobRequest&, google::protobuf::Empty*) {
    return grpc::Status::OK;
  };
  for (const char* kind : {"models", "dataset", "jobs"}) {
    EXPECT_EQ(Out({kind, "rm", "a"}), "a: removed\n");
    EXPECT_EQ(nlohmann::json::parse(Out({"--json", kind, "rm", "a"}))["removed"], "a");
  }
}

TEST_F(FacetProgramTest, ALogAsJsonIsOneObject) {
  server_.training.log = [](const v1::ReadTrainingLogRequest& request, v1::ReadTrainingLogResponse* response) {
    const std::string log = "one\ntwo\n";
    const int64_t begin = std::max<int64_t>(0, request.offset());
    response->set_text(log.substr(begin, 4));
    response->set_next_offset(begin + static_cast<int64_t>(response->text().size()));
    return grpc::Status::OK;
  };
  EXPECT_EQ(Out({"jobs", "logs", "j"}), "one\ntwo\n");
  const auto json = nlohmann::json::parse(Out({"--json", "jobs", "logs", "j"}));
  EXPECT_EQ(json["text"], "one\ntwo\n");
  EXPECT_EQ(json["complete"], false);
}

TEST_F(FacetProgramTest, PicturesThatCannotBeWrittenAreRefusedFirst) {
  server_.Stop();
  EXPECT_EQ(Facet({"stream", "--model", "digits", "--sheet", "b.bmp"}).exit_code, 2);
  EXPECT_EQ(Facet({"dataset", "show", "digits", "--samples", "b.bmp"}).exit_code, 2);
  EXPECT_EQ(Facet({"stream", "--model", "digits", "--sheet", "-"}).exit_code, 2);
}

TEST_F(FacetProgramTest, WhatIsNotSetIsTheFirstClassAndSaid) {
  const CommandResult result = Facet({"render", "--model", "digits", "--out", dir_ / "a.png"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("digit=0"));
}

TEST_F(FacetProgramTest, AMisspeltFeatureIsNotAnnouncedAsNotSet) {
  server_.generation.render_stream = [](const v1::RenderStreamRequest&, grpc::ServerWriter<v1::RenderStreamResponse>*) {
    return RichStatus(grpc::StatusCode::INVALID_ARGUMENT, "there is no feature 'digt'", "UNKNOWN_FEATURE");
  };
  const CommandResult result = Facet({"render", "--model", "digits", "--set", "digt=1", "--out", dir_ / "a.png"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "facet: there is no feature 'digt' (UNKNOWN_FEATURE)\n");
}

TEST_F(FacetProgramTest, AJobThatHasEndedHasNoTimeLeft) {
  v1::TrainingJobState state = v1::TRAINING_JOB_STATE_RUNNING;
  server_.training.get = [&](const v1::GetTrainingJobRequest&, v1::TrainingJob* job) {
    job->set_state(state);
    job->mutable_progress()->set_step(3);
    job->mutable_progress()->mutable_time_left()->set_seconds(42);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Out({"jobs", "show", "j"}), HasSubstr("42 s left"));
  state = v1::TRAINING_JOB_STATE_CANCELLED;
  EXPECT_THAT(Out({"jobs", "show", "j"}), AllOf(HasSubstr("step 3/"), testing::Not(HasSubstr("left"))));
}

TEST_F(FacetProgramTest, ListsAreTablesOrJson) {
  server_.models.list = [this](const v1::ListModelsRequest&, v1::ListModelsResponse* response) {
    *response->add_models() = model_;
    return grpc::Status::OK;
  };
  EXPECT_THAT(Out({"models", "list"}),
              AllOf(StartsWith("NAME "), HasSubstr("\nmodels/digits@3 "), HasSubstr("digit(3)")));
  EXPECT_EQ(nlohmann::json::parse(Out({"models", "list", "--json"}))[0]["name"], "models/digits@3");
  server_.models.list = [](const v1::ListModelsRequest&, v1::ListModelsResponse*) { return grpc::Status::OK; };
  EXPECT_THAT(Out({"models", "list"}), HasSubstr("facet train"));
  EXPECT_EQ(Out({"--json", "models", "list"}), "[]\n");
}

TEST_F(FacetProgramTest, ARankNeedsToKnowOfHowMany) {
  v1::StreamSpec asked;
  server_.augmentation.describe = [&](const v1::DescribeStreamRequest& request, v1::DescribeStreamResponse*) {
    asked = request.spec();
    return grpc::Status::OK;
  };
  const CommandResult alone = Facet({"stream", "--model", "digits", "--rank", "1", "--describe"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--world-size"));
  Out({"stream", "--model", "digits", "--rank", "1", "--world-size", "4", "--describe"});
  EXPECT_EQ(asked.rank(), 1);
  EXPECT_EQ(asked.world_size(), 4);
  const std::string file = dir_.Write("recipe.json", R"({"model": "digits", "world_size": 3})");
  Out({"stream", "--spec", file, "--rank", "2", "--describe"});
  EXPECT_EQ(asked.rank(), 2);
  EXPECT_EQ(asked.world_size(), 3);
}

TEST_F(FacetProgramTest, AListOfVersionsOfNothingIsAnError) {
  server_.models.list = [](const v1::ListModelsRequest&, v1::ListModelsResponse*) { return grpc::Status::OK; };
  server_.datasets.list = [](const v1::ListDatasetsRequest&, v1::ListDatasetsResponse*) { return grpc::Status::OK; };
  for (const char* kind : {"models", "dataset"}) {
    for (const CommandResult& result : {Facet({kind, "list", "nope"}), Facet({"--json", kind, "list", "nope"})}) {
      EXPECT_EQ(result.exit_code, 3);
      EXPECT_THAT(result.err, HasSubstr("'nope'"));
    }
    EXPECT_EQ(Out({"--json", kind, "list"}), "[]\n");
  }
}

TEST_F(FacetProgramTest, TheLimitOfMessagesIsAnOption) {
  model_.mutable_card()->set_description(std::string(2 << 20, 'x'));
  const CommandResult small = Facet({"--max-message-mib", "1", "models", "show", "digits"});
  EXPECT_EQ(small.exit_code, 5);
  EXPECT_THAT(small.err, HasSubstr("larger than max"));
  EXPECT_EQ(Facet({"--max-message-mib", "4", "models", "show", "digits"}).exit_code, 0);
  EXPECT_EQ(Facet({"--max-message-mib", "0", "models", "show", "digits"}).exit_code, 2);
}

// --- Standard output ---

// What a program of the shell prints.
std::string Bash(const std::string& program) {
  FILE* pipe = popen(absl::StrCat("exec bash -c '", absl::StrReplaceAll(program, {{"'", "'\\''"}}), "'").c_str(), "r");
  std::string out;
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, got);
  pclose(pipe);
  return out;
}

class OutputTest : public FacetProgramTest {
 protected:
  // `facet` with the server's address, for the shell.
  std::string Program() const { return absl::StrCat(ProgramPath("facet"), " --server ", server_.address(), " "); }
};

TEST_F(OutputTest, WhatCannotBeWrittenIsAFailure) {
  for (const char* words : {"models show digits", "--json models show digits", "--help"}) {
    EXPECT_EQ(Bash(absl::StrCat(Program(), words, " 2>&1 >/dev/full; echo $?")),
              "facet: cannot write to standard output: No space left on device\n1\n")
        << words;
  }
}

TEST_F(OutputTest, AReaderThatWantsNoMoreIsNone) {
  EXPECT_EQ(Bash(absl::StrCat(Program(), "models show digits 2>&1 | true; echo ${PIPESTATUS[0]}")), "0\n");
}

TEST_F(OutputTest, AFollowedLogEndsWithItsReader) {
  server_.training.log = [](const v1::ReadTrainingLogRequest& request, v1::ReadTrainingLogResponse* response) {
    // One line, then no more, of a job that goes on.
    if (request.offset() < 0) response->set_text("first\n");
    response->set_next_offset(6);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Bash(absl::StrCat(Program(), "jobs logs -f j | head -n 1; echo ${PIPESTATUS[0]}")), "first\n0\n");
}

// --- Training ---

class TrainTest : public FacetProgramTest {
 protected:
  TrainTest() {
    server_.training.create = [this](const v1::CreateTrainingJobRequest& request, v1::TrainingJob* job) {
      asked_ = request;
      job->set_name("trainingJobs/j");
      return grpc::Status::OK;
    };
  }
  CommandResult Train(std::vector<std::string> words) {
    words.insert(words.begin(), {"train", "--dataset", "digits", "--preset", "digits"});
    return Facet(std::move(words));
  }

  v1::CreateTrainingJobRequest asked_;
};

TEST_F(TrainTest, TheRequestIsWhatTheOptionsSay) {
  const CommandResult result =
      Train({"--id", "j", "--steps", "7", "--seed", "5", "--override", "learning_rate: 0.5", "--validate-only",
             "--hold-out", "colour:per=digit,example;missing=colour;count=100;seed=9", "--hold-out",
             "both:per=digit;missing=colour,rotation;count=1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(asked_.training_job_id(), "j");
  EXPECT_TRUE(asked_.validate_only());
  EXPECT_FALSE(asked_.request_id().empty());
  EXPECT_EQ(asked_.spec().dataset(), "digits");
  EXPECT_EQ(asked_.spec().preset(), "digits");
  EXPECT_EQ(asked_.spec().overrides().steps(), 7);
  EXPECT_EQ(asked_.spec().overrides().seed(), 5u);
  EXPECT_FLOAT_EQ(asked_.spec().overrides().learning_rate(), 0.5f);
  ASSERT_EQ(asked_.spec().hold_out_size(), 2);
  const v1::HoldOutRule& rule = asked_.spec().hold_out(0);
  EXPECT_EQ(rule.name(), "colour");
  EXPECT_THAT(rule.per(), ElementsAre("digit", "example"));
  EXPECT_THAT(rule.missing(), ElementsAre("colour"));
  EXPECT_EQ(rule.count(), 100);
  EXPECT_EQ(rule.seed(), 9u);
  EXPECT_THAT(asked_.spec().hold_out(1).missing(), ElementsAre("colour", "rotation"));
}

TEST_F(TrainTest, HoldOutsThatMakeNoSenseAreShown) {
  for (const char* rule : {"colour", "colour:per", "colour:count=many", "colour:per=a;counts=3", "colour:seed=-1"}) {
    const CommandResult result = Train({"--hold-out", rule, "--validate-only"});
    EXPECT_EQ(result.exit_code, 2) << rule;
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("'", rule, "'"))) << rule;
  }
}

TEST_F(TrainTest, AJobThatFailsEndsWith9AndItsLog) {
  server_.training.watch = [](const v1::WatchTrainingJobRequest&, grpc::ServerWriter<v1::TrainingEvent>* writer) {
    v1::TrainingEvent event;
    event.set_revision(1);
    event.set_state(v1::TRAINING_JOB_STATE_FAILED);
    event.set_transition("the trainer was killed");
    writer->Write(event);
    return grpc::Status::OK;
  };
  server_.training.get = [](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
    job->set_name(request.name());
    job->set_state(v1::TRAINING_JOB_STATE_FAILED);
    job->mutable_failure()->set_message("out of memory");
    job->mutable_failure()->set_signal(9);
    job->mutable_failure()->add_log_tail("loading");
    return grpc::Status::OK;
  };
  const CommandResult result = Train({});
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_THAT(result.err, HasSubstr("the trainer was killed"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("out of memory"), HasSubstr("signal 9"), HasSubstr("loading")));
}

TEST_F(TrainTest, AsJsonTheJobAndThePublishedVersionAreALineEach) {
  server_.training.watch = [](const v1::WatchTrainingJobRequest&, grpc::ServerWriter<v1::TrainingEvent>* writer) {
    v1::TrainingEvent event;
    event.set_revision(1);
    event.set_state(v1::TRAINING_JOB_STATE_SUCCEEDED);
    event.set_transition("done");
    writer->Write(event);
    return grpc::Status::OK;
  };
  server_.training.get = [](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
    job->set_name(request.name());
    job->set_state(v1::TRAINING_JOB_STATE_SUCCEEDED);
    return grpc::Status::OK;
  };
  server_.training.publish = [this](const v1::PublishModelRequest& request, v1::ModelVersion* version) {
    EXPECT_EQ(request.name(), "trainingJobs/j");
    EXPECT_EQ(request.model_id(), "digits");
    *version = model_;
    return grpc::Status::OK;
  };
  const auto lines = [](const std::string& out) {
    std::vector<nlohmann::json> objects;
    for (const absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
      objects.push_back(nlohmann::json::parse(line));
    }
    return objects;
  };
  const auto published = lines(Train({"--json", "--publish", "digits"}).out);
  ASSERT_EQ(published.size(), 2u);
  EXPECT_EQ(published[0]["name"], "trainingJobs/j");
  EXPECT_EQ(published[0]["state"], "TRAINING_JOB_STATE_SUCCEEDED");
  EXPECT_EQ(published[1]["name"], "models/digits@3");
  EXPECT_EQ(lines(Train({"--json"}).out).size(), 1u);
  EXPECT_THAT(Train({"--publish", "digits"}).out, testing::EndsWith("published as models/digits@3\n"));
}

TEST_F(FacetProgramTest, WatchingWithoutAServerEndsAtOnce) {
  server_.Stop();
  const CommandResult result = Facet({"jobs", "watch", "j"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("cannot reach a server"));
}

TEST_F(TrainTest, AConnectionThatIsLostIsSaidOnce) {
  int connections = 0;
  server_.training.watch = [&](const v1::WatchTrainingJobRequest& request,
                               grpc::ServerWriter<v1::TrainingEvent>* writer) {
    if (++connections < 4 && connections != 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
    v1::TrainingEvent event;
    event.set_revision(request.after_revision() + 1);
    event.set_state(connections == 1 ? v1::TRAINING_JOB_STATE_RUNNING : v1::TRAINING_JOB_STATE_SUCCEEDED);
    writer->Write(event);
    return connections == 1 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone") : grpc::Status::OK;
  };
  server_.training.get = [](const v1::GetTrainingJobRequest& request, v1::TrainingJob* job) {
    job->set_name(request.name());
    job->set_state(v1::TRAINING_JOB_STATE_SUCCEEDED);
    return grpc::Status::OK;
  };
  const CommandResult result = Facet({"jobs", "watch", "j"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(connections, 4);
  const size_t first = result.err.find("connection lost, trying again");
  EXPECT_NE(first, std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("connection lost", first + 1), std::string::npos) << result.err;
}

TEST_F(TrainTest, WhatWouldNotBePublishedIsRefused) {
  server_.Stop();
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--publish", "digits", "--detach"}, {"--alias", "stable"}, {"--float16"}, {"--float16", "--detach"}}) {
    const CommandResult result = Train(words);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words);
    EXPECT_THAT(result.err, HasSubstr("--publish"));
  }
}

// Commands that are interrupted while they follow a job.
class InterruptTest : public TrainTest {
 protected:
  // What was printed until the interruption has ended the program.
  std::string Interrupt(std::vector<std::string> words) {
    const auto watched = std::make_shared<absl::Notification>();  // a call may outlive the test's body
    const auto ended = std::make_shared<absl::Notification>();
    server_.training.get = [](const v1::GetTrainingJobRequest&, v1::TrainingJob*) { return grpc::Status::OK; };
    server_.training.watch = [watched, ended](const v1::WatchTrainingJobRequest&,
                                              grpc::ServerWriter<v1::TrainingEvent>*) {
      watched->Notify();
      ended->WaitForNotification();
      return grpc::Status::OK;
    };
    ProcessOptions options;
    options.argv = {ProgramPath("facet"), "--server", server_.address()};
    options.argv.insert(options.argv.end(), words.begin(), words.end());
    options.log_path = dir_ / "log";
    auto process = ProcessLauncher::Posix()->Launch(options);
    EXPECT_TRUE(process.ok()) << process.status();
    if (!process.ok()) return "";
    watched->WaitForNotification();
    (*process)->Signal(SIGINT);
    EXPECT_EQ((*process)->Wait().signal, SIGINT);
    ended->Notify();
    return TempDir::Read(dir_ / "log");
  }
};

constexpr char kGoesOn[] = "trainingJobs/j goes on; follow it with: facet jobs watch trainingJobs/j\n";

TEST_F(InterruptTest, WhoLeavesATrainingIsToldWhatGoesOn) {
  EXPECT_THAT(Interrupt({"train", "--dataset", "digits", "--preset", "digits", "--publish", "digits"}),
              AllOf(HasSubstr(kGoesOn), HasSubstr("facet models publish trainingJobs/j --as digits\n")));
}

TEST_F(InterruptTest, WhoLeavesAMeasurementIsToldWhatGoesOn) {
  EXPECT_THAT(Interrupt({"evaluate", "digits", "digits"}),
              AllOf(HasSubstr(kGoesOn), Not(HasSubstr("will not be written"))));
}

TEST_F(InterruptTest, WhoLeavesAMeasurementIsToldHowToGetTheReport) {
  const std::string report = dir_ / "report.json";
  EXPECT_THAT(Interrupt({"evaluate", "digits", "digits", "--report", report}),
              AllOf(HasSubstr(kGoesOn), HasSubstr(report + " will not be written; once it has ended, the same command "
                                                           "does, with --id j\n")));
}

// --- Completion ---

TEST_F(FacetProgramTest, BashCompletesCommandsAndOptions) {
  const std::string script = dir_.Write("completion", RunCommand({"facet", "completion", "bash"}).out);
  const auto complete = [&](const std::string& words) {
    const std::string program =
        absl::StrCat("source ", script, "; COMP_WORDS=(", words, "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); ",
                     "_facet; echo \"${COMPREPLY[@]}\"");
    return Bash(program);
  };
  EXPECT_EQ(complete("facet re"), "render\n");
  EXPECT_EQ(complete("facet models sh"), "show\n");
  EXPECT_EQ(complete("facet --server h:1 models sh"), "show\n");
  EXPECT_EQ(complete("facet render --model digits --ou"), "--out\n");
  EXPECT_EQ(complete("facet models show digits --rep"), "--report\n");
  EXPECT_EQ(complete("facet render --out pict"), "\n") << "files are the shell's";
}

}  // namespace
}  // namespace facet
