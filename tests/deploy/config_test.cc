// SPDX-License-Identifier: Apache-2.0
// The configuration that the image, Compose, Kubernetes and systemd use.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "server/core/config/server_config.h"

namespace facet::server {
namespace {

TEST(DeployConfigTest, IsReadWithoutComplaint) {
  const char* source = std::getenv("FACET_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  auto options = ReadServerConfig(*FileSystem::Posix(), std::string(source) + "/deploy/facet.textproto");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->Validate().ok()) << options->Validate();
  // Inside a container, loopback would be nobody's.
  EXPECT_EQ(options->listen, std::vector<std::string>{"0.0.0.0:8470"});
  EXPECT_EQ(options->metrics, "0.0.0.0:8471");
  EXPECT_EQ(options->state_dir, "/var/lib/facet");
  EXPECT_EQ(options->import_roots, std::vector<std::string>{"/srv/datasets"});
  EXPECT_EQ(options->log.format, "json");
}

}  // namespace
}  // namespace facet::server
