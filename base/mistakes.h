// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_BASE_MISTAKES_H_
#define FACET_BASE_MISTAKES_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/error.h"

namespace facet {

// Mistakes of one request that do not depend on one another, so that its caller
// hears of all at once:
//
//   Mistakes mistakes;
//   mistakes.Add(CheckRanks(spec));
//   mistakes.Take(ReadClasses(spec.classes()), classes, "classes");
//   RETURN_IF_ERROR(mistakes.ToStatus());
//
// Not thread-safe.
class Mistakes {
 public:
  // Notes what `status` tells of, be it several mistakes; OK is none. `path` is
  // put in front of its field, as PrefixField does; of a status without a field
  // it says in a list where the mistake is.
  void Add(const absl::Status& status, absl::string_view path = "");
  // Puts the value into `target`, or notes why there is none and returns false.
  template <typename T, typename Target>
  bool Take(absl::StatusOr<T> value, Target& target, absl::string_view path = "") {
    const bool there = value.ok();
    Add(value.status(), path);
    if (there) target = *std::move(value);
    return there;
  }

  bool none() const { return lead_.ok() && other_.ok(); }
  // No more can be told (kMostViolations): who goes through a list of any length
  // stops here.
  bool full() const { return violations_.size() >= kMostViolations; }
  // OK: none. One mistake: its status. Several: the status of the first that is
  // INVALID_ARGUMENT, or else of the first, with all of them (WithViolations).
  // An error that is no mistake of the request (neither INVALID_ARGUMENT,
  // NOT_FOUND nor FAILED_PRECONDITION) is told where there is no mistake.
  absl::Status ToStatus() const;

 private:
  absl::Status lead_;                       // whose code, reason and details count
  absl::Status other_;                      // no mistake
  std::vector<FieldViolation> violations_;  // those of lead_ first
};

}  // namespace facet

#endif  // FACET_BASE_MISTAKES_H_
