// SPDX-License-Identifier: Apache-2.0
// Errors, help, lists and pictures.
#include "tests/client/cli/facet_program.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"

namespace facet {
namespace {

using client::RichStatus;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

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
                                             {"--timeout", "nan", "status"},
                                             {"--timeout", "1e300", "status"},
                                             {"bench", "render", "--model", "x", "--seconds", "nan"},
                                             {"render", "--model", "x", "--out", ""},
                                             {"grid", "--model", "x", "--rows", "a", "--cols", "b", "--out", ""},
                                             {"sweep", "--model", "x", "--sweep", "a=b..c", "--out", ""},
                                             {"models", "heldout", "x", "--out", ""},
                                             {"jobs", "plot", "x", "--out", ""},
                                             {"stream", "--model", "x", "--out", ""},
                                             {"experiment", "mixing", "--model", "x", "--out", ""},
                                             {"render", "--model", "x", "--set", "y", "--out", "a.png"},
                                             {"sweep", "--model", "x", "--sweep", "digit", "--out", "a.gif"},
                                             {"render", "--model", "x", "--out", "a.bmp"},
                                             {"models", "heldout", "x", "--out", "a"},
                                             {"jobs", "plot", "x", "--out", "curve.png"},
                                             {"jobs", "plot", "x", "--out", "curve"},
                                             {"completion", "fish"}}) {
    const CommandResult result = Facet(words);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words);
    EXPECT_THAT(result.err, StartsWith("facet: ")) << testing::PrintToString(words);
  }
}

TEST_F(FacetProgramTest, TextsThatAreNotUtf8AreNamed) {
  server_.Stop();
  const std::string bad = "a\xff";
  const std::map<std::string, std::vector<std::string>> commands = {
      {"name: ", {"models", "show", bad}},
      {"alias: ", {"models", "alias", "digits@1", bad}},
      {"--set: ", {"render", "--model", "digits", "--set", bad}},
      {"--description: ", {"dataset", "import", "digits", "--bundled", "digits", "--description", bad}},
      {"jobs: ", {"jobs", "cancel", "a", bad}}};
  for (const auto& [named, words] : commands) {
    const CommandResult result = Facet(words);
    EXPECT_EQ(result.exit_code, 2) << named;
    EXPECT_THAT(result.err, StartsWith(absl::StrCat("facet: ", named, "'a?' is not UTF-8\n"))) << named;
  }
  const CommandResult server = RunCommand({"facet", "status"}, {absl::StrCat("FACET_SERVER=", bad)});
  EXPECT_EQ(server.exit_code, 2);
  EXPECT_THAT(server.err, StartsWith("facet: --server: 'a?' is not UTF-8\n"));
  EXPECT_THAT(Facet({bad}).err, StartsWith("facet: there is no command 'a?'"));
  EXPECT_THAT(Facet({"dataset", "import", "digits", bad, "--on-server"}).err,
              StartsWith("facet: the folder 'a?' of the server is not UTF-8\n"));
}

TEST_F(FacetProgramTest, PathsAreAnyBytes) {
  const std::string path = dir_ / "\xff.png";
  const auto json = nlohmann::json::parse(Out({"--json", "render", "--model", "digits", "--out", path}));
  EXPECT_EQ(json["out"], dir_ / "?.png");
  EXPECT_EQ(TempDir::Read(path).substr(1, 3), "PNG");
}

TEST_F(FacetProgramTest, WhatSteersATerminalIsShown) {
  server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset* dataset) {
    dataset->set_name("datasets/a@1");
    dataset->set_description("from \x1b[2J\u202Ehere");
    dataset->mutable_schema()->add_features()->set_name("kind");
    dataset->mutable_schema()->mutable_features(0)->add_classes("gnp.\u202Eexe");
    dataset->add_dropped()->set_path("\u2066b.png");
    dataset->set_dropped_count(1);
    return grpc::Status::OK;
  };
  const std::string text = Out({"dataset", "show", "a"});
  EXPECT_THAT(text,
              AllOf(HasSubstr("gnp.?exe"), HasSubstr("?b.png"), Not(HasSubstr("\u202E")), Not(HasSubstr("\x1b"))));
  const std::string json = Out({"--json", "dataset", "show", "a"});
  EXPECT_THAT(json, AllOf(Not(HasSubstr("\u202E")), Not(HasSubstr("\u2066"))));
  EXPECT_EQ(nlohmann::json::parse(json)["description"], "from \x1b[2J\u202Ehere");
  server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset*) {
    return RichStatus(grpc::StatusCode::NOT_FOUND, "there is no '\u202E'", "NO_SUCH", "na\u202Eme");
  };
  EXPECT_THAT(Facet({"dataset", "show", "a"}).err, StartsWith("facet: there is no '?' (NO_SUCH)\n  field: na?me\n"));
}

