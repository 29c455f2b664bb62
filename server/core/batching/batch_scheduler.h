// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_BATCHING_BATCH_SCHEDULER_H_
#define FACET_SERVER_CORE_BATCHING_BATCH_SCHEDULER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/behind_wall.h"
#include "base/clock.h"
#include "base/thread.h"
#include "server/core/batching/batch_errors.h"
#include "server/core/batching/batch_queue.h"
#include "server/core/shutting_down.h"

namespace facet::server {

// Items of one task, [begin, begin + count), in a batch.
template <typename Task>
struct BatchSlice {
  Task* task = nullptr;
  int begin = 0;
  int count = 0;
};

template <typename Key, typename Task>
struct BatchSchedulerOptions {
  // Items computed together at the most.
  int max_batch = 32;
  // Items that may wait, of each priority: bulk never takes interactive's
  // room.
  int max_queue = 4096;
  // How long a batch that is not full waits for company while the engine is
  // idle. 0: not at all; batches fill up while the engine is busy.
  absl::Duration batch_wait = absl::ZeroDuration();
  // How long a bulk batch may take, by what items took before, while no
  // interactive task waits but one came within the last second: the next would
  // have to wait for it. 0: no limit.
  absl::Duration polite_batch = absl::ZeroDuration();
  Clock* clock = nullptr;  // of deadlines and durations: Clock::Steady
  // Computes a batch of tasks of one key; blocks while it does. Called by one
  // thread, the same each time. An error, or what it throws, fails every task
  // of the batch.
  std::function<absl::Status(const Key& key, absl::Span<const BatchSlice<Task>>)> engine;
  // Observers, may be null. Called with a lock held: be quick, call nothing.
  std::function<void(int items)> on_queue_changed;
  std::function<void(absl::Duration)> on_first_batch;  // time the task had waited
};

// Brings tasks of many callers together into batches for an engine that
// computes one batch at a time. Knows nothing of what is computed: a task is a
// number of items, and tasks with equal keys may share a batch. Who goes first
// is BatchQueue's matter.
//
// A task is taken only if Submit returns its id; `done` is then called once,
// from a thread of the scheduler, without locks held: it may submit and
// cancel, must not block, and must not drain or destroy the scheduler. The
// engine does not touch a task after its `done`.
//
// A task larger than a batch is computed in several. Before each its deadline
// and whether it was cancelled are looked at; while it waits, both take effect
// at once, however busy the engine is.
//
// Two threads: one drives the engine, one watches deadlines. Thread-safe.
// Submit and Cancel do not block. The destructor completes what was accepted.
template <typename Key, typename Task>
class BatchScheduler {
 public:
  using Options = BatchSchedulerOptions<Key, Task>;
  using Slice = BatchSlice<Task>;

  struct Request {
    Key key;
    Task task;
    int items = 0;
    BatchPriority priority = BatchPriority::kInteractive;
    absl::Time deadline = absl::InfiniteFuture();
    // OK, DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (cut off by Drain) or the
    // engine's error.
    absl::AnyInvocable<void(absl::Status)> done;
  };

  // INVALID_ARGUMENT: a limit below 1, no clock, no engine.
  static absl::StatusOr<std::unique_ptr<BatchScheduler>> Create(Options options);
  ~BatchScheduler();

  // RESOURCE_EXHAUSTED (QUEUE_FULL, RetryInfo): no room now. RESOURCE_EXHAUSTED
  // (TASK_TOO_LARGE): more items than may ever wait. DEADLINE_EXCEEDED: already
  // passed. UNAVAILABLE: draining. INVALID_ARGUMENT: no items.
  absl::StatusOr<int64_t> Submit(Request request) ABSL_LOCKS_EXCLUDED(mutex_);

