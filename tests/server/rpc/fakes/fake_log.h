// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_TESTS_SERVER_RPC_FAKES_FAKE_LOG_H_
#define FACET_TESTS_SERVER_RPC_FAKES_FAKE_LOG_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/rpc/log.h"

namespace facet::server {

// Keeps every line. Thread-safe.
class FakeLog final : public Log {
 public:
  struct Line {
    LogSeverity severity;
    std::string message;
    std::map<std::string, std::string> fields;
    std::set<std::string> numbers;  // names of fields that are
  };

  void Write(LogSeverity severity, absl::string_view message, const Fields& fields) override {
    Line line{severity, std::string(message), {}, {}};
    for (const auto& [name, value] : fields) {
      line.fields[std::string(name)] = value.text();
      if (value.is_number()) line.numbers.insert(std::string(name));
    }
    absl::MutexLock lock(&mutex_);
    lines_.push_back(std::move(line));
  }
  bool Enabled(LogSeverity) const override { return true; }

  std::vector<Line> lines() const {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<Line> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace facet::server

#endif  // FACET_TESTS_SERVER_RPC_FAKES_FAKE_LOG_H_
