// SPDX-License-Identifier: Apache-2.0
#include "server/core/streams/opened_stream.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/mistakes.h"
#include "base/status_macros.h"
#include "model/augment/batch_labels.h"
#include "model/features/schema_proto.h"

namespace facet::server {
namespace {

// Token, shape and the message's own bytes, beside pixels and labels.
constexpr int64_t kBytesPerBatchBeside = 1024;
// Before each name of a judge.
constexpr int64_t kTagBytes = 4;
// Provenance: numbers and what was drawn, and the parents of a mixed feature.
constexpr int64_t kBytesPerImageBeside = 80;
constexpr int64_t kBytesPerMixBeside = 64;

int64_t BytesBeside(const model::FeatureSchema& schema) {
  return kBytesPerImageBeside + kBytesPerMixBeside * schema.size();
}

int64_t BytesPerBatchBeside(const OpenedStream& stream) {
  int64_t bytes = kBytesPerBatchBeside;
  for (const std::string& version : stream.judge_versions()) bytes += kTagBytes + static_cast<int64_t>(version.size());
  return bytes;
}

// The registry speaks of its own request; the caller wrote the name elsewhere.
absl::Status AtDataset(const absl::Status& status) {
  if (absl::IsNotFound(status)) return WithField(status, "dataset");
  const ErrorDetail detail = GetErrorDetail(status);
  if (!detail.field.has_value()) return status;
  return InvalidField("dataset", detail.reason, status.message());
}

absl::Status ShapeMismatch(const std::string& version, const model::ImageShape& found,
                           const model::ImageShape& wanted) {
  return WithReason(absl::FailedPreconditionError(absl::StrCat(
                        "images of ", version, " are ", found.height, " x ", found.width, " x ", found.channels,
                        ", those of the model ", wanted.height, " x ", wanted.width, " x ", wanted.channels)),
                    "SHAPE_MISMATCH");
}

// Transforms that are none are told elsewhere.
absl::Status CheckMoves(const v1::TransformRecipe& recipe, const model::ImageShape& shape) {
  const auto changes = model::ImageChanges::Create(recipe);
  if (!changes.ok() || !changes->moves_pixels() || shape.height == shape.width) return absl::OkStatus();
  return InvalidField("recipe.transforms.square", "NOT_SQUARE",
                      absl::StrCat("images of ", shape.height, " x ", shape.width, " cannot be turned"));
}

absl::Status CheckRehearsal(v1::Rehearsal rehearsal) {
  if (v1::Rehearsal_IsValid(rehearsal)) return absl::OkStatus();
  return InvalidField("rehearsal", "UNKNOWN_VALUE", absl::StrCat(static_cast<int>(rehearsal), " is no Rehearsal"));
}

model::StreamSources SourcesOf(const LoadedModel& model, const std::optional<HeldDataset>& held,
                               const std::optional<QualityFilter>& filter) {
  model::StreamSources sources{model.name, model.card.weights_sha256(), "", "", ""};
  if (held.has_value()) {
    sources.dataset_version = held->version;
    sources.dataset_digest = held->images->info().fingerprint;
  }
  if (filter.has_value()) sources.judges = filter->judges();
  return sources;
}

}  // namespace

absl::StatusOr<OpenedStream> StreamOpener::Open(const v1::StreamSpec& spec, absl::string_view field) {
  ASSIGN_OR_RETURN(ModelHandle model, options_.models->Acquire(spec.model(), absl::StrCat(field, ".model")));
  auto opened = OpenWith(std::move(model), spec);
  if (!opened.ok()) return PrefixField(opened.status(), field);
  return opened;
}

absl::StatusOr<OpenedStream> StreamOpener::OpenWith(ModelHandle model, const v1::StreamSpec& spec) {
  const model::ImageShape shape = model->renderer->shape();
  Mistakes mistakes;
  mistakes.Add(CheckRehearsal(spec.rehearsal()));
  std::optional<HeldDataset> held;
  std::optional<model::RealImages> images;
  if (spec.recipe().has_real()) {
    std::optional<RealSource> real;
    if (mistakes.Take(OpenReal(spec.recipe().real(), *model), real, "recipe.real")) {
      held = std::move(real->held);
      images = std::move(real->images);
    }
  }
  std::optional<QualityFilter> filter;
  if (spec.recipe().has_filter()) {
    mistakes.Take(QualityFilter::Create(spec.recipe().filter(), model->schema, shape, model->name, options_.judges),
                  filter, "recipe.filter");
  }
  auto plan = model::StreamPlan::Create(spec, model->schema, options_.max_batch_size, std::move(images));
  mistakes.Add(plan.status());
  mistakes.Add(CheckMoves(spec.recipe().transforms(), shape));
  auto wire = model::WirePixels::Create(spec, shape.channels);
  mistakes.Add(wire.status());
  std::optional<model::BatchSequence> sequence;
  if (plan.ok()) {
    mistakes.Take(model::BatchSequence::Create(spec, plan->batches_per_epoch()), sequence);
  } else {
    mistakes.Add(model::BatchSequence::Check(spec));
  }
  RETURN_IF_ERROR(mistakes.ToStatus());
  const model::StreamIdentity identity(spec, SourcesOf(*model, held, filter));
  OpenedStream stream{std::move(model), std::move(held), std::move(filter),    *std::move(plan),
                      *std::move(wire), identity,        *std::move(sequence), spec.rehearsal()};
  const model::FeatureSchema& schema = stream.model->schema;
  stream.image_bytes = static_cast<int64_t>(shape.samples() * stream.wire.bytes_per_sample()) +
                       model::LabelBytesPerImage(schema, stream.plan.labels());
  stream.message_bytes =
      stream.plan.batch_size() * (stream.image_bytes + BytesBeside(schema)) + BytesPerBatchBeside(stream);
  RETURN_IF_ERROR(CheckSizes(stream));
  return stream;
}

absl::StatusOr<StreamOpener::RealSource> StreamOpener::OpenReal(const v1::RealImages& recipe,
                                                                const LoadedModel& model) {
  ASSIGN_OR_RETURN(HeldDataset held, Hold(recipe.dataset(), model.renderer->shape()));
  const model::Dataset& images = *held.images;
  ASSIGN_OR_RETURN(model::RealImages selected,
                   model::RealImages::Create(recipe, model.schema, images.info().schema, images.size(),
                                             [&](int64_t i) { return images.labels(i); }));
  return RealSource{std::move(held), std::move(selected)};
}

absl::StatusOr<HeldDataset> StreamOpener::Hold(const std::string& name, const model::ImageShape& shape) {
  v1::GetDatasetRequest request;
  request.set_name(name);
  auto dataset = options_.datasets->Get(request);
  if (!dataset.ok()) return AtDataset(dataset.status());
  auto images = options_.datasets->OpenImages(*dataset);
  if (absl::IsNotFound(images.status())) return AtDataset(images.status());  // deleted meanwhile
  RETURN_IF_ERROR(images.status());
  HeldDataset held{dataset->name(), *std::move(images)};
  const model::ImageShape& found = held.images->info().shape;
  if (!(found == shape)) return ShapeMismatch(held.version, found, shape);
  return held;
}

absl::Status StreamOpener::CheckSizes(const OpenedStream& stream) const {
  const auto most = static_cast<int64_t>(options_.max_message_bytes);
  if (stream.message_bytes <= most) return absl::OkStatus();
  const int64_t fits = (most - BytesPerBatchBeside(stream)) / (stream.image_bytes + BytesBeside(stream.model->schema));
  const std::string remedy = fits > 0 ? absl::StrCat("at most ", fits, " images fit")
                                      : "not one image fits; raise limits.max_message_mib of the server";
  return InvalidField("batch_size", "BATCH_TOO_LARGE",
                      absl::StrCat("a batch of ", stream.plan.batch_size(), " images would be a message of ",
                                   stream.message_bytes, " bytes; ", remedy));
}

v1::DescribeStreamResponse Describe(const OpenedStream& stream) {
  const model::ImageShape& shape = stream.model->renderer->shape();
  const model::StreamPlan& plan = stream.plan;
  v1::DescribeStreamResponse response;
  response.set_model_version(stream.model->name);
  *response.mutable_schema() = model::SchemaToProto(stream.model->schema);
  response.set_total_classes(stream.model->schema.total_classes());
  response.set_images_per_epoch(plan.images_per_epoch());
  response.set_rendered_per_epoch(plan.rendered_per_epoch());
  response.set_real_per_epoch(plan.real_per_epoch());
  response.set_batches_per_epoch(plan.batches_per_epoch());
  response.set_steps_per_epoch(stream.sequence.steps_per_epoch());
  for (const int64_t axis : model::BatchShape(shape, stream.wire.layout(), plan.batch_size())) {
    response.add_image_shape(axis);
  }
  const int64_t last = plan.batches_per_epoch() - 1;
  response.set_bytes_per_batch(plan.batch_size() * stream.image_bytes);
  // Of more than an int64 holds, as many as it holds.
  const int64_t images = last * plan.batch_size() + plan.ImagesOf(last);
  response.set_bytes_per_epoch(std::min(images, INT64_MAX / stream.image_bytes) * stream.image_bytes);
  response.set_fingerprint(stream.identity.fingerprint());
  if (stream.real.has_value()) response.set_dataset_version(stream.real->version);
  for (std::string& version : stream.judge_versions()) response.add_judge_versions(std::move(version));
  return response;
}

}  // namespace facet::server
