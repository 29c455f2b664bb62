// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_CORE_BATCHING_BATCH_QUEUE_H_
#define FACET_SERVER_CORE_BATCHING_BATCH_QUEUE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace facet::server {

enum class BatchPriority {
  kInteractive,  // first
  kBulk,         // what is left, at least every fourth batch
};

// Which waiting task is computed next, and with whom: order alone, without
// threads, time or payloads. A task is an id and a number of items. Not
// thread-safe.
//
// Interactive tasks go first; where both wait, every fourth batch is bulk, so
// that neither starves. Within a priority the keys take turns, batch by batch.
// Within a key, first come, first served; a batch holds tasks of one key and
// one priority alone.
//
// `Key` needs ==. There are few at a time: they are searched one by one.
template <typename Key>
class BatchQueue {
 public:
  // Items of one task in a batch.
  struct Share {
    int64_t id = 0;
    int items = 0;
  };

  // `items` is at least 1, `id` not in the queue.
  void Push(int64_t id, const Key& key, BatchPriority priority, int items);

  // Takes a task out; false if it is not in the queue.
  bool Remove(int64_t id);

  // Takes the next batch out, at most `max_items` items. A task that does not
  // fit whole is cut and leaves the queue with the items that fit; push the
  // rest again once they are computed. It then stands behind the others, so
  // that a large task holds up a small one for one batch at most. Empty if
  // nothing waits.
  std::vector<Share> Pick(int max_items);

  bool empty() const { return places_.empty(); }
  int items(BatchPriority priority) const { return Of(priority).items; }
  int items() const { return classes_[0].items + classes_[1].items; }
  // Whether some batch would be full now.
  bool HasBatchOf(int items) const;

 private:
  static constexpr int kBulkInterval = 4;

  struct Line {  // tasks of one key, in order of service
    Key key;
    std::list<Share> tasks;
    int items = 0;
  };
  struct Class {
    std::list<Line> lines;  // in order of service; none is empty
    int items = 0;
  };
  struct Place {
    BatchPriority priority;
    typename std::list<Line>::iterator line;
    typename std::list<Share>::iterator task;
  };

  Class& Of(BatchPriority priority) { return classes_[static_cast<int>(priority)]; }
  const Class& Of(BatchPriority priority) const { return classes_[static_cast<int>(priority)]; }
  BatchPriority NextPriority();
  // Forgets a task that stands at `place`.
  void Erase(const Place& place);

  std::array<Class, 2> classes_;
  absl::flat_hash_map<int64_t, Place> places_;
  int batches_since_bulk_ = 0;  // while bulk tasks waited
};

template <typename Key>
void BatchQueue<Key>::Push(int64_t id, const Key& key, BatchPriority priority, int items) {
  Class& tasks = Of(priority);
  auto line = std::find_if(tasks.lines.begin(), tasks.lines.end(), [&](const Line& l) { return l.key == key; });
  if (line == tasks.lines.end()) line = tasks.lines.insert(line, Line{key, {}, 0});
  line->tasks.push_back({id, items});
  line->items += items;
  tasks.items += items;
  places_.emplace(id, Place{priority, line, std::prev(line->tasks.end())});
}

template <typename Key>
void BatchQueue<Key>::Erase(const Place& place) {
  Class& tasks = Of(place.priority);
  place.line->items -= place.task->items;
  tasks.items -= place.task->items;
  places_.erase(place.task->id);
  place.line->tasks.erase(place.task);
  if (place.line->tasks.empty()) tasks.lines.erase(place.line);
}

template <typename Key>
bool BatchQueue<Key>::Remove(int64_t id) {
  const auto entry = places_.find(id);
  if (entry == places_.end()) return false;
  Erase(Place(entry->second));
  return true;
}

template <typename Key>
BatchPriority BatchQueue<Key>::NextPriority() {
  const bool bulk_waits = items(BatchPriority::kBulk) > 0;
  const bool interactive_waits = items(BatchPriority::kInteractive) > 0;
  if (!bulk_waits || (interactive_waits && batches_since_bulk_ + 1 < kBulkInterval)) {
    batches_since_bulk_ = bulk_waits ? batches_since_bulk_ + 1 : 0;
    return BatchPriority::kInteractive;
  }
  batches_since_bulk_ = 0;
  return BatchPriority::kBulk;
}

template <typename Key>
auto BatchQueue<Key>::Pick(int max_items) -> std::vector<Share> {
  std::vector<Share> batch;
  if (empty()) return batch;
  const BatchPriority priority = NextPriority();
  std::list<Line>& lines = Of(priority).lines;
  const auto line = lines.begin();
  lines.splice(lines.end(), lines, line);  // the next key's turn comes next
  for (int room = max_items; room > 0;) {
    const auto task = line->tasks.begin();
    batch.push_back({task->id, std::min(task->items, room)});
    room -= batch.back().items;
    const bool last_of_line = line->tasks.size() == 1;
    Erase({priority, line, task});
    if (last_of_line) break;
  }
  return batch;
}

template <typename Key>
bool BatchQueue<Key>::HasBatchOf(int items) const {
  for (const Class& tasks : classes_) {
    for (const Line& line : tasks.lines) {
      if (line.items >= items) return true;
    }
  }
  return false;
}

}  // namespace facet::server

#endif  // FACET_SERVER_CORE_BATCHING_BATCH_QUEUE_H_
