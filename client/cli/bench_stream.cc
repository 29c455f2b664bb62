// SPDX-License-Identifier: Apache-2.0
#include "client/cli/bench_stream.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "client/cli/bare_stream.h"
#include "client/cli/output.h"
#include "client/cli/stream_spec.h"

namespace facet::cli {
namespace {

constexpr char kMethod[] = "/facet.v1.AugmentationService/StreamBatches";
constexpr int kPrefetch = 4;

// One ratio and what it was made of.
struct Figure {
  std::string name;
  double ratio = 0;
  std::string detail;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

absl::StatusOr<v1::StreamSpec> MakeSpec(const BenchStreamOptions& options) {
  v1::StreamSpec spec;
  if (!options.spec_file.empty()) {
    ASSIGN_OR_RETURN(SpecFile file, ReadSpecFile(options.spec_file));
    spec = std::move(file.spec);
  }
  if (!options.model.empty()) spec.set_model(options.model);
  if (options.batch_size > 0) spec.set_batch_size(options.batch_size);
  if (!options.pixel_type.empty()) {
    v1::PixelType type = v1::PIXEL_TYPE_UNSPECIFIED;
    if (!v1::PixelType_Parse(absl::StrCat("PIXEL_TYPE_", absl::AsciiStrToUpper(options.pixel_type)), &type)) {
      return absl::InvalidArgumentError("--pixel-type: write uint8, float16, bfloat16 or float32");
    }
    spec.set_pixel_type(type);
  }
  spec.set_epochs(-1);
  // A short last batch now and then would make batches unequal.
  spec.set_last_batch(v1::LAST_BATCH_FILL);
  return spec;
}

// What one reader of the client library got.
struct ReaderRate {
  double first_seconds = 0;  // from the opening to the first batch
  double seconds = 0;        // from there on
  int64_t batches = 0;
  int64_t images = 0;
  int64_t bytes = 0;
  double images_per_second() const { return static_cast<double>(images) / seconds; }
};

absl::StatusOr<ReaderRate> ReadFor(client::Client& client, const v1::StreamSpec& spec, absl::Duration length) {
  ReaderRate rate;
  const absl::Time opened = Clock::Steady()->Now();
  ASSIGN_OR_RETURN(const std::unique_ptr<client::BatchReader> reader,
                   client.StreamBatches({.spec = spec, .resume_token = "", .prefetch = kPrefetch}));
  ASSIGN_OR_RETURN(std::optional<v1::StreamBatchesResponse> batch, reader->Next());
  const absl::Time begin = Clock::Steady()->Now();
  absl::Time now = begin;
  while (now < begin + length) {
    ASSIGN_OR_RETURN(batch, reader->Next());
    ++rate.batches;
    rate.images += batch->images().shape(0);
    rate.bytes += static_cast<int64_t>(batch->images().data().size());
    now = Clock::Steady()->Now();
  }
  rate.first_seconds = absl::ToDoubleSeconds(begin - opened);
  rate.seconds = absl::ToDoubleSeconds(now - begin);
  return rate;
}

class StreamBench {
 public:
  StreamBench(Context& context, client::Client* client, const BenchStreamOptions& options, v1::StreamSpec spec)
      : context_(context),
        client_(*client),
        options_(options),
        spec_(std::move(spec)),
        length_(absl::Seconds(options.seconds)) {}

  absl::Status Run();

 private:
  std::string address() const { return context_.server.empty() ? client::ClientOptions().address : context_.server; }
  v1::StreamSpec Rehearsed(v1::Rehearsal rehearsal) const {
    v1::StreamSpec spec = spec_;
    spec.set_rehearsal(rehearsal);
    return spec;
  }

  absl::Status MeasureTransport(const std::string& address);
  absl::Status MeasureLibrary(const std::string& address, const BareServer& bare, const std::string& start);
  absl::Status MeasureRendering();
  absl::Status MeasureManyStreams();
  absl::StatusOr<std::vector<ReaderRate>> ReadMany(int readers);
  absl::Status MeasureStalledClients();
  // Prints a figure as soon as it is known, unless all are to be one object.
  void Add(Figure figure);
  void PrintJson() const;

