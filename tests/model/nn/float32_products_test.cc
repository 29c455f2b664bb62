// SPDX-License-Identifier: Apache-2.0
// Who asks for what: tests/model/evaluate/arithmetic_test.cc.
#include "model/nn/float32_products.h"

#include <ATen/Context.h>

#include "gtest/gtest.h"

namespace facet::model {
namespace {

TEST(Float32ProductsTest, AreAsAskedForLast) {
  for (const bool fast : {true, false, false, true, true}) {
    UseFloat32Products(fast ? Float32Products::kTf32 : Float32Products::kExact);
    EXPECT_EQ(at::globalContext().allowTF32CuBLAS(), fast);
    EXPECT_EQ(at::globalContext().allowTF32CuDNN(), fast);
  }
}

}  // namespace
}  // namespace facet::model
