// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_THREAD_H_
#define FACET_BASE_THREAD_H_

#include <functional>
#include <string>
#include <thread>

namespace facet {

// A named thread that is joined when its owner goes. Not thread-safe.
class Thread {
 public:
  Thread() = default;
  // Starts `body`; `name` (first 15 bytes) shows in `top -H` and debuggers. Throws
  // std::system_error where the system has no thread left.
  Thread(const std::string& name, std::function<void()> body);
  Thread(Thread&&) = default;
  Thread& operator=(Thread&&) = delete;
  // Blocks until the body has returned.
  ~Thread();

  // Blocks until the body has returned; no effect the second time.
  void Join();

 private:
  std::thread thread_;
};

}  // namespace facet

#endif  // FACET_BASE_THREAD_H_
