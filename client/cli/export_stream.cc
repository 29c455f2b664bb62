// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_stream.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "client/cli/export_mend.h"
#include "client/cli/export_state.h"
#include "client/cli/export_writer.h"
#include "client/cli/option_checks.h"
#include "client/cli/output.h"
#include "client/cli/progress_bar.h"
#include "client/cli/stream_batches.h"
#include "client/cli/stream_summary.h"
#include "client/src/pin_versions.h"
#include "facet/client/error.h"

namespace facet::cli {
namespace {

ExportImage ImageOf(const std::string& name) {
  return name == "npy" ? ExportImage::kNpy : name == "jpg" ? ExportImage::kJpeg : ExportImage::kPng;
}

// What the samples are made of, whatever the recipe asks for.
void FixFormat(v1::StreamSpec& spec) {
  spec.set_pixel_type(v1::PIXEL_TYPE_UINT8);
  spec.set_layout(v1::PIXEL_LAYOUT_NHWC);
  spec.clear_normalization();
  spec.clear_labels();
  spec.add_labels(v1::LABEL_FORM_SOFT);
}

absl::StatusOr<ExportWriterOptions> WriterOptions(const v1::FeatureSchema& schema, const ExportOptions& options) {
  ExportWriterOptions writer;
  writer.folder = options.out;
  writer.image = ImageOf(options.image);
  for (const auto& feature : schema.features()) {
    if (feature.name() == options.label) writer.label = static_cast<int>(writer.features.size());
    writer.features.push_back(feature.name());
  }
  if (writer.features.size() == 1) writer.label = 0;
  if (options.label.empty() || writer.label >= 0) return writer;
  return absl::InvalidArgumentError(absl::StrCat("--label: the model has no feature '", options.label, "'"));
}

std::unique_ptr<ExportWriter> MakeWriter(const ExportOptions& options, const ExportWriterOptions& writer) {
  return options.format == "folder" ? MakeFolderWriter(writer) : MakeTarWriter(writer);
}

// An export that runs.
class Export {
 public:
  Export(const v1::DescribeStreamResponse& described, const ExportOptions& options, const ExportWriterOptions& writer,
         ExportState state, int64_t batches, bool filtered, bool quiet)
      : schema_(described.schema()),
        options_(options),
        image_(writer.image),
        file_system_(*writer.file_system),
        writer_(MakeWriter(options, writer)),
        kept_(state),
        state_(std::move(state)),
        batches_(batches),
        bar_("export", quiet) {
    totals_.filtered = filtered;
  }

  bool done() const { return state_.batches >= batches_; }

  // Writes what `reader`, which begins behind the state's token, has.
  absl::Status Read(client::BatchReader& reader) {
    while (!done()) {
      ASSIGN_OR_RETURN(const std::optional<v1::StreamBatchesResponse> batch, reader.Next());
      if (!batch.has_value()) break;
      RETURN_IF_ERROR(Write(*batch));
      totals_.Add(*batch);
      totals_.seconds = absl::ToDoubleSeconds(Clock::Steady()->Now() - start_);
      Show();
    }
    return absl::OkStatus();
  }

  absl::Status Complete() {
    if (open_) RETURN_IF_ERROR(EndPart());
    RETURN_IF_ERROR(writer_->Complete(state_.parts));
    state_.complete = true;
    return SaveExportState(file_system_, options_.out, state_);
  }

  const ExportState& state() const { return state_; }
  // Of what was read.
  const StreamTotals& totals() const { return totals_; }

 private:
  absl::Status Write(const v1::StreamBatchesResponse& batch) {
    if (!open_) RETURN_IF_ERROR(BeginPart());
    ASSIGN_OR_RETURN(const std::vector<ExportSample> samples, MakeSamples(schema_, batch, image_, state_.images));
    for (const ExportSample& sample : samples) RETURN_IF_ERROR(writer_->Add(sample));
    state_.images += static_cast<int64_t>(samples.size());
    state_.token = batch.token();
    ++state_.batches;
    ++part_.batches;
    part_images_ += static_cast<int64_t>(samples.size());
    return part_images_ < options_.part_images ? absl::OkStatus() : EndPart();
  }

