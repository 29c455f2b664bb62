// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_CONFIG_SERVER_OPTIONS_H_
#define FACET_SERVER_CORE_CONFIG_SERVER_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace facet::server {

// What the server takes on at the most.
struct LimitOptions {
  int max_message_mib = 64;       // largest message either way
  int max_render_batch = 256;     // vectors in one Render
  int max_render_stream = 65536;  // vectors in one RenderStream
  int max_render_queue = 4096;    // images that wait to be rendered
  int max_streams = 64;           // streams of batches at once
  int max_queued_jobs = 1000;
  int max_running_jobs = 1;
  int max_upload_mib = 4096;  // bytes of one upload
  int max_imports = 8;        // imports at once
  int max_loaded_models = 4;
  int max_calls = 4096;  // RPCs at once
  // How long a shutdown waits for work in flight.
  absl::Duration drain = absl::Seconds(30);
};

struct RenderOptions {
  int max_batch = 32;  // images computed together
  absl::Duration batch_wait = absl::ZeroDuration();
  int threads = 0;              // 0: all cores
  std::string device = "auto";  // auto, cpu, cuda, cuda:N
};

struct JobOptions {
  absl::Duration max_silence = absl::Minutes(5);
  int max_ended = 0;                                          // 0: all stay
  absl::Duration max_age = absl::InfiniteDuration();          // after the end
  absl::Duration checkpoints_age = absl::InfiniteDuration();  // likewise
  int max_progress_events = 100'000;
  int max_restarts = 10;
  absl::Duration restart_backoff = absl::Seconds(1);
  std::string device = "auto";  // of trainers; as RenderOptions::device
};

struct LogOptions {
  std::string level = "info";   // debug, info, warn, error
  std::string format = "text";  // text, json
};

// Everything facetd can be told, with its defaults; docs/configuration.md.
// Field names in errors are those of the configuration file.
struct ServerOptions {
  std::vector<std::string> listen = {"127.0.0.1:8470"};
  std::string metrics = "127.0.0.1:8471";  // or "off"
  std::string state_dir = "facet-state";
  std::string data_dir;                   // presets and bundled data
  std::vector<std::string> import_roots;  // folders that ImportDataset may read
  std::string trainer_path;               // the program facet-trainer
  LimitOptions limits;
  RenderOptions render;
  LogOptions log;
  JobOptions jobs;
  bool bundled_models = true;  // publish those below data_dir

  bool serves_metrics() const { return metrics != "off"; }

  // INVALID_ARGUMENT for the first bad field, by its path: "limits.max_streams",
  // "listen[1]". Looks at values alone, never at the disk.
  absl::Status Validate() const;
};

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_CONFIG_SERVER_OPTIONS_H_
