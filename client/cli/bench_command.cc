// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "client/cli/bare_stream.h"
#include "client/cli/bench_stream.h"
#include "client/cli/commands.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/rendering.h"
#include "facet/client/feature_vector.h"

namespace facet::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> settings;
  int clients = 1;
  int images = 1;
  double seconds = 5;
};

// What all clients of one run measured.
struct Measured {
  absl::Mutex mutex;
  std::vector<double> milliseconds ABSL_GUARDED_BY(mutex);
  absl::Status status ABSL_GUARDED_BY(mutex);
};

double Quantile(const std::vector<double>& sorted, double q) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(q * static_cast<double>(sorted.size())))];
}

// One client in a closed loop: the next call begins when the last is answered.
void CallUntil(absl::Time end, const client::ClientOptions& options, const v1::RenderRequest& request,
               Measured& measured) {
  auto client = client::Client::Create(options);
  std::vector<double> milliseconds;
  absl::Status status = client.status();
  // At least one call each, however short the run.
  while (status.ok() && (milliseconds.empty() || Clock::Steady()->Now() < end)) {
    const absl::Time start = Clock::Steady()->Now();
    status = (*client)->Render(request).status();
    milliseconds.push_back(absl::ToDoubleMilliseconds(Clock::Steady()->Now() - start));
  }
  absl::MutexLock lock(&measured.mutex);
  measured.status.Update(status);
  measured.milliseconds.insert(measured.milliseconds.end(), milliseconds.begin(), milliseconds.end());
}

absl::Status BenchRender(Context& context, const Options& options) {
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(RenderSession session, RenderSession::Open(*client, options.model));
  ASSIGN_OR_RETURN(const v1::FeatureVector vector, client::ParseFeatureVector(options.settings));
  v1::RenderRequest request;
  request.set_model(session.version().name());
  const v1::FeatureVector complete = session.Complete(vector);
  for (int i = 0; i < options.images; ++i) *request.add_vectors() = complete;
  request.mutable_format()->set_encoding(v1::IMAGE_ENCODING_RAW);
  RETURN_IF_ERROR(client->Render(request).status());  // loads the model
  Measured measured;
  const absl::Time start = Clock::Steady()->Now();
  {
    std::vector<Thread> threads;
    for (int i = 0; i < options.clients; ++i) {
      threads.emplace_back(
          "bench", [&] { CallUntil(start + absl::Seconds(options.seconds), context.Options(), request, measured); });
    }
  }
  const double seconds = absl::ToDoubleSeconds(Clock::Steady()->Now() - start);
  absl::MutexLock lock(&measured.mutex);
  RETURN_IF_ERROR(measured.status);
  std::vector<double>& times = measured.milliseconds;
  std::sort(times.begin(), times.end());
  const double rate = static_cast<double>(times.size()) / seconds;
  const double p50 = Quantile(times, 0.5), p99 = Quantile(times, 0.99);
  if (context.json) {
    PrintLine(absl::StrFormat(
        R"({"clients": %d, "images_per_call": %d, "calls_per_second": %.1f, "images_per_second": %.1f, "p50_ms": %.3f, "p99_ms": %.3f})",
        options.clients, options.images, rate, rate * options.images, p50, p99));
  } else {
    PrintLine(absl::StrFormat("%d client(s), %d image(s) a call: %.1f calls/s, %.1f images/s, p50 %.2f ms, p99 %.2f ms",
                              options.clients, options.images, rate, rate * options.images, p50, p99));
  }
  return absl::OkStatus();
}

void AddStreamBench(CLI::App& parent, Context& context, Command& run) {
  auto options = std::make_shared<BenchStreamOptions>();
  CLI::App* stream = parent.add_subcommand("stream", "Streams of batches: transport, rendering, fairness, as ratios");
  stream->footer(
      "Example, of a server that listens on both:\n"
      "  facet bench stream --model digits --also unix:/run/facet/facet.sock");
  stream->add_option("--model", options->model, "name, name@version or name@alias");
  TakesPath(stream->add_option("--spec", options->spec_file, "a recipe file: .yaml, .json, or protobuf text"));
  stream->add_option("--batch-size", options->batch_size, "images a batch (default 64)")->check(CLI::PositiveNumber);
  stream->add_option("--pixel-type", options->pixel_type, "uint8, float16, bfloat16 or float32");
  stream->add_option("--also", options->also, "another address of the same server: unix:/path")->take_all();
  stream->add_option("--streams", options->streams, "streams at once; 1 leaves that out")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  stream
      ->add_option("--server-pid", options->server_pid,
                   "process of the server, to read its memory with stalled clients")
      ->check(CLI::PositiveNumber);
  stream->add_option("--stalled", options->stalled, "clients that do not read")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  stream->add_option("--seconds", options->seconds, "length of each measurement")
      ->capture_default_str()
      ->check(NumberIn(0.1, 600));
  stream->add_option("--rounds", options->rounds, "rounds, of which the middle one counts")
      ->capture_default_str()
      ->check(CLI::Range(1, 99));
  stream->callback([&context, &run, options] { run = [&context, options] { return BenchStream(context, *options); }; });

  // What `bench stream` starts for itself.
  auto listen = std::make_shared<std::string>();
  auto message = std::make_shared<std::string>();
  CLI::App* bare = parent.add_subcommand("bare-stream", "The bare stream that `stream` starts for itself");
  bare->add_option("--listen", *listen, "host:port or unix:/path to listen on")->required();
  TakesPath(bare->add_option("--message", *message, "file with the message that it sends over and over"))->required();
  bare->callback([&run, listen, message] { run = [listen, message] { return ServeBareStream(*listen, *message); }; });
}

}  // namespace

void AddBenchCommands(CLI::App& app, Context& context, Command& run) {
  CLI::App* parent = app.add_subcommand("bench", "Measure a running server");
  parent->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* render = parent->add_subcommand("render", "Clients in a closed loop: calls/s and latency");
  render->add_option("--model", options->model, "name, name@version or name@alias")->type_name("MODEL")->required();
  render->add_option("--set", options->settings, "feature=class; the first class where not given")
      ->type_name("SETTING")
      ->take_all();
  render->add_option("--clients", options->clients, "connections at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  render->add_option("--images", options->images, "images a call")->capture_default_str()->check(CLI::Range(1, 256));
  render->add_option("--seconds", options->seconds, "length of the run")
      ->capture_default_str()
      ->check(NumberIn(0.1, 3600));
  render->callback([&context, &run, options] { run = [&context, options] { return BenchRender(context, *options); }; });
  AddStreamBench(*parent, context, run);
}

}  // namespace facet::cli
