// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_PROGRESS_BAR_H_
#define FACET_CLIENT_CLI_PROGRESS_BAR_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace facet::cli {

// One moving line on standard error in a terminal; elsewhere a plain line
// every ten seconds and at the end. Not thread-safe.
class ProgressBar {
 public:
  // `label` stands at the left. `quiet` shows nothing (--json).
  ProgressBar(std::string label, bool quiet);
  // Ends the line.
  ~ProgressBar();

  // `fraction` in [0, 1]; `text` stands at the right: rate, time left.
  void Update(double fraction, absl::string_view text);
  // Of `texts`, which say the same from the longest to the shortest, a terminal
  // shows the first that has room.
  void Update(double fraction, absl::Span<const std::string> texts);
  // Clears the line for other output; the next Update draws it again.
  void Clear();

 private:
  void Draw(double fraction, absl::Span<const std::string> texts) const;

  const std::string label_;
  const bool quiet_;
  const bool terminal_;
  absl::Time last_ = absl::InfinitePast();
  bool full_ = false;  // the last fraction was 1
  bool drawn_ = false;
};

// The line for a terminal of `columns`: label, bar, per cent, and the first of
// `texts` beside which the bar has 10 columns. Where not even the last one has
// room the label is shortened, then the text; where nothing helps there is no
// bar. For tests.
std::string FormatBar(absl::string_view label, double fraction, absl::Span<const std::string> texts, int columns);

// "1:02:03", "2:03", "45 s".
std::string FormatTimeLeft(absl::Duration duration);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_PROGRESS_BAR_H_
