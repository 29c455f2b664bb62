// SPDX-License-Identifier: Apache-2.0
#include "model/data/image_preparation.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "model/data/decode_room.h"
#include "model/data/source_file.h"

namespace facet::model {
namespace {

using Pixels = ImagePreparation::Pixels;

// Images read ahead for each thread: enough that none waits for the disk.
constexpr size_t kWindowPerThread = 4;

// All imports of the process share the memory of their images. Two budgets: who
// waits for a place to decode holds a file, and nobody who holds one to decode
// waits for anything.
constexpr int64_t kMaxFileBytes = int64_t{64} << 20;  // as the imports have it
constexpr int64_t kFilesBytes = 4 * kMaxFileBytes;

ByteBudget& ReadFiles() {
  static ByteBudget& budget = *new ByteBudget(kFilesBytes);
  return budget;
}

// A queue of files that threads prepare, taken in the order of adding.
// Add and Take are for one thread.
class PreparationQueue {
 public:
  explicit PreparationQueue(std::vector<ImagePreparation::Prepare> workers)
      : window_(workers.size() * kWindowPerThread) {
    // Where a thread cannot be started, those before it must not be joined while
    // they wait for images.
    absl::Cleanup stopper = [this] { Stop(); };
    for (ImagePreparation::Prepare& prepare : workers) {
      threads_.emplace_back("prepare", [this, prepare = std::move(prepare)] { Run(prepare); });
    }
    std::move(stopper).Cancel();
  }

  // Waits for the images in work; those that wait are left alone.
  ~PreparationQueue() { Stop(); }

  bool full() const { return slots_.size() >= window_; }

  void Add(std::string file, ByteBudget::Share room) ABSL_LOCKS_EXCLUDED(mutex_) {
    Slot& slot = slots_.emplace_back();
    slot.file = std::move(file);
    slot.room = std::move(room);
    const absl::MutexLock lock(&mutex_);
    waiting_.push_back(&slots_.back());
  }

  // Blocks until the oldest is prepared. Not empty().
  absl::StatusOr<Pixels> Take() ABSL_LOCKS_EXCLUDED(mutex_) {
    Slot& slot = slots_.front();
    {
      const absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&slot.done));
    }
    absl::StatusOr<Pixels> result = std::move(slot.result);
    slots_.pop_front();
    return result;
  }

 private:
  struct Slot {
    std::string file;
    ByteBudget::Share room;  // of the file
    absl::StatusOr<Pixels> result;
    bool done = false;  // guarded by the queue's mutex
  };

  void Stop() ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      const absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    threads_.clear();
  }

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !waiting_.empty(); }

  void Run(const ImagePreparation::Prepare& prepare) ABSL_LOCKS_EXCLUDED(mutex_) {
    while (Slot* const slot = Next()) {
      slot->result = PrepareOne(prepare, slot->file);
      slot->file = std::string();
      slot->room.ReduceTo(0);
      const absl::MutexLock lock(&mutex_);
      slot->done = true;
    }
  }

  // Null: there is nothing more to do.
  Slot* Next() ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &PreparationQueue::HasWork));
    if (stopping_) return nullptr;
    Slot* const slot = waiting_.front();
    waiting_.pop_front();
    return slot;
  }

  // The decoders are other people's code: what they throw ends here.
  static absl::StatusOr<Pixels> PrepareOne(const ImagePreparation::Prepare& prepare, const std::string& file) {
    const ByteBudget::Share room = TakeRoomToDecode(file);
    try {
      return prepare(file);
    } catch (const std::exception& error) {
      return absl::InternalError(absl::StrCat("cannot prepare an image: ", error.what()));
    }
  }

  const size_t window_;
  std::deque<Slot> slots_;  // its ends move, its elements do not
  absl::Mutex mutex_;
  std::deque<Slot*> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Thread> threads_;
};

absl::StatusOr<std::vector<ImagePreparation::Prepare>> MakeWorkers(const ImagePreparation& preparation) {
  int threads = preparation.threads;
  if (threads == 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  threads = static_cast<int>(std::min<int64_t>(threads, preparation.count));
  std::vector<ImagePreparation::Prepare> workers;
  for (int i = 0; i < threads; ++i) {
    ASSIGN_OR_RETURN(ImagePreparation::Prepare prepare, preparation.make_prepare());
    workers.push_back(std::move(prepare));
  }
  return workers;
}

}  // namespace

absl::Status PrepareImages(const ImagePreparation& preparation) {
  ASSIGN_OR_RETURN(std::vector<ImagePreparation::Prepare> workers, MakeWorkers(preparation));
  PreparationQueue queue(std::move(workers));
  int64_t added = 0;
  for (int64_t taken = 0; taken < preparation.count; ++taken) {
    for (; added < preparation.count && !queue.full(); ++added) {
      RETURN_IF_ERROR(CheckNotCancelled(preparation.cancelled));
      ByteBudget::Share room = ReadFiles().Take(kMaxFileBytes);
      ASSIGN_OR_RETURN(std::string file, preparation.read(added));
      room.ReduceTo(static_cast<int64_t>(file.size()));
      queue.Add(std::move(file), std::move(room));
    }
    RETURN_IF_ERROR(CheckNotCancelled(preparation.cancelled));
    const absl::StatusOr<Pixels> prepared = queue.Take();
    if (!prepared.ok() && !absl::IsInvalidArgument(prepared.status())) return prepared.status();
    RETURN_IF_ERROR(preparation.take(taken, prepared));
    if (preparation.progress) preparation.progress(taken + 1, preparation.count);
  }
  return absl::OkStatus();
}

}  // namespace facet::model
