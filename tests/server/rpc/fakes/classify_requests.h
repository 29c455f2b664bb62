// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_CLASSIFY_REQUESTS_H_
#define FACET_TESTS_SERVER_RPC_FAKES_CLASSIFY_REQUESTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "facet/v1/model.pb.h"
#include "model/image/codec.h"

namespace facet::server {

// An image of one colour: `red`, without green and blue.
inline std::string Png(uint8_t red, int side = 8) {
  std::vector<uint8_t> pixels(size_t{3} * side * side);
  for (size_t i = 0; i < pixels.size(); i += 3) pixels[i] = red;
  return model::EncodePng({side, side, 3}, pixels.data()).value();
}

// Asks the model `digits`.
inline v1::ClassifyRequest ClassifyRequestOf(const std::vector<std::string>& images) {
  v1::ClassifyRequest request;
  request.set_model("digits");
  for (const std::string& bytes : images) {
    v1::ImageData& image = *request.add_images();
    image.set_encoding(v1::IMAGE_ENCODING_PNG);
    image.set_data(bytes);
  }
  return request;
}

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_CLASSIFY_REQUESTS_H_
