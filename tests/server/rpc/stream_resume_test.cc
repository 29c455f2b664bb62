// SPDX-License-Identifier: Apache-2.0
// Streams over real gRPC, cut at random: clients that vanish and servers that
// die, again and again, while a trainer goes on from its last checkpoint.
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "facet/v1/augmentation.grpc.pb.h"
#include "server/rpc/grpc_server.h"
#include "tests/server/core/streams/stream_world.h"
#include "tests/server/rpc/fakes/fake_job_manager.h"
#include "tests/server/rpc/fakes/fake_log.h"

namespace facet::server {
namespace {

constexpr char kSpec[] =
    "batch_size: 7 epochs: 4 shuffle_seed: 8 augmentation_seed: 9 labels: LABEL_FORM_SOFT labels: LABEL_FORM_PAIR "
    "recipe { features { feature: 'shape' pairs { beta: 0.4 } } repeats: 3 transforms { square: 1 square: 3 square: 5 "
    "} "
    "real { dataset: 'real' share: 0.3 } } ";

// A server that can be killed and started again, over one world.
class MortalServer {
 public:
  MortalServer() { Restart(); }

  void Restart() {
    stub.reset();
    server_.reset();
    GrpcServerOptions options;
    options.listen = {"127.0.0.1:0"};
    CoreParts parts;
    parts.datasets = &world.datasets;
    parts.models = &world.models;
    parts.jobs = &jobs_;
    parts.engine = world.engine.get();
    parts.streams = world.factory.get();
    parts.metrics = world.metrics.get();
    parts.clock = Clock::Real();
    parts.log = &log_;
    server_ = GrpcServer::Create(options, parts).value();
    server_->SetServing(true);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub = v1::AugmentationService::NewStub(
        grpc::CreateCustomChannel(server_->addresses()[0], grpc::InsecureChannelCredentials(), arguments));
  }
  void Kill() { server_.reset(); }

  StreamWorld world;
  std::unique_ptr<v1::AugmentationService::Stub> stub;

 private:
  FakeJobManager jobs_;
  FakeLog log_;
  std::unique_ptr<GrpcServer> server_;
};

// One rank's reader. Its destructor vanishes without a word.
class Reader {
 public:
  Reader(MortalServer& server, const std::string& more, const std::string& token) {
    stream_ = server.stub->StreamBatches(&context_);
    v1::StreamBatchesRequest request;
    *request.mutable_start() = StreamWorld::Start(kSpec + more, token);
    request.mutable_start()->set_initial_credit(3);
    stream_->Write(request);
  }
  ~Reader() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }
  bool Read(v1::StreamBatchesResponse& batch) {
    if (!stream_->Read(&batch)) return false;
    v1::StreamBatchesRequest credit;
    credit.set_add_credit(1);
    stream_->Write(credit);
    return true;
  }
  // After a Read in vain: whether the stream came to its end.
  bool Ended() {
    finished_ = true;
    return stream_->Finish().ok();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamBatchesRequest, v1::StreamBatchesResponse>> stream_;
  bool finished_ = false;
};

// Everything but what depends on who reads.
std::string Bytes(v1::StreamBatchesResponse batch) {
  batch.clear_token();
  batch.clear_epoch_end();
  return batch.SerializeAsString();
}

// A trainer of several ranks that move step by step and write a checkpoint now
// and then; what it trained on since its last one is lost with it.
struct Trainer {
  std::string token;
  std::vector<std::string> trained;
  bool done = false;
};

// Trains until the end, or for some steps until the readers or the server die.
void TrainUntilDeath(MortalServer& server, CounterRandom& random, Trainer& trainer) {
  const uint64_t world_size = 1 + random.NextBelow(4);
  const uint64_t interval = 1 + random.NextBelow(3);
  const uint64_t life = random.NextBelow(12);
  const bool server_dies = random.NextBelow(2) == 0;
  std::vector<std::unique_ptr<Reader>> ranks;
  for (uint64_t rank = 0; rank < world_size; ++rank) {
    ranks.push_back(
        std::make_unique<Reader>(server, absl::StrCat("rank: ", rank, " world_size: ", world_size), trainer.token));
  }
  std::vector<std::string> since_checkpoint;
  const auto checkpoint = [&] {
    trainer.trained.insert(trainer.trained.end(), since_checkpoint.begin(), since_checkpoint.end());
    since_checkpoint.clear();
  };
  for (uint64_t step = 0;; ++step) {
    if (step == life && !server_dies) return;
    if (step == life) server.Kill();
    std::string token;
    for (auto& rank : ranks) {
      v1::StreamBatchesResponse batch;
      if (!rank->Read(batch)) {
        trainer.done = rank == ranks.front() && rank->Ended();
        if (trainer.done) checkpoint();
        return;
      }
      ASSERT_TRUE(token.empty() || token == batch.token()) << "ranks have other tokens after one step";
      token = batch.token();
      if (!batch.filler()) since_checkpoint.push_back(Bytes(batch));
    }
    if ((step + 1) % interval != 0) continue;
    trainer.token = token;
    checkpoint();
  }
}

TEST(StreamResumeTest, ATrainerThatDiesAndResumesSeesTheUncutBytes) {
  MortalServer server;
  std::vector<std::string> uncut;
  {
    Reader reader(server, "", "");
    v1::StreamBatchesResponse batch;
    while (reader.Read(batch)) uncut.push_back(Bytes(batch));
  }
  ASSERT_EQ(uncut.size(), 4u * 8);  // 36 rendered and 15 real images an epoch
  int deaths = 0;
  for (uint64_t trial = 0; deaths < 150; ++trial) {
    CounterRandom random(21, "deaths", trial);
    Trainer trainer;
    while (!trainer.done) {
      TrainUntilDeath(server, random, trainer);
      ++deaths;
      server.Restart();
    }
    ASSERT_EQ(trainer.trained, uncut) << "trial " << trial;
  }
}

TEST(StreamResumeTest, ADamagedTokenIsRefusedWithItsField) {
  MortalServer server;
  std::string token;
  {
    Reader reader(server, "", "");
    v1::StreamBatchesResponse batch;
    ASSERT_TRUE(reader.Read(batch));
    token = batch.token();
  }
  for (size_t i = 0; i < token.size(); i += 5) {
    std::string damaged = token;
    damaged[i] = static_cast<char>(damaged[i] ^ 16);
    grpc::ClientContext context;
    auto stream = server.stub->StreamBatches(&context);
    v1::StreamBatchesRequest request;
    *request.mutable_start() = StreamWorld::Start(kSpec, damaged);
    stream->Write(request);
    v1::StreamBatchesResponse batch;
    EXPECT_FALSE(stream->Read(&batch));
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
}

}  // namespace
}  // namespace facet::server
