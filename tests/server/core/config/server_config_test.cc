// SPDX-License-Identifier: Apache-2.0
#include "server/core/config/server_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/names.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ServerConfigTest, EmptyFileMeansDefaults) {
  auto config = ParseServerConfig("", "facet.textproto");
  ASSERT_TRUE(config.ok()) << config.status();
  const ServerOptions options = OptionsFromConfig(*config);
  const ServerOptions defaults;
  EXPECT_EQ(options.listen, defaults.listen);
  EXPECT_EQ(options.metrics, defaults.metrics);
  EXPECT_EQ(options.limits.max_message_mib, defaults.limits.max_message_mib);
  EXPECT_EQ(options.limits.drain, defaults.limits.drain);
  EXPECT_EQ(options.render.device, defaults.render.device);
  EXPECT_EQ(options.jobs.device, "auto");
  EXPECT_TRUE(options.Validate().ok());
}

TEST(ServerConfigTest, TakesEveryField) {
  auto config = ParseServerConfig(R"pb(
                                    listen: "127.0.0.1:1"
                                    listen: "unix:/tmp/f.sock"
                                    metrics: "off"
                                    state_dir: "/s"
                                    data_dir: "/d"
                                    import_roots: "/i"
                                    trainer_path: "/t"
                                    limits {
                                      max_message_mib: 1
                                      max_render_batch: 2
                                      max_render_stream: 3
                                      max_render_queue: 4
                                      max_streams: 5
                                      max_queued_jobs: 6
                                      max_running_jobs: 7
                                      max_upload_mib: 8
                                      max_loaded_models: 9
                                      drain_seconds: 10
                                      max_imports: 11
                                      max_calls: 12
                                    }
                                    render { max_batch: 13 batch_wait_us: 14 threads: 15 device: "cpu" }
                                    log { level: "debug" format: "json" }
                                    jobs {
                                      max_silence_seconds: 16
                                      max_ended: 17
                                      max_age_days: 18
                                      checkpoints_age_days: 19
                                      max_progress_events: 2000
                                      max_restarts: 20
                                      restart_backoff_ms: 21
                                      device: "cuda:3"
                                    }
                                  )pb",
                                  "f");
  ASSERT_TRUE(config.ok()) << config.status();
  const ServerOptions options = OptionsFromConfig(*config);
  EXPECT_THAT(options.listen, ElementsAre("127.0.0.1:1", "unix:/tmp/f.sock"));
  EXPECT_EQ(options.metrics, "off");
  EXPECT_EQ(options.state_dir, "/s");
  EXPECT_EQ(options.data_dir, "/d");
  EXPECT_THAT(options.import_roots, ElementsAre("/i"));
  EXPECT_EQ(options.trainer_path, "/t");
  const LimitOptions& limits = options.limits;
  EXPECT_THAT((std::vector<int>{limits.max_message_mib, limits.max_render_batch, limits.max_render_stream,
                                limits.max_render_queue, limits.max_streams, limits.max_queued_jobs,
                                limits.max_running_jobs, limits.max_upload_mib, limits.max_loaded_models}),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(limits.drain, absl::Seconds(10));
  EXPECT_EQ(limits.max_imports, 11);
  EXPECT_EQ(limits.max_calls, 12);
  EXPECT_EQ(options.render.max_batch, 13);
  EXPECT_EQ(options.render.batch_wait, absl::Microseconds(14));
  EXPECT_EQ(options.render.threads, 15);
  EXPECT_EQ(options.render.device, "cpu");
  EXPECT_EQ(options.log.level, "debug");
  EXPECT_EQ(options.log.format, "json");
  EXPECT_EQ(options.jobs.max_silence, absl::Seconds(16));
  EXPECT_EQ(options.jobs.max_ended, 17);
  EXPECT_EQ(options.jobs.max_age, absl::Hours(18 * 24));
  EXPECT_EQ(options.jobs.checkpoints_age, absl::Hours(19 * 24));
  EXPECT_EQ(options.jobs.max_progress_events, 2000);
  EXPECT_EQ(options.jobs.max_restarts, 20);
  EXPECT_EQ(options.jobs.restart_backoff, absl::Milliseconds(21));
  EXPECT_EQ(options.jobs.device, "cuda:3");
}

TEST(ServerConfigTest, NamesFileLineColumnAndNearestField) {
  auto config = ParseServerConfig("metrics: \"off\"\nlimits { max_stream: 3 }\n", "etc/facet.textproto");
  ASSERT_FALSE(config.ok());
  const std::string message(config.status().message());
  EXPECT_THAT(message, StartsWith("etc/facet.textproto:2:"));
  EXPECT_THAT(message, HasSubstr("Did you mean 'max_streams'"));
  EXPECT_EQ(GetErrorDetail(config.status()).reason, "INVALID_CONFIGURATION");
}

TEST(ServerConfigTest, RefusesWhatIsNoText) {
  for (const char* bad : {"{", "listen: 5", "limits { max_streams: 99999999999 }", "\x01\x02", "listen: \"a"}) {
    EXPECT_EQ(ParseServerConfig(bad, "f").status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(ServerConfigTest, KeepsNegativeValuesForValidate) {
  auto config = ParseServerConfig("limits { drain_seconds: -3 }", "f");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(GetErrorDetail(OptionsFromConfig(*config).Validate()).field, "limits.drain_seconds");
}

TEST(ServerConfigTest, ReadsFile) {
  const std::string path = testing::TempDir() + "/config-" + RandomHexId();
  std::ofstream(path) << "state_dir: '/somewhere'";
  auto options = ReadServerConfig(*FileSystem::Posix(), path);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->state_dir, "/somewhere");
}

TEST(ServerConfigTest, MissingFileIsNotFound) {
  auto options = ReadServerConfig(*FileSystem::Posix(), "/nowhere/facet.textproto");
  EXPECT_EQ(options.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(options.status().message()), HasSubstr("/nowhere/facet.textproto"));
}

}  // namespace
}  // namespace facet::server
