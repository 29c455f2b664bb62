// SPDX-License-Identifier: Apache-2.0
#include "server/core/config/server_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"

namespace facet::server {
namespace {

using ::testing::HasSubstr;

TEST(ServerOptionsTest, DefaultsAreValid) { EXPECT_TRUE(ServerOptions().Validate().ok()); }

struct BadOption {
  const char* field;
  std::function<void(ServerOptions&)> spoil;
};

class BadOptionTest : public ::testing::TestWithParam<BadOption> {};

TEST_P(BadOptionTest, IsRefusedByItsPath) {
  ServerOptions options;
  GetParam().spoil(options);
  const absl::Status status = options.Validate();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetail(status).field, GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadOptionTest,
    ::testing::Values(BadOption{"listen", [](ServerOptions& o) { o.listen.clear(); }},
                      BadOption{"listen[1]", [](ServerOptions& o) { o.listen.push_back("nowhere"); }},
                      BadOption{"listen[1]", [](ServerOptions& o) { o.listen.push_back(o.listen[0]); }},
                      BadOption{"metrics", [](ServerOptions& o) { o.metrics = "on"; }},
                      BadOption{"metrics", [](ServerOptions& o) { o.metrics = "unix:/tmp/m"; }},
                      BadOption{"state_dir", [](ServerOptions& o) { o.state_dir = ""; }},
                      BadOption{"import_roots[0]", [](ServerOptions& o) { o.import_roots = {""}; }},
                      BadOption{"limits.max_message_mib", [](ServerOptions& o) { o.limits.max_message_mib = 2048; }},
                      BadOption{"limits.max_render_batch", [](ServerOptions& o) { o.limits.max_render_batch = -1; }},
                      BadOption{"limits.max_render_stream", [](ServerOptions& o) { o.limits.max_render_stream = 0; }},
                      BadOption{"limits.max_render_queue", [](ServerOptions& o) { o.limits.max_render_queue = 0; }},
                      BadOption{"limits.max_render_queue", [](ServerOptions& o) { o.limits.max_render_queue = 255; }},
                      BadOption{"limits.max_streams", [](ServerOptions& o) { o.limits.max_streams = -5; }},
                      BadOption{"limits.max_queued_jobs", [](ServerOptions& o) { o.limits.max_queued_jobs = 0; }},
                      BadOption{"limits.max_running_jobs", [](ServerOptions& o) { o.limits.max_running_jobs = 65; }},
                      BadOption{"limits.max_upload_mib", [](ServerOptions& o) { o.limits.max_upload_mib = -1; }},
                      BadOption{"limits.max_imports", [](ServerOptions& o) { o.limits.max_imports = 0; }},
                      BadOption{"limits.max_loaded_models", [](ServerOptions& o) { o.limits.max_loaded_models = 0; }},
                      BadOption{"limits.max_calls", [](ServerOptions& o) { o.limits.max_calls = 0; }},
                      BadOption{"limits.drain_seconds", [](ServerOptions& o) { o.limits.drain = absl::Seconds(-1); }},
                      BadOption{"render.max_batch", [](ServerOptions& o) { o.render.max_batch = 4096; }},
                      BadOption{"render.max_batch",
                                [](ServerOptions& o) {
                                  o.limits.max_render_queue = o.limits.max_render_batch = 8;
                                  o.render.max_batch = 9;
                                }},
                      BadOption{"render.batch_wait_us",
                                [](ServerOptions& o) { o.render.batch_wait = absl::Seconds(2); }},
                      BadOption{"render.threads", [](ServerOptions& o) { o.render.threads = -1; }},
                      BadOption{"render.device", [](ServerOptions& o) { o.render.device = "cuda:x"; }},
                      BadOption{"render.device", [](ServerOptions& o) { o.render.device = "tpu"; }},
                      BadOption{"jobs.device", [](ServerOptions& o) { o.jobs.device = "gpu"; }},
                      BadOption{"log.level", [](ServerOptions& o) { o.log.level = "loud"; }},
                      BadOption{"log.format", [](ServerOptions& o) { o.log.format = "xml"; }}));

TEST(ServerOptionsTest, NamesNearestLogLevel) {
  ServerOptions options;
  options.log.level = "warning";
  EXPECT_THAT(std::string(options.Validate().message()), HasSubstr("Did you mean 'warn'"));
}

TEST(ServerOptionsTest, AllowsSeveralFreePortsAndDevices) {
  ServerOptions options;
  options.listen = {"127.0.0.1:0", "127.0.0.1:0", "unix:/tmp/facet.sock"};
  options.metrics = "off";
  options.render.device = "cuda:1";
  options.jobs.device = "cuda:2";
  EXPECT_TRUE(options.Validate().ok()) << options.Validate();
  EXPECT_FALSE(options.serves_metrics());
}

}  // namespace
}  // namespace facet::server
