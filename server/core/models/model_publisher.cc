// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/model_publisher.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/error.h"
#include "base/names.h"
#include "base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "model/bundle/bundle.h"
#include "model/bundle/half_weights.h"
#include "server/core/models/model_loader.h"
#include "server/core/request_text.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr int kMaxAliases = 32;  // of one request

void SetTime(absl::Time time, google::protobuf::Timestamp& proto) {
  const absl::Duration since_epoch = time - absl::UnixEpoch();
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(since_epoch, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

// What asks for the same in one form.
v1::PublishModelRequest InOneForm(v1::PublishModelRequest request) {
  const std::set<std::string> aliases(request.aliases().begin(), request.aliases().end());
  request.mutable_aliases()->Assign(aliases.begin(), aliases.end());
  if (request.weight_type() == v1::WEIGHT_TYPE_UNSPECIFIED) request.set_weight_type(v1::WEIGHT_TYPE_FLOAT32);
  return request;
}

// Names of the fields in which `request` asks for something else than what was
// made. Where the request that made it is not known, the model says.
std::vector<std::string> Differences(const ModelRecord& made, const v1::PublishModelRequest& request) {
  if (!made.request.has_value()) {
    if (made.info.card().model() == request.model_id()) return {};
    return {"model_id"};
  }
  const v1::PublishModelRequest first = InOneForm(*made.request);
  const v1::PublishModelRequest second = InOneForm(request);
  const google::protobuf::Descriptor& type = *v1::PublishModelRequest::descriptor();
  google::protobuf::util::MessageDifferencer differencer;
  std::vector<std::string> differences;
  for (int i = 0; i < type.field_count(); ++i) {
    const std::vector<const google::protobuf::FieldDescriptor*> field{type.field(i)};
    if (!differencer.CompareWithFields(first, second, field, field)) differences.push_back(type.field(i)->name());
  }
  return differences;
}

}  // namespace

absl::Status ValidatePublishRequest(const v1::PublishModelRequest& request) {
  RETURN_IF_ERROR(PrefixField(ValidateId(request.model_id(), "the model id"), "model_id"));
  if (request.aliases_size() > kMaxAliases) {
    return InvalidField("aliases", "OUT_OF_RANGE",
                        absl::StrCat("give up to ", kMaxAliases, " aliases, not ", request.aliases_size()));
  }
  for (int i = 0; i < request.aliases_size(); ++i) {
    RETURN_IF_ERROR(PrefixField(ValidateId(request.aliases(i), "an alias"), absl::StrCat("aliases[", i, "]")));
  }
  RETURN_IF_ERROR(ValidateText(request.description(), "description"));
  RETURN_IF_ERROR(ValidateRequestId(request.request_id()));
  if (v1::WeightType_IsValid(request.weight_type())) return absl::OkStatus();
  return InvalidField("weight_type", "UNKNOWN_VALUE",
                      absl::StrCat(static_cast<int>(request.weight_type()), " is no WeightType"));
}

absl::StatusOr<std::optional<v1::ModelVersion>> ModelPublisher::FindPublished(const v1::PublishModelRequest& request) {
  RETURN_IF_ERROR(ValidatePublishRequest(request));
  if (request.request_id().empty()) return std::nullopt;
  ASSIGN_OR_RETURN(std::optional<ModelRecord> made, store_->FindModelByRequestId(request.request_id()));
  if (!made.has_value()) return std::nullopt;
  const std::vector<std::string> other = Differences(*made, request);
  if (other.empty()) return std::move(made->info);
  return WithReason(absl::AlreadyExistsError(absl::StrCat("the request id has already published ", made->info.name(),
                                                          ", and this request differs in ", absl::StrJoin(other, ", "),
                                                          ": give it an id of its own")),
                    "REQUEST_ID_REUSED");
}

absl::StatusOr<v1::ModelVersion> ModelPublisher::Publish(const v1::PublishModelRequest& request,
                                                         const std::string& bundle_dir) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(std::optional<v1::ModelVersion> made, FindPublished(request));
  if (made.has_value()) return *std::move(made);
  ASSIGN_OR_RETURN(const int64_t version, folders_.Reserve(request.model_id()));
  auto info = CopyBundle(request, bundle_dir, version);
  absl::Status status = info.status();
  if (status.ok()) {
    status = store_->InsertModelVersion(request.model_id(), version, *info, request);
  }
  if (!status.ok()) {
    folders_.Release(request.model_id(), version).IgnoreError();
    return status;
  }
  return info;
}

absl::StatusOr<v1::ModelVersion> ModelPublisher::CopyBundle(const v1::PublishModelRequest& request,
                                                            const std::string& bundle_dir, int64_t version) {
  ASSIGN_OR_RETURN(model::Bundle bundle, model::ReadBundle(*file_system_, bundle_dir));
  RETURN_IF_ERROR(PlanFromCard(bundle.card).status());
  bundle.card.set_model(request.model_id());
  bundle.card.set_version(version);
  if (!request.description().empty()) bundle.card.set_description(request.description());
  SetTime(clock_->Now(), *bundle.card.mutable_create_time());
  if (request.weight_type() == v1::WEIGHT_TYPE_FLOAT16) {
    ASSIGN_OR_RETURN(bundle.weights, model::HalveWeights(bundle.weights));
  }
  const std::string folder = folders_.PathOf(request.model_id(), version);
  RETURN_IF_ERROR(model::WriteBundle(file_system_, folder, bundle.card, bundle.weights));
  ASSIGN_OR_RETURN(model::Bundle copy, model::ReadBundle(*file_system_, folder));
  v1::ModelVersion info;
  info.set_name(ModelName{request.model_id(), version, ""}.ToString());
  *info.mutable_create_time() = copy.card.create_time();
  *info.mutable_card() = std::move(copy.card);
  ASSIGN_OR_RETURN(const uint64_t size, file_system_->Size(folder));
  info.set_size_bytes(static_cast<int64_t>(size));
  return info;
}

}  // namespace facet::server
