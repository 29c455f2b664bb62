// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_PROTO_FROM_TEXT_H_
#define FACET_TESTS_PROTO_FROM_TEXT_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace facet {

// A message from its text form.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace facet

#endif  // FACET_TESTS_PROTO_FROM_TEXT_H_
