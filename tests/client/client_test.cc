// SPDX-License-Identifier: Apache-2.0
#include "facet/client/client.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "facet/client/error.h"
#include "tests/base/status_is.h"
#include "tests/client/fake_server.h"

namespace facet::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "connection reset");

class ClientTest : public testing::Test {
 protected:
  ClientTest() { Connect({}); }
  void Connect(ClientOptions options) {
    options.address = server_.address();
    client_ = Client::Create(options).value();
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
};

TEST(ClientOptionsTest, BadFieldsAreNamed) {
  EXPECT_THAT(ClientOptions().Validate(), IsOk());
  const auto refused = [](ClientOptions options, const std::string& field) {
    EXPECT_THAT(Client::Create(options), IsError(absl::StatusCode::kInvalidArgument, HasSubstr(field)));
  };
  refused({.address = ""}, "address");
  refused({.timeout = absl::ZeroDuration()}, "timeout");
  refused({.timeout = -absl::InfiniteDuration()}, "timeout");
  refused({.max_message_bytes = 0}, "max_message_bytes");
}

// --- Trying again ---

TEST_F(ClientTest, AnUnavailableAnswerIsTriedAgain) {
  std::atomic<int> calls{0};
  server_.models.get = [&](const v1::GetModelRequest& request, v1::ModelVersion* model) {
    if (++calls < 4) return kUnavailable;
    model->set_name(request.name());
    return grpc::Status::OK;
  };
  EXPECT_EQ(client_->GetModel("models/digits")->name(), "models/digits");
  EXPECT_EQ(calls, 4);
}

TEST_F(ClientTest, FourTriesAreAll) {
  std::atomic<int> calls{0};
  server_.models.get = [&](const v1::GetModelRequest&, v1::ModelVersion*) {
    ++calls;
    return RichStatus(grpc::StatusCode::UNAVAILABLE, "shutting down", "SHUTTING_DOWN");
  };
  const absl::Status status = client_->GetModel("digits").status();
  EXPECT_THAT(status, IsError(absl::StatusCode::kUnavailable, "shutting down"));
  EXPECT_EQ(DescribeError(status).reason, "SHUTTING_DOWN");
  EXPECT_EQ(calls, 4);
}

TEST_F(ClientTest, OtherErrorsAreNotTriedAgain) {
  std::atomic<int> calls{0};
  server_.models.get = [&](const v1::GetModelRequest&, v1::ModelVersion*) {
    ++calls;
    return RichStatus(grpc::StatusCode::INVALID_ARGUMENT, "no such class", "UNKNOWN_CLASS", "vectors[0]");
  };
  const absl::Status status = client_->GetModel("digits").status();
  EXPECT_THAT(status, IsError(absl::StatusCode::kInvalidArgument, "no such class"));
  EXPECT_EQ(DescribeError(status).reason, "UNKNOWN_CLASS");
  EXPECT_EQ(DescribeError(status).field, "vectors[0]");
  EXPECT_EQ(calls, 1);
}

TEST_F(ClientTest, ARepeatedTryMakesNoSecondJob) {
  std::vector<std::string> ids;
  server_.training.create = [&](const v1::CreateTrainingJobRequest& request, v1::TrainingJob*) {
    ids.push_back(request.request_id());
    return ids.size() < 3 ? kUnavailable : grpc::Status::OK;
  };
  ASSERT_THAT(client_->CreateTrainingJob({}), IsOk());
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_THAT(ids[0], MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(ids, ElementsAre(ids[0], ids[0], ids[0]));
  ASSERT_THAT(client_->CreateTrainingJob({}), IsOk());
  EXPECT_NE(ids[3], ids[0]);
  v1::CreateTrainingJobRequest mine;
  mine.set_request_id("mine");
  ASSERT_THAT(client_->CreateTrainingJob(mine), IsOk());
  EXPECT_EQ(ids[4], "mine");
}

TEST_F(ClientTest, PublishingIsTheSameAgain) {
  std::vector<std::string> ids;
  server_.training.publish = [&](const v1::PublishModelRequest& request, v1::ModelVersion*) {
    ids.push_back(request.request_id());
    return ids.size() < 2 ? kUnavailable : grpc::Status::OK;
  };
  ASSERT_THAT(client_->PublishModel({}), IsOk());
  EXPECT_EQ(ids[0].size(), 36u);
  EXPECT_EQ(ids[0], ids[1]);
}

TEST_F(ClientTest, NoServerIsUnavailableWithItsAddress) {
  server_.Stop();
  EXPECT_THAT(client_->GetModel("digits"),
              IsError(absl::StatusCode::kUnavailable,
                      testing::StartsWith(absl::StrCat("cannot reach a server at ", server_.address(), ": "))));
}

TEST_F(ClientTest, AServerThatComesBackIsFound) {
  server_.models.get = [](const v1::GetModelRequest&, v1::ModelVersion*) { return grpc::Status::OK; };
  ASSERT_THAT(client_->GetModel("digits"), IsOk());
  server_.Stop();
  server_.Start();
  EXPECT_THAT(client_->GetModel("digits"), IsOk());
}

// --- Limits ---

TEST_F(ClientTest, ATimeoutEndsTheWait) {
  const auto done = std::make_shared<absl::Notification>();  // the call may outlive the test's body
  server_.models.get = [done](const v1::GetModelRequest&, v1::ModelVersion*) {
    done->WaitForNotification();
    return grpc::Status::OK;
  };
  Connect({.timeout = absl::Milliseconds(20)});
  EXPECT_EQ(client_->GetModel("digits").status().code(), absl::StatusCode::kDeadlineExceeded);
  done->Notify();
}

TEST_F(ClientTest, VeryLongTimeoutsAreNone) {
  server_.models.get = [](const v1::GetModelRequest&, v1::ModelVersion*) { return grpc::Status::OK; };
  for (const absl::Duration timeout : {absl::InfiniteDuration(), absl::Hours(24 * 365 * 1000), absl::Seconds(1e17)}) {
    Connect({.timeout = timeout});
    EXPECT_THAT(client_->GetModel("digits"), IsOk()) << timeout;
  }
}

TEST_F(ClientTest, AnAnswerOverTheLimitIsRefused) {
  server_.generation.render = [](const v1::RenderRequest&, v1::RenderResponse* response) {
    response->add_images()->set_data(std::string(100'000, 'x'));
    return grpc::Status::OK;
  };
  EXPECT_THAT(client_->Render({}), IsOk());
  Connect({.max_message_bytes = 50'000});
  EXPECT_EQ(client_->Render({}).status().code(), absl::StatusCode::kResourceExhausted);
}

// --- Lists ---

TEST_F(ClientTest, ListsHaveAllPages) {
  std::vector<std::string> tokens;
  server_.models.list = [&](const v1::ListModelsRequest& request, v1::ListModelsResponse* page) {
    EXPECT_EQ(request.model(), "digits");
    EXPECT_GT(request.page_size(), 0);
    tokens.push_back(request.page_token());
    page->add_models()->set_name(absl::StrCat("models/digits@", 2 * tokens.size()));
    page->add_models()->set_name(absl::StrCat("models/digits@", 2 * tokens.size() + 1));
    if (tokens.size() < 3) page->set_next_page_token(absl::StrCat("page", tokens.size()));
    return grpc::Status::OK;
  };
  const auto models = client_->ListModels("digits");
  ASSERT_THAT(models, IsOk());
  EXPECT_EQ(models->size(), 6u);
  EXPECT_EQ(models->back().name(), "models/digits@7");
  EXPECT_THAT(tokens, ElementsAre("", "page1", "page2"));
}

TEST_F(ClientTest, AnErrorOnALaterPageIsTheErrorOfAll) {
  server_.datasets.list = [](const v1::ListDatasetsRequest& request, v1::ListDatasetsResponse* page) {
    if (!request.page_token().empty()) return grpc::Status(grpc::StatusCode::DATA_LOSS, "damaged");
    page->add_datasets();
    page->set_next_page_token("next");
    return grpc::Status::OK;
  };
  EXPECT_EQ(client_->ListDatasets("").status().code(), absl::StatusCode::kDataLoss);
}

// --- Imports ---

class ImportTest : public ClientTest {
 protected:
  ImportTest() {
    spec_.set_dataset("faces");
    spec_.mutable_upload();
  }
  absl::StatusOr<v1::Dataset> Import(const std::string& folder) {
    return client_->ImportDataset(spec_, folder, [this](uint64_t sent, uint64_t total) {
      EXPECT_LE(sent, total);
      EXPECT_GE(sent, sent_);
      sent_ = sent;
      total_ = total;
    });
  }

  v1::ImportSpec spec_;
  TempDir dir_;
  uint64_t sent_ = 0;
  uint64_t total_ = 0;
};

TEST_F(ImportTest, FilesArriveWholeAfterTheSpec) {
  std::map<std::string, std::string> files;
  server_.datasets.import = [&](grpc::ServerReader<v1::ImportDatasetRequest>* reader, v1::Dataset* dataset) {
    v1::ImportDatasetRequest request;
    EXPECT_TRUE(reader->Read(&request));
    EXPECT_EQ(request.spec().dataset(), "faces");
    while (reader->Read(&request)) {
      EXPECT_LE(request.chunk().data().size(), size_t{1} << 20);
      files[request.chunk().path()] += request.chunk().data();
    }
    dataset->set_name("datasets/faces@1");
    return grpc::Status::OK;
  };
  const std::string large(3'000'000, 'x');
  dir_.Write("manifest.csv", "path,who\n");
  dir_.Write("sub/large.png", large);
  const auto dataset = Import(dir_.path());
  ASSERT_THAT(dataset, IsOk());
  EXPECT_EQ(dataset->name(), "datasets/faces@1");
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(files["manifest.csv"], "path,who\n");
  EXPECT_TRUE(files["sub/large.png"] == large);
  EXPECT_EQ(sent_, large.size() + 9);
  EXPECT_EQ(total_, sent_);
}

TEST_F(ImportTest, ARefusalComesThroughWhileFilesAreSent) {
  server_.datasets.import = [](grpc::ServerReader<v1::ImportDatasetRequest>*, v1::Dataset*) {
    return RichStatus(grpc::StatusCode::RESOURCE_EXHAUSTED, "the upload is too large", "UPLOAD_TOO_LARGE");
  };
  for (int i = 0; i < 40; ++i) dir_.Write(absl::StrCat("f", i), std::string(1 << 20, 'x'));
  const absl::Status status = Import(dir_.path()).status();
  EXPECT_THAT(status, IsError(absl::StatusCode::kResourceExhausted, "the upload is too large"));
  EXPECT_EQ(DescribeError(status).reason, "UPLOAD_TOO_LARGE");
}

TEST_F(ImportTest, PicturesThatAreNotChosenStayHere) {
  std::vector<std::string> files;
  server_.datasets.import = [&](grpc::ServerReader<v1::ImportDatasetRequest>* reader, v1::Dataset*) {
    v1::ImportDatasetRequest request;
    reader->Read(&request);
    while (reader->Read(&request)) files.push_back(request.chunk().path());
    return grpc::Status::OK;
  };
  for (const char* name : {"AF01HAS.JPG", "AF01HAFL.JPG", "BF01HAS.JPG"}) dir_.Write(name, "12");
  spec_.mutable_kdef()->add_sessions("A");
  spec_.mutable_kdef()->add_angles("S");
  ASSERT_THAT(Import(dir_.path()), IsOk());
  EXPECT_THAT(files, ElementsAre("AF01HAS.JPG"));
  EXPECT_EQ(total_, 2u);
}

TEST_F(ImportTest, AnImportIsTriedOnce) {
  std::atomic<int> calls{0};
  server_.datasets.import = [&](grpc::ServerReader<v1::ImportDatasetRequest>*, v1::Dataset*) {
    ++calls;
    return kUnavailable;
  };
  spec_.mutable_bundled()->set_name("digits");
  EXPECT_EQ(Import("").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1) << "it may have made a version";
}

TEST_F(ImportTest, AFolderThatIsNotHereNeedsNoServer) {
  server_.Stop();
  EXPECT_THAT(Import(dir_ / "nowhere"), IsError(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
}

// --- Watching ---

class WatchTest : public ClientTest {
 protected:
  // Sends events up to revision `end`; connection k breaks after cuts[k] events.
  void Serve(int end, std::vector<int> cuts) {
    server_.training.watch = [this, end, cuts = std::move(cuts)](const v1::WatchTrainingJobRequest& request,
                                                                 grpc::ServerWriter<v1::TrainingEvent>* writer) {
      EXPECT_EQ(request.name(), "trainingJobs/j");
      const size_t connection = after_.size();
      after_.push_back(request.after_revision());
      int sent = 0;
      for (int64_t revision = request.after_revision() + 1; revision <= end; ++revision) {
        if (connection < cuts.size() && sent++ == cuts[connection]) return kUnavailable;
        v1::TrainingEvent event;
        event.set_revision(revision);
        writer->Write(event);
      }
      return connection < cuts.size() ? kUnavailable : grpc::Status::OK;
    };
  }
  absl::Status Watch(absl::Duration patience, int64_t stop_at = -1) {
    const auto on_event = [this, stop_at](const v1::TrainingEvent& event) {
      seen_.push_back(event.revision());
      return event.revision() != stop_at;
    };
    return client_->WatchTrainingJob("trainingJobs/j", 0, patience, on_event, [this](const absl::Status& status) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
      ++breaks_;
    });
  }

  std::vector<int64_t> after_;  // after_revision of each connection
  std::vector<int64_t> seen_;
  int breaks_ = 0;
};

TEST_F(WatchTest, GoesOnAfterTheLastEventWhenTheConnectionBreaks) {
  Serve(6, {0, 2, 4});
  EXPECT_THAT(Watch(absl::Minutes(1)), IsOk());
  EXPECT_THAT(seen_, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(after_, ElementsAre(0, 0, 2, 6));
  EXPECT_EQ(breaks_, 3);
}

TEST_F(WatchTest, WithoutPatienceTheFirstBreakIsTheEnd) {
  Serve(6, {2});
  EXPECT_EQ(Watch(absl::ZeroDuration()).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(seen_, ElementsAre(1, 2));
}

TEST_F(WatchTest, StopsWhenTold) {
  Serve(1000, {});
  EXPECT_EQ(Watch(absl::Minutes(1), 3).code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(seen_, ElementsAre(1, 2, 3));
}

TEST_F(WatchTest, OtherErrorsAreFinal) {
  server_.training.watch = [](const v1::WatchTrainingJobRequest&, grpc::ServerWriter<v1::TrainingEvent>*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such job");
  };
  EXPECT_THAT(Watch(absl::InfiniteDuration()), IsError(absl::StatusCode::kNotFound, "no such job"));
  EXPECT_EQ(breaks_, 0);
}

// --- Rendering ---

TEST_F(ClientTest, ARenderStreamGivesEveryChunk) {
  server_.generation.render_stream = [](const v1::RenderStreamRequest&,
                                        grpc::ServerWriter<v1::RenderStreamResponse>* writer) {
    for (int i = 0; i < 5; ++i) {
      v1::RenderStreamResponse chunk;
      chunk.set_first_index(i);
      writer->Write(chunk);
    }
    return grpc::Status::OK;
  };
  std::vector<int> seen;
  EXPECT_THAT(client_->RenderStream({},
                                    [&](const v1::RenderStreamResponse& chunk) {
                                      seen.push_back(chunk.first_index());
                                      return true;
                                    }),
              IsOk());
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4));
  seen.clear();
  const absl::Status stopped = client_->RenderStream({}, [&](const v1::RenderStreamResponse& chunk) {
    seen.push_back(chunk.first_index());
    return chunk.first_index() < 1;
  });
  EXPECT_EQ(stopped.code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(seen, ElementsAre(0, 1));
}

// --- Health ---

TEST_F(ClientTest, HealthIsWhatTheServerSays) {
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckResponse::ServingStatus says = HealthCheckResponse::SERVING;
  server_.health.check = [&](const grpc::health::v1::HealthCheckRequest& request, HealthCheckResponse* response) {
    EXPECT_EQ(request.service(), "");
    response->set_status(says);
    return grpc::Status::OK;
  };
  EXPECT_EQ(client_->CheckHealth().value(), Health::kServing);
  says = HealthCheckResponse::NOT_SERVING;
  EXPECT_EQ(client_->CheckHealth().value(), Health::kNotServing);
  says = HealthCheckResponse::SERVICE_UNKNOWN;
  EXPECT_EQ(client_->CheckHealth().value(), Health::kUnknown);
  server_.Stop();
  EXPECT_EQ(client_->CheckHealth().status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace facet::client