  // A waiting task is completed with CANCELLED at once, a running one after
  // its batch. No effect on one that is done.
  void Cancel(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes no more tasks and blocks until those accepted are done; at
  // `deadline` the rest is cut off: UNAVAILABLE.
  void Drain(absl::Time deadline) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct State {
    Request request;
    absl::Time arrival;
    int computed = 0;  // items
    bool running = false;
    absl::Status cut_off;  // why, once its running batch has ended
  };
  struct Finished {
    std::unique_ptr<State> state;
    absl::Status status;
  };
  struct Batch {
    Key key;
    std::vector<int64_t> ids;
    std::vector<Slice> slices;
    int items = 0;
  };

  explicit BatchScheduler(Options options);
  void RunEngine() ABSL_LOCKS_EXCLUDED(mutex_);
  void RunWatcher() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CheckRoom(const Request& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False: stopping, and nothing is left.
  bool AwaitWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::unique_ptr<Batch> TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Items of the next batch at the most.
  int MostItems() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishBatch(const Batch& batch, const absl::Status& status, absl::Duration elapsed) ABSL_LOCKS_EXCLUDED(mutex_);
  void Enqueue(int64_t id, State& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes a waiting task out of queue and deadlines; the watcher completes it.
  void Drop(int64_t id, absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutOff(int64_t id, State& state, absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Finished Release(int64_t id, absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Complete(std::vector<Finished> finished) ABSL_LOCKS_EXCLUDED(mutex_);
  void QueueChanged() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  absl::Mutex mutex_;
  BatchQueue<Key> queue_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int64_t, std::unique_ptr<State>> tasks_ ABSL_GUARDED_BY(mutex_);
  // Of waiting tasks, by deadline; finite ones only.
  absl::btree_set<std::pair<absl::Time, int64_t>> deadlines_ ABSL_GUARDED_BY(mutex_);
  std::vector<Finished> dropped_ ABSL_GUARDED_BY(mutex_);
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  int unfinished_ ABSL_GUARDED_BY(mutex_) = 0;  // tasks whose `done` has not returned
  double seconds_per_item_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_interactive_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // arrival
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Thread engine_thread_;  // last: these use all above
  Thread watcher_thread_;
};

template <typename Key, typename Task>
auto BatchScheduler<Key, Task>::Create(Options options) -> absl::StatusOr<std::unique_ptr<BatchScheduler>> {
  absl::Status status = ValidateBatchLimits(options.max_batch, options.max_queue, options.batch_wait);
  if (!status.ok()) return status;
  if (options.clock == nullptr || options.engine == nullptr) {
    return absl::InvalidArgumentError("a batch scheduler needs a clock and an engine");
  }
  return std::unique_ptr<BatchScheduler>(new BatchScheduler(std::move(options)));
}

template <typename Key, typename Task>
BatchScheduler<Key, Task>::BatchScheduler(Options options)
    : options_(std::move(options)),
      engine_thread_("batch-engine", [this] { RunEngine(); }),
      watcher_thread_("batch-watcher", [this] { RunWatcher(); }) {}

template <typename Key, typename Task>
BatchScheduler<Key, Task>::~BatchScheduler() {
  Drain(absl::InfiniteFuture());
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  engine_thread_.Join();
  watcher_thread_.Join();
}

template <typename Key, typename Task>
absl::Status BatchScheduler<Key, Task>::CheckRoom(const Request& request) const {
  if (request.items < 1) return absl::InvalidArgumentError("a task needs at least one item");
  if (draining_) return ShuttingDownError();
  if (request.deadline <= options_.clock->Now()) return DeadlinePassedError();
  if (request.items > options_.max_queue) return TaskTooLargeError(request.items, options_.max_queue);
  const int waiting = queue_.items(request.priority);
  if (waiting + request.items > options_.max_queue) {
    return QueueFullError(waiting, options_.max_queue, absl::Seconds(waiting * seconds_per_item_));
  }
  return absl::OkStatus();
}

template <typename Key, typename Task>
absl::StatusOr<int64_t> BatchScheduler<Key, Task>::Submit(Request request) {
  absl::MutexLock lock(&mutex_);
  absl::Status room = CheckRoom(request);
  if (!room.ok()) return room;
  auto state = std::make_unique<State>();
  const int64_t id = next_id_++;
  ++unfinished_;
  state->request = std::move(request);
  state->arrival = options_.clock->Now();
  if (state->request.priority == BatchPriority::kInteractive) last_interactive_ = state->arrival;
  Enqueue(id, *state);
  tasks_.emplace(id, std::move(state));
  QueueChanged();
  return id;
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::Cancel(int64_t id) {
  absl::MutexLock lock(&mutex_);
  const auto task = tasks_.find(id);
  if (task != tasks_.end()) CutOff(id, *task->second, TaskCancelledError());
  QueueChanged();
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::Drain(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unfinished_ == 0; };
  if (options_.clock->AwaitUntil(mutex_, absl::Condition(&idle), deadline)) return;
  std::vector<int64_t> ids;
  for (const auto& [id, state] : tasks_) ids.push_back(id);
  for (const int64_t id : ids) CutOff(id, *tasks_.at(id), ShuttingDownError());
  QueueChanged();
  mutex_.Await(absl::Condition(&idle));
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::RunEngine() {
  while (true) {
    std::unique_ptr<Batch> batch;
    {
      absl::MutexLock lock(&mutex_);
      if (!AwaitWork()) return;
      batch = TakeBatch();
    }
    if (batch == nullptr) continue;
    const absl::Time start = options_.clock->Now();
    // A batch that finds no memory costs its own tasks, not the process.
    const absl::Status status = BehindWall([&] { return options_.engine(batch->key, batch->slices); });
    FinishBatch(*batch, status, options_.clock->Now() - start);
  }
}

template <typename Key, typename Task>
bool BatchScheduler<Key, Task>::AwaitWork() {
  auto work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
  mutex_.Await(absl::Condition(&work));
  if (queue_.empty()) return false;
  if (options_.batch_wait > absl::ZeroDuration()) {
    // Counted from the arrival of whoever has waited longest: what came while
    // the engine was busy has waited enough.
    absl::Time oldest = absl::InfiniteFuture();
    for (const auto& [id, state] : tasks_) oldest = std::min(oldest, state->arrival);
    auto enough = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return draining_ || queue_.empty() || queue_.HasBatchOf(options_.max_batch);
    };
    options_.clock->AwaitUntil(mutex_, absl::Condition(&enough), oldest + options_.batch_wait);
  }
  return true;
}

template <typename Key, typename Task>
int BatchScheduler<Key, Task>::MostItems() const {
  constexpr absl::Duration kRecent = absl::Seconds(1);
  const bool polite = options_.polite_batch > absl::ZeroDuration() && queue_.items(BatchPriority::kInteractive) == 0 &&
                      options_.clock->Now() - last_interactive_ < kRecent && seconds_per_item_ > 0;
  if (!polite) return options_.max_batch;
  const double items = absl::ToDoubleSeconds(options_.polite_batch) / seconds_per_item_;
  return static_cast<int>(std::clamp(items, 1.0, static_cast<double>(options_.max_batch)));
}

template <typename Key, typename Task>
auto BatchScheduler<Key, Task>::TakeBatch() -> std::unique_ptr<Batch> {
  DropExpired();
  const auto shares = queue_.Pick(MostItems());
  if (shares.empty()) return nullptr;
  auto batch = std::make_unique<Batch>(Batch{tasks_.at(shares[0].id)->request.key, {}, {}, 0});
  const absl::Time now = options_.clock->Now();
  for (const auto& share : shares) {
    State& state = *tasks_.at(share.id);
    deadlines_.erase({state.request.deadline, share.id});
    state.running = true;
    if (state.computed == 0 && options_.on_first_batch != nullptr) options_.on_first_batch(now - state.arrival);
    batch->ids.push_back(share.id);
    batch->slices.push_back({&state.request.task, state.computed, share.items});
    batch->items += share.items;
  }
  QueueChanged();
  return batch;
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::FinishBatch(const Batch& batch, const absl::Status& status, absl::Duration elapsed) {
  std::vector<Finished> finished;
  {
    absl::MutexLock lock(&mutex_);
    const double seconds = absl::ToDoubleSeconds(elapsed) / batch.items;
    seconds_per_item_ = seconds_per_item_ == 0 ? seconds : 0.8 * seconds_per_item_ + 0.2 * seconds;
    for (size_t i = 0; i < batch.ids.size(); ++i) {
      State& state = *tasks_.at(batch.ids[i]);
      state.running = false;
      state.computed += batch.slices[i].count;
      if (!status.ok() || !state.cut_off.ok()) {
        finished.push_back(Release(batch.ids[i], status.ok() ? state.cut_off : status));
      } else if (state.computed == state.request.items) {
        finished.push_back(Release(batch.ids[i], absl::OkStatus()));
      } else {
        Enqueue(batch.ids[i], state);
      }
    }
    DropExpired();
    QueueChanged();
  }
  Complete(std::move(finished));
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::Enqueue(int64_t id, State& state) {
  const Request& request = state.request;
  queue_.Push(id, request.key, request.priority, request.items - state.computed);
  if (request.deadline != absl::InfiniteFuture()) deadlines_.insert({request.deadline, id});
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::CutOff(int64_t id, State& state, absl::Status status) {
  if (state.running) {
    state.cut_off = std::move(status);
  } else {
    Drop(id, std::move(status));
  }
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::Drop(int64_t id, absl::Status status) {
  queue_.Remove(id);
  deadlines_.erase({tasks_.at(id)->request.deadline, id});
  dropped_.push_back(Release(id, std::move(status)));
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::DropExpired() {
  const absl::Time now = options_.clock->Now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Drop(deadlines_.begin()->second, DeadlinePassedError());
  }
}

template <typename Key, typename Task>
auto BatchScheduler<Key, Task>::Release(int64_t id, absl::Status status) -> Finished {
  const auto task = tasks_.find(id);
  Finished finished{std::move(task->second), std::move(status)};
  tasks_.erase(task);
  return finished;
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::RunWatcher() {
  while (true) {
    std::vector<Finished> dropped;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time next = deadlines_.empty() ? absl::InfiniteFuture() : deadlines_.begin()->first;
      auto changed = [this, next]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !dropped_.empty() || (!deadlines_.empty() && deadlines_.begin()->first < next);
      };
      options_.clock->AwaitUntil(mutex_, absl::Condition(&changed), next);
      if (stopping_) return;
      DropExpired();
      QueueChanged();
      dropped.swap(dropped_);
    }
    Complete(std::move(dropped));
  }
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::Complete(std::vector<Finished> finished) {
  const int count = static_cast<int>(finished.size());
  for (Finished& task : finished) {
    std::move(task.state->request.done)(std::move(task.status));
    task.state.reset();
  }
  absl::MutexLock lock(&mutex_);
  unfinished_ -= count;
}

template <typename Key, typename Task>
void BatchScheduler<Key, Task>::QueueChanged() {
  if (options_.on_queue_changed != nullptr) options_.on_queue_changed(queue_.items());
}

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_BATCHING_BATCH_SCHEDULER_H_
