// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_JOBS_NET_OPERATIONS_H_
#define FACET_SERVER_CORE_JOBS_NET_OPERATIONS_H_

#include <cstdint>

#include "model/preset/net_shape.h"

namespace facet::server {

// Multiplications, with an addition each, of a net's way from input to output,
// for one image.
int64_t Multiplications(const model::GeneratorShape& shape);
int64_t Multiplications(const model::ClassifierShape& shape);

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_JOBS_NET_OPERATIONS_H_
