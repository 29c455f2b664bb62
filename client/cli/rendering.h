// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_RENDERING_H_
#define FACET_CLIENT_CLI_RENDERING_H_

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/context.h"
#include "facet/client/client.h"

namespace facet::cli {

// A model version pinned for one command, so that a grid is of one version
// even while an alias moves.
class RenderSession {
 public:
  static absl::StatusOr<RenderSession> Open(client::Client& client, const std::string& model);

  const v1::ModelVersion& version() const { return version_; }
  const v1::FeatureSchema& schema() const { return version_.card().schema(); }
  // NOT_FOUND lists the features there are.
  absl::StatusOr<v1::Feature> FindFeature(const std::string& name) const;

  // Sets features that `vector` leaves out to their first class, and says so
  // on standard error the first time.
  v1::FeatureVector Complete(v1::FeatureVector vector);

  // One picture a vector.
  absl::StatusOr<std::vector<cv::Mat>> Render(const std::vector<v1::FeatureVector>& vectors) const;

 private:
  RenderSession(client::Client& client, v1::ModelVersion version) : client_(&client), version_(std::move(version)) {}

  client::Client* client_;
  v1::ModelVersion version_;
  bool told_ = false;
};

// The vector of an image with these classes, one a feature in the schema's order.
v1::FeatureVector VectorOf(const v1::FeatureSchema& schema, const std::vector<std::string>& classes);

// Says on standard output what was written to `path`: with --json an object,
// else "path: what". Nothing where the picture itself went there ("-").
void AnnouncePicture(const Context& context, const std::string& path, const std::string& model_version,
                     const std::string& what);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_RENDERING_H_
