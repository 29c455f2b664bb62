// SPDX-License-Identifier: Apache-2.0
#include "server/core/jobs/disk_usage.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/core/resource_name.h"

namespace facet::server {
namespace {

constexpr size_t kJobsNamed = 20;

// Where a file or folder of a job belongs.
std::string KindInJob(const std::string& name) {
  if (name == "checkpoints" || name == "start") return "checkpoints";
  if (absl::StartsWith(name, "bundle")) return "bundles";
  if (name == "trainer.log") return "logs";
  if (name == "samples") return "samples";
  return "other";
}

std::string KindInState(const std::string& name) {
  if (absl::StartsWith(name, "facet.db")) return "database";
  return name == "datasets" || name == "models" ? name : "other";
}

class Survey {
 public:
  explicit Survey(FileSystem& file_system) : file_system_(file_system) {}

  void AddState(const std::string& state_dir) {
    for (const std::string& name : Names(state_dir)) {
      const std::string path = absl::StrCat(state_dir, "/", name);
      if (name == "jobs") {
        for (const std::string& id : Names(path)) AddJob(id, absl::StrCat(path, "/", id));
      } else {
        kinds_[KindInState(name)] += SizeOf(path);
      }
    }
  }

  v1::DiskUsage Take() {
    v1::DiskUsage usage;
    for (const auto& [kind, bytes] : kinds_) {
      auto* item = usage.add_items();
      item->set_kind(kind);
      item->set_size_bytes(bytes);
    }
    std::sort(jobs_.rbegin(), jobs_.rend());
    if (jobs_.size() > kJobsNamed) jobs_.resize(kJobsNamed);
    for (const auto& [bytes, id] : jobs_) {
      auto* job = usage.add_jobs();
      job->set_name(JobName(id));
      job->set_size_bytes(bytes);
    }
    return usage;
  }

 private:
  void AddJob(const std::string& id, const std::string& path) {
    int64_t total = 0;
    for (const std::string& name : Names(path)) {
      const int64_t bytes = SizeOf(absl::StrCat(path, "/", name));
      kinds_[KindInJob(name)] += bytes;
      total += bytes;
    }
    jobs_.emplace_back(total, id);
  }
  std::vector<std::string> Names(const std::string& path) {
    return file_system_.List(path).value_or(std::vector<std::string>());
  }
  int64_t SizeOf(const std::string& path) { return static_cast<int64_t>(file_system_.Size(path).value_or(0)); }

  FileSystem& file_system_;
  std::map<std::string, int64_t> kinds_;
  std::vector<std::pair<int64_t, std::string>> jobs_;
};

}  // namespace

absl::StatusOr<v1::DiskUsage> MeasureDiskUsage(FileSystem& file_system, const std::string& state_dir) {
  Survey survey(file_system);
  survey.AddState(state_dir);
  v1::DiskUsage usage = survey.Take();
  ASSIGN_OR_RETURN(const uint64_t free, file_system.FreeBytes(state_dir));
  usage.set_free_bytes(static_cast<int64_t>(free));
  return usage;
}

}  // namespace facet::server
