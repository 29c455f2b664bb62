// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_SHA256_H_
#define FACET_BASE_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace facet {

// SHA-256 (FIPS 180-4) over pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  // 64 lower-case hexadecimal digits. Call once.
  std::string HexDigest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Digest of `bytes`, as by HexDigest.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace facet

#endif  // FACET_BASE_SHA256_H_