  // The state first: files without one are refused as somebody else's.
  absl::Status BeginPart() {
    if (state_.complete || state_.parts == 0) {
      state_.complete = false;
      RETURN_IF_ERROR(SaveExportState(file_system_, options_.out, state_));
    }
    part_ = ExportPart();
    part_.token = state_.token;
    part_.first_image = state_.images;
    part_images_ = 0;
    open_ = true;
    return writer_->Begin(state_.parts);
  }

  // The part first, then the state that counts it.
  absl::Status EndPart() {
    ASSIGN_OR_RETURN(part_.digest, writer_->End());
    open_ = false;
    state_.made[state_.parts++] = part_;
    return SaveExportState(file_system_, options_.out, state_);
  }

  void Show() {
    const double done = static_cast<double>(state_.batches - kept_.batches);
    const double left = static_cast<double>(batches_ - state_.batches);
    bar_.Update(static_cast<double>(state_.batches) / static_cast<double>(batches_),
                absl::StrFormat("%d images, %.0f images/s, %s left", state_.images,
                                static_cast<double>(state_.images - kept_.images) / totals_.seconds,
                                FormatTimeLeft(absl::Seconds(totals_.seconds * left / done))));
  }

  const v1::FeatureSchema schema_;
  const ExportOptions& options_;
  const ExportImage image_;
  FileSystem& file_system_;
  const std::unique_ptr<ExportWriter> writer_;
  const ExportState kept_;  // what was there at the beginning
  ExportState state_;
  const int64_t batches_;
  const absl::Time start_ = Clock::Steady()->Now();
  StreamTotals totals_;
  ExportPart part_;  // that is open
  int64_t part_images_ = 0;
  bool open_ = false;
  ProgressBar bar_;
};

// What an export of this stream begins with.
ExportState BeginningOf(const v1::DescribeStreamResponse& described, const v1::StreamSpec& spec,
                        const ExportOptions& options) {
  ExportState state;
  state.fingerprint = described.fingerprint();
  state.form = absl::StrCat(options.format, " of ", options.image, ", ", options.part_images, " a part, label '",
                            options.label, "'");
  state.reader = DescribeReader(spec);
  state.model_version = described.model_version();
  state.dataset_version = described.dataset_version();
  state.judge_versions.assign(described.judge_versions().begin(), described.judge_versions().end());
  return state;
}

// A token that the server takes for damaged is the file's: no option has one.
absl::Status NameState(const absl::Status& status, const ExportOptions& options) {
  if (client::DescribeError(status).reason != "BAD_TOKEN") return status;
  return absl::DataLossError(absl::StrCat("a token in '", options.out, "/", kExportStateFile,
                                          "' is damaged; remove the folder, or choose another, to begin anew"));
}

// The stream of `spec` behind `token`.
absl::StatusOr<std::unique_ptr<client::BatchReader>> Open(client::Client& client, v1::StreamSpec spec,
                                                          const std::string& token, int prefetch) {
  // A token ends this worker's step; those after it up to its next are the others'.
  if (!token.empty() && spec.workers() > 1) spec.set_worker(spec.workers() - 1);
  return client.StreamBatches({.spec = std::move(spec), .resume_token = token, .prefetch = prefetch});
}

absl::Status Mend(client::Client& client, const v1::StreamSpec& spec, const v1::FeatureSchema& schema,
                  const ExportOptions& options, const ExportWriterOptions& writer, const ExportState& state,
                  int prefetch, bool quiet) {
  MendOptions mend;
  mend.file_system = writer.file_system;
  mend.folder = options.out;
  mend.schema = schema;
  mend.image = writer.image;
  mend.quiet = quiet;
  mend.write_to = [&](const std::string& folder) {
    ExportWriterOptions aside = writer;
    aside.folder = folder;
    return MakeWriter(options, aside);
  };
  mend.open = [&](const ExportPart& part) {
    v1::StreamSpec endless = spec;  // however many epochs are asked for today
    endless.set_epochs(-1);
    return Open(client, std::move(endless), part.token, static_cast<int>(std::min<int64_t>(prefetch, part.batches)));
  };
  return MendParts(mend, state);
}

void Report(const Context& context, const ExportOptions& options, const v1::DescribeStreamResponse& described,
            const StreamTotals& totals, const ExportState& state) {
  if (context.json) {
    StreamFiles files;
    files.export_folder = options.out;
    files.exported = state;
    return PrintLine(StreamJson(described, totals, files));
  }
  PrintLine(absl::StrCat(options.out, ": ", state.images, " images in ", state.parts,
                         options.format == "folder" ? " part" : " shard", state.parts == 1 ? "" : "s", " of ",
                         state.model_version, "; check them with: cd ", options.out, " && sha256sum -c SHA256SUMS"));
}

}  // namespace

void AddExportOptions(CLI::App& command, ExportOptions& options) {
  TakesPath(command.add_option("--out", options.out, "write the stream to this folder; going on with what is there"),
            "DIR");
  command.add_option("--format", options.format, "webdataset: tar shards; folder: images and manifest.csv")
      ->capture_default_str()
      ->check(CLI::IsMember({"webdataset", "folder"}));
  command.add_option("--image", options.image, "form of the images; npy with webdataset only")
      ->capture_default_str()
      ->check(CLI::IsMember({"png", "jpg", "npy"}));
  command.add_option("--label", options.label, "feature whose class is the sample's `cls` (webdataset)");
  command.add_option("--shard-images", options.part_images, "images a shard, rounded up to whole batches")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
}

absl::Status ExportStream(Context& context, v1::StreamSpec spec, const ExportOptions& options, int64_t batches,
                          int prefetch) {
  if (options.format == "folder" && options.image == "npy") {
    return absl::InvalidArgumentError("--image npy goes with --format webdataset: a folder is to be imported again");
  }
  FixFormat(spec);
  FileSystem& file_system = *FileSystem::Posix();
  ASSIGN_OR_RETURN(const std::optional<ExportState> found, LoadExportState(file_system, options.out));
  RETURN_IF_ERROR(found.has_value() ? CheckNoStrangers(file_system, options.out, *found)
                                    : CheckNoRemains(file_system, options.out));
  if (found.has_value()) KeepVersions(*found, spec);
  ASSIGN_OR_RETURN(client::Client * client, context.Connect());
  ASSIGN_OR_RETURN(const v1::DescribeStreamResponse described, client->DescribeStream(spec));
  if (spec.epochs() < 0 && batches == 0) {
    return absl::InvalidArgumentError("a stream without end needs --batches, or another --epochs");
  }
  ASSIGN_OR_RETURN(const ExportWriterOptions writer, WriterOptions(described.schema(), options));
  const ExportState fresh = BeginningOf(described, spec, options);
  if (found.has_value()) RETURN_IF_ERROR(CheckSameExport(*found, fresh, options.out));
  const ExportState state = found.value_or(fresh);
  client::PinVersions(described, spec);
  RETURN_IF_ERROR(
      NameState(Mend(*client, spec, described.schema(), options, writer, state, prefetch, context.json), options));
  Export run(described, options, writer, state, BatchesToRead(spec, described, batches), spec.recipe().has_filter(),
             context.json);
  if (!run.done()) {
    ASSIGN_OR_RETURN(const std::unique_ptr<client::BatchReader> reader, Open(*client, spec, state.token, prefetch));
    RETURN_IF_ERROR(NameState(run.Read(*reader), options));
  }
  RETURN_IF_ERROR(run.Complete());
  Report(context, options, described, run.totals(), run.state());
  return absl::OkStatus();
}

}  // namespace facet::cli
