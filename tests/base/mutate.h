// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_BASE_MUTATE_H_
#define FACET_TESTS_BASE_MUTATE_H_

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>

#include "absl/strings/string_view.h"
#include "base/random.h"

namespace facet {

// `text` with a few random wounds: bytes changed, bits flipped, pieces cut out,
// doubled or replaced by bytes that parsers fear. A pure function of its
// arguments: what a test found can be found again.
inline std::string Mutate(absl::string_view text, uint64_t round) {
  static constexpr absl::string_view kFeared[] = {absl::string_view("\0", 1),
                                                  "\xFF\xFF\xFF\xFF",
                                                  absl::string_view("\0\0\0\0", 4),
                                                  "\x7F\xFF\xFF\xFF",
                                                  "\x80",
                                                  "\"",
                                                  ",",
                                                  "\r",
                                                  "\n",
                                                  "[",
                                                  "{",
                                                  "-1",
                                                  "18446744073709551616",
                                                  "1e999",
                                                  "\xED\xA0\x80",
                                                  "..",
                                                  "/"};
  CounterRandom random(20, "mutate", round);
  std::string mutant(text);
  for (uint64_t wounds = 1 + random.NextBelow(4); wounds > 0; --wounds) {
    const size_t at = random.NextBelow(mutant.size() + 1);
    const size_t length = std::min<size_t>(random.NextBelow(16), mutant.size() - at);
    switch (random.NextBelow(6)) {
      case 0:
        if (at < mutant.size()) mutant[at] = static_cast<char>(random.NextUint32());
        break;
      case 1:
        if (at < mutant.size()) mutant[at] = static_cast<char>(mutant[at] ^ (1 << random.NextBelow(8)));
        break;
      case 2:
        mutant.erase(at, length);
        break;
      case 3:
        mutant.insert(at, std::string(mutant.substr(at, length)));
        break;
      case 4:
        mutant.resize(at);
        break;
      default: {
        const absl::string_view feared = kFeared[random.NextBelow(std::size(kFeared))];
        mutant.replace(at, random.NextBelow(2) == 0 ? 0 : length, feared.data(), feared.size());
      }
    }
  }
  return mutant;
}

}  // namespace facet

#endif  // FACET_TESTS_BASE_MUTATE_H_