TEST_F(FacetProgramTest, ScriptsHelpAndVersionAreTextInAnyCase) {
  server_.Stop();
  EXPECT_EQ(Out({"--json", "completion", "bash"}), Out({"completion", "bash"}));
  EXPECT_EQ(Out({"--json", "--version"}), Out({"--version"}));
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

// Columns that UTF-8 text takes where each character takes one.
int Columns(absl::string_view text) {
  int columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return columns;
}

// The commands that a help lists, in their group.
std::vector<std::string> CommandsIn(const std::string& help) {
  std::vector<std::string> commands;
  const size_t list = help.find("\nSubcommands:\n");
  if (list == std::string::npos) return commands;
  for (const absl::string_view line : absl::StrSplit(help.substr(list + 14), '\n')) {
    if (line.size() > 2 && line.substr(0, 2) == "  " && line[2] != ' ') {
      commands.emplace_back(line.substr(2, line.find(' ', 2) - 2));
    } else if (line.substr(0, 2) != "  ") {
      break;
    }
  }
  return commands;
}

TEST_F(FacetProgramTest, HelpFits80ColumnsAndNamesTheGlobalOptions) {
  std::vector<std::vector<std::string>> commands = {{}};
  for (size_t i = 0; i < commands.size(); ++i) {
    std::vector<std::string> words = commands[i];
    words.emplace_back("--help");
    const CommandResult help = Facet(words);
    EXPECT_EQ(help.exit_code, 0) << help.err;
    for (const absl::string_view line : absl::StrSplit(help.out, '\n')) EXPECT_LE(Columns(line), 80) << line;
    EXPECT_THAT(help.out, HasSubstr("--max-message-mib")) << testing::PrintToString(words);
    for (const std::string& command : CommandsIn(help.out)) {
      commands.push_back(commands[i]);
      commands.back().push_back(command);
    }
  }
  EXPECT_GT(commands.size(), 40u);
  EXPECT_THAT(commands, testing::Contains(testing::ElementsAre("bench", "bare-stream")));
}

TEST_F(FacetProgramTest, JobsMayBeAskedForByState) {
  std::vector<int> asked;
  server_.training.list = [&](const v1::ListTrainingJobsRequest& request, v1::ListTrainingJobsResponse* response) {
    asked.assign(request.states().begin(), request.states().end());
    v1::TrainingJob& job = *response->add_training_jobs();
    job.set_name("trainingJobs/a");
    job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
    job.set_priority(-42);
    return grpc::Status::OK;
  };
  EXPECT_THAT(Out({"jobs", "list"}), AllOf(HasSubstr("PRIORITY"), HasSubstr("-42")));
  EXPECT_THAT(asked, IsEmpty());
  Out({"jobs", "list", "--state", "queued,paused"});
  EXPECT_THAT(asked, testing::ElementsAre(v1::TRAINING_JOB_STATE_QUEUED, v1::TRAINING_JOB_STATE_PAUSED));
  const CommandResult wrong = Facet({"jobs", "list", "--state", "runing"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("'running'"));
  server_.training.list = [](const v1::ListTrainingJobsRequest&, v1::ListTrainingJobsResponse*) {
    return grpc::Status::OK;
  };
  EXPECT_EQ(Out({"jobs", "list", "--state", "paused"}), "no job is paused\n");
}

TEST_F(FacetProgramTest, AQueuedJobHasItsPlace) {
  server_.training.get = [](const v1::GetTrainingJobRequest&, v1::TrainingJob* job) {
    job->set_name("trainingJobs/b");
    job->set_state(v1::TRAINING_JOB_STATE_QUEUED);
    return grpc::Status::OK;
  };
  server_.training.list = [](const v1::ListTrainingJobsRequest&, v1::ListTrainingJobsResponse* response) {
    for (const char* name : {"a", "b"}) {
      v1::TrainingJob& job = *response->add_training_jobs();
      job.set_name(absl::StrCat("trainingJobs/", name));
      job.set_priority(*name == 'a' ? 1 : 0);
      job.set_state(v1::TRAINING_JOB_STATE_QUEUED);
    }
    return grpc::Status::OK;
  };
  EXPECT_THAT(Out({"jobs", "show", "b"}), StartsWith("trainingJobs/b: queued, place 2 of 2 in the queue\n"));
}

TEST_F(FacetProgramTest, SeveralJobsAreCancelledAndOneThatFailsHoldsUpNoOther) {
  std::vector<std::string> cancelled;
  server_.training.cancel = [&](const v1::CancelTrainingJobRequest& request, v1::TrainingJob* job) {
    if (request.name() == "b") return RichStatus(grpc::StatusCode::NOT_FOUND, "there is no job 'b'", "UNKNOWN_JOB");
    if (request.name() == "c") return RichStatus(grpc::StatusCode::FAILED_PRECONDITION, "c has ended", "JOB_ENDED");
    cancelled.push_back(request.name());
    EXPECT_TRUE(request.now());
    job->set_name(request.name());
    job->set_state(v1::TRAINING_JOB_STATE_CANCELLED);
    return grpc::Status::OK;
  };
  const CommandResult result = Facet({"jobs", "cancel", "a", "b", "c", "d", "--now"});
  EXPECT_EQ(result.out, "a: cancelled\nd: cancelled\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("there is no job 'b'"), HasSubstr("c has ended")));
  EXPECT_EQ(result.exit_code, 4) << "that of the last one that failed";
  EXPECT_THAT(cancelled, testing::ElementsAre("a", "d"));
}

TEST_F(FacetProgramTest, StatusCountsJobsAndNamesThoseWithATrainer) {
  using grpc::health::v1::HealthCheckResponse;
  server_.health.check = [](const grpc::health::v1::HealthCheckRequest&, HealthCheckResponse* response) {
    response->set_status(HealthCheckResponse::SERVING);
    return grpc::Status::OK;
  };
  server_.models.list = [](const v1::ListModelsRequest&, v1::ListModelsResponse*) { return grpc::Status::OK; };
  server_.datasets.list = [](const v1::ListDatasetsRequest&, v1::ListDatasetsResponse*) { return grpc::Status::OK; };
  server_.training.disk = [](const v1::GetDiskUsageRequest&, v1::DiskUsage*) { return grpc::Status::OK; };
  server_.training.list = [](const v1::ListTrainingJobsRequest&, v1::ListTrainingJobsResponse* response) {
    for (int i = 0; i < 8; ++i) {
      v1::TrainingJob& job = *response->add_training_jobs();
      job.set_name(absl::StrCat("trainingJobs/j", i));
      job.set_state(i == 5 ? v1::TRAINING_JOB_STATE_RUNNING : v1::TRAINING_JOB_STATE_QUEUED);
    }
    return grpc::Status::OK;
  };
  EXPECT_THAT(Out({"status"}), testing::EndsWith("jobs: 8 (7 queued, 1 running)\n  trainingJobs/j5 running\n"));
  const auto json = nlohmann::json::parse(Out({"--json", "status"}));
  EXPECT_EQ(json["jobs"], 8);
  EXPECT_EQ(json["jobs_by_state"]["queued"], 7);
}

TEST_F(FacetProgramTest, ClassifyNamesTheFileThatIsNoPicture) {
  server_.models.classify = [](const v1::ClassifyRequest&, v1::ClassifyResponse*) {
    return RichStatus(grpc::StatusCode::INVALID_ARGUMENT, "no image", "BAD_IMAGE", "images[1].data");
  };
  const std::string good = dir_.Write("a.png", "x"), bad = dir_.Write("b", "y");
  const CommandResult result = Facet({"classify", "--model", "digits", good, bad});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, absl::StrCat("facet: '", bad, "': no image (BAD_IMAGE)\n  field: images[1].data\n"));
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

TEST_F(FacetProgramTest, AnEvaluationSaysWhatTheModelLearnt) {
  server_.training.get = [](const v1::GetTrainingJobRequest&, v1::TrainingJob* job) {
    job->mutable_spec()->mutable_evaluation();
    job->set_model_version("models/digits@3");
    job->set_dataset_version("datasets/digits@1");
    v1::HoldOutRule& rule = *job->mutable_spec()->add_hold_out();
    rule.set_name("x");
    job->mutable_report()->add_held_out()->set_rule("x");
    return grpc::Status::OK;
  };
  server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset* dataset) {
    dataset->set_fingerprint("f");
    return grpc::Status::OK;
  };
  EXPECT_THAT(Out({"jobs", "show", "j"}), HasSubstr("of another data set than the model learnt from"));
  model_.mutable_card()->set_dataset_fingerprint("f");
  EXPECT_THAT(Out({"jobs", "show", "j"}), HasSubstr("the model learnt them"));
  server_.datasets.get = [](const v1::GetDatasetRequest&, v1::Dataset*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no data set 'digits'");
  };
  EXPECT_THAT(Out({"jobs", "show", "j"}), HasSubstr("cannot be told: there is no data set 'digits'"));
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

}  // namespace
}  // namespace facet