  Context& context_;
  client::Client& client_;
  const BenchStreamOptions options_;
  const v1::StreamSpec spec_;
  const absl::Duration length_;
  std::vector<Figure> figures_;
};

absl::Status StreamBench::MeasureTransport(const std::string& address) {
  v1::StreamBatchesRequest request;
  *request.mutable_start()->mutable_spec() = Rehearsed(v1::REHEARSAL_TRANSPORT);
  const std::string start = request.SerializeAsString();
  std::string message;
  RETURN_IF_ERROR(ReadBareStream(address, kMethod, start, absl::ZeroDuration(), &message).status());
  const bool local = absl::StartsWith(address, "unix:");
  const std::string listen = local ? absl::StrCat("unix:/tmp/facet-bench-", RandomHexId(), ".sock") : "127.0.0.1:0";
  ASSIGN_OR_RETURN(const std::unique_ptr<BareServer> bare, BareServer::Start(listen, message));
  std::vector<double> bare_rates, rates, ratios;
  for (int round = 0; round < options_.rounds; ++round) {
    ASSIGN_OR_RETURN(const StreamRate plain, ReadBareStream(bare->address(), kMethod, start, length_, nullptr));
    ASSIGN_OR_RETURN(const StreamRate ours, ReadBareStream(address, kMethod, start, length_, nullptr));
    bare_rates.push_back(plain.bytes_per_second());
    rates.push_back(ours.bytes_per_second());
    ratios.push_back(rates.back() / bare_rates.back());
  }
  Add({absl::StrCat("transport over ", local ? "a Unix socket" : "TCP", ", of a bare gRPC stream"), Median(ratios),
       absl::StrFormat("%s/s of %s/s, messages of %s", FormatBytes(Median(rates)), FormatBytes(Median(bare_rates)),
                       FormatBytes(message.size()))});
  return local ? absl::OkStatus() : MeasureLibrary(address, *bare, start);
}

absl::Status StreamBench::MeasureLibrary(const std::string& address, const BareServer& bare, const std::string& start) {
  std::vector<double> rates, ratios;
  for (int round = 0; round < options_.rounds; ++round) {
    ASSIGN_OR_RETURN(const StreamRate plain, ReadBareStream(bare.address(), kMethod, start, length_, nullptr));
    ASSIGN_OR_RETURN(const ReaderRate ours, ReadFor(client_, Rehearsed(v1::REHEARSAL_TRANSPORT), length_));
    rates.push_back(static_cast<double>(ours.bytes) / ours.seconds);
    ratios.push_back(rates.back() / plain.bytes_per_second());
  }
  Add({"the same through the C++ client library, messages parsed", Median(ratios),
       absl::StrFormat("%s/s from %s", FormatBytes(Median(rates)), address)});
  return absl::OkStatus();
}

absl::Status StreamBench::MeasureRendering() {
  std::vector<double> engine_rates, rates, ratios, firsts;
  for (int round = 0; round < options_.rounds; ++round) {
    ASSIGN_OR_RETURN(const ReaderRate engine, ReadFor(client_, Rehearsed(v1::REHEARSAL_RENDER), length_));
    ASSIGN_OR_RETURN(const ReaderRate ours, ReadFor(client_, spec_, length_));
    engine_rates.push_back(engine.images_per_second());
    rates.push_back(ours.images_per_second());
    ratios.push_back(rates.back() / engine_rates.back());
    firsts.push_back(ours.first_seconds * static_cast<double>(ours.batches) / ours.seconds);
  }
  Add({"one stream, of the engine's own speed", Median(ratios),
       absl::StrFormat("%.0f of %.0f images/s", Median(rates), Median(engine_rates))});
  Add({"time to the first batch, in batch times", Median(firsts), ""});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ReaderRate>> StreamBench::ReadMany(int readers) {
  absl::Mutex mutex;
  std::vector<ReaderRate> rates;
  absl::Status status;
  {
    std::vector<Thread> threads;
    for (int i = 0; i < readers; ++i) {
      threads.emplace_back("reader", [&, i] {
        auto client = client::Client::Create(context_.Options());
        v1::StreamSpec spec = spec_;
        spec.set_shuffle_seed(i);
        auto rate = client.ok() ? ReadFor(**client, spec, length_ * 2) : client.status();
        absl::MutexLock lock(&mutex);
        status.Update(rate.status());
        if (rate.ok()) rates.push_back(*rate);
      });
    }
  }
  if (!status.ok()) return status;
  return rates;
}

absl::Status StreamBench::MeasureManyStreams() {
  std::vector<double> totals, ratios, fairness;
  for (int round = 0; round < options_.rounds; ++round) {
    ASSIGN_OR_RETURN(const ReaderRate one, ReadFor(client_, spec_, length_));
    ASSIGN_OR_RETURN(const std::vector<ReaderRate> many, ReadMany(options_.streams));
    double total = 0, slowest = many[0].images_per_second();
    for (const ReaderRate& rate : many) {
      total += rate.images_per_second();
      slowest = std::min(slowest, rate.images_per_second());
    }
    totals.push_back(total);
    ratios.push_back(total / one.images_per_second());
    fairness.push_back(slowest * static_cast<double>(many.size()) / total);
  }
  Add({absl::StrCat(options_.streams, " streams together, of one stream"), Median(ratios),
       absl::StrFormat("%.0f images/s", Median(totals))});
  Add({absl::StrCat("the slowest of ", options_.streams, " streams, of their mean"), Median(fairness), ""});
  return absl::OkStatus();
}

// Resident memory of a process, bytes.
absl::StatusOr<int64_t> ResidentBytes(int pid) {
  ASSIGN_OR_RETURN(const std::string status, FileSystem::Posix()->ReadFile(absl::StrCat("/proc/", pid, "/status")));
  const size_t at = status.find("VmRSS:");
  int64_t kib = 0;
  if (at == std::string::npos || std::sscanf(status.c_str() + at, "VmRSS: %" SCNd64, &kib) != 1) {
    return absl::NotFoundError(absl::StrCat("process ", pid, " does not tell its memory"));
  }
  return kib * 1024;
}

absl::Status StreamBench::MeasureStalledClients() {
  v1::StreamBatchesRequest request;
  *request.mutable_start()->mutable_spec() = spec_;  // no credit: the transport alone holds it back
  ASSIGN_OR_RETURN(const int64_t before, ResidentBytes(options_.server_pid));
  std::vector<std::unique_ptr<RawCall>> calls;
  for (int i = 0; i < options_.stalled; ++i) {
    ASSIGN_OR_RETURN(calls.emplace_back(), RawCall::Open(address(), kMethod, request.SerializeAsString()));
    if (!calls.back()->Read(nullptr)) return absl::UnavailableError("a stream broke");
  }
  int64_t most = before;
  const absl::Time end = Clock::Steady()->Now() + length_ * 5;
  for (; Clock::Steady()->Now() < end; absl::SleepFor(absl::Milliseconds(50))) {
    ASSIGN_OR_RETURN(const int64_t now, ResidentBytes(options_.server_pid));
    most = std::max(most, now);
  }
  const double each = static_cast<double>(most - before) / options_.stalled;
  Add({absl::StrCat("memory of a stalled stream, of 16 MiB (", options_.stalled, " of them)"), each / (16 << 20),
       absl::StrFormat("%s each; the server grew from %s to %s", FormatBytes(std::max(0.0, each)), FormatBytes(before),
                       FormatBytes(most))});
  return absl::OkStatus();
}

absl::Status StreamBench::Run() {
  RETURN_IF_ERROR(ReadFor(client_, spec_, absl::ZeroDuration()).status());  // loads the model
  RETURN_IF_ERROR(MeasureTransport(address()));
  for (const std::string& also : options_.also) RETURN_IF_ERROR(MeasureTransport(also));
  RETURN_IF_ERROR(MeasureRendering());
  if (options_.streams > 1) RETURN_IF_ERROR(MeasureManyStreams());
  if (options_.server_pid > 0) RETURN_IF_ERROR(MeasureStalledClients());
  if (context_.json) PrintJson();
  return absl::OkStatus();
}

void StreamBench::Add(Figure figure) {
  if (!context_.json) {
    PrintLine(absl::StrFormat("%6.3f  %s%s", figure.ratio, figure.name,
                              figure.detail.empty() ? "" : absl::StrCat(": ", figure.detail)));
  }
  figures_.push_back(std::move(figure));
}

void StreamBench::PrintJson() const {
  std::vector<std::string> lines;
  for (const Figure& figure : figures_) {
    lines.push_back(
        absl::StrFormat(R"(  "%s": {"ratio": %.3f, "detail": "%s"})", figure.name, figure.ratio, figure.detail));
  }
  PrintLine(absl::StrCat("{\n", absl::StrJoin(lines, ",\n"), "\n}"));
}

}  // namespace

absl::Status BenchStream(Context& context, const BenchStreamOptions& options) {
  ASSIGN_OR_RETURN(v1::StreamSpec spec, MakeSpec(options));
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::DescribeStreamResponse described, client->DescribeStream(spec));
  spec.set_model(described.model_version());
  return StreamBench(context, client, options, std::move(spec)).Run();
}

}  // namespace facet::cli
