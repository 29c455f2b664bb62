// SPDX-License-Identifier: Apache-2.0
// Renders one image and writes the PNG that the server sends:
//
//   render_one ADDRESS MODEL OUT.png FEATURE=CLASS...
#include <facet/client/client.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

// Every call answers with a value or with a status that says what is wrong.
absl::StatusOr<std::string> RenderPng(const std::string& address, const std::string& model,
                                      const std::vector<std::string>& settings) {
  auto vector = facet::client::ParseFeatureVector(settings);
  if (!vector.ok()) return vector.status();
  auto client = facet::client::Client::Create({.address = address});
  if (!client.ok()) return client.status();
  facet::v1::RenderRequest request;
  request.set_model(model);
  *request.add_vectors() = *vector;
  request.mutable_format()->set_encoding(facet::v1::IMAGE_ENCODING_PNG);
  auto response = (*client)->Render(request);
  if (!response.ok()) return response.status();
  return response->images(0).data();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: render_one ADDRESS MODEL OUT.png FEATURE=CLASS...\n";
    return 2;
  }
  const auto png = RenderPng(argv[1], argv[2], {argv + 4, argv + argc});
  if (!png.ok()) {
    std::cerr << png.status().message() << "\n";
    const std::string field = facet::client::DescribeError(png.status()).field;
    if (!field.empty()) std::cerr << "field: " << field << "\n";
    return 1;
  }
  std::ofstream(argv[3], std::ios::binary) << *png;
  return 0;
}
