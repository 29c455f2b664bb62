// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/vectors.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/features/feature_vector.h"

namespace facet::server {
namespace {

absl::Status Resolve(const model::FeatureSchema& schema, const FeatureVectors& vectors, int index,
                     absl::Span<float> dense) {
  absl::Status status = model::ResolveFeatureVector(schema, vectors[index], dense);
  if (status.ok()) return status;
  return PrefixField(status, absl::StrCat("vectors[", index, "]"));
}

}  // namespace

absl::Status CheckVectorCount(const FeatureVectors& vectors, int limit) {
  if (vectors.empty()) return InvalidField("vectors", "NO_VECTORS", "there is no vector; give one for each image");
  if (vectors.size() <= limit) return absl::OkStatus();
  return InvalidField(
      "vectors", "TOO_MANY_VECTORS",
      absl::StrCat("there are ", vectors.size(), " vectors; the server takes at most ", limit, " in this call"));
}

MessageLimits LimitsOfVectors(int max_vectors) {
  MessageLimits limits;
  limits.max_bytes = std::numeric_limits<uint64_t>::max();  // gRPC looks at limits.max_message_mib
  limits.max_fields = 1'000'000 + int64_t{32} * max_vectors;
  return limits;
}

absl::StatusOr<std::vector<float>> ResolveVectors(const model::FeatureSchema& schema, const FeatureVectors& vectors,
                                                  int begin, int count) {
  const size_t width = schema.total_classes();
  std::vector<float> dense(count * width);
  for (int i = 0; i < count; ++i) {
    RETURN_IF_ERROR(Resolve(schema, vectors, begin + i, absl::MakeSpan(dense).subspan(i * width, width)));
  }
  return dense;
}

absl::Status CheckVectors(const model::FeatureSchema& schema, const FeatureVectors& vectors) {
  std::vector<float> dense(schema.total_classes());
  for (int i = 0; i < vectors.size(); ++i) {
    RETURN_IF_ERROR(Resolve(schema, vectors, i, absl::MakeSpan(dense)));
  }
  return absl::OkStatus();
}

}  // namespace facet::server
