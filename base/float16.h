// SPDX-License-Identifier: Apache-2.0
// The 16-bit floating-point formats, as bit patterns.
#ifndef FACET_BASE_FLOAT16_H_
#define FACET_BASE_FLOAT16_H_

#include <cstdint>

namespace facet {

// IEEE binary16 and bfloat16: to the nearest, halves to even; too large becomes
// infinite.
uint16_t ToFloat16(float value);
uint16_t ToBfloat16(float value);

// Exact.
float FromFloat16(uint16_t half);

}  // namespace facet

#endif  // FACET_BASE_FLOAT16_H_
