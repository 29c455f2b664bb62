// SPDX-License-Identifier: Apache-2.0
#include "client/cli/progress_bar.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "client/cli/output.h"
#include "client/cli/terminal.h"

namespace facet::cli {
namespace {

constexpr absl::Duration kTerminalInterval = absl::Milliseconds(100);
constexpr absl::Duration kPlainInterval = absl::Seconds(10);

double Clamped(double fraction) { return std::clamp(std::isnan(fraction) ? 0.0 : fraction, 0.0, 1.0); }

// Cut off, so that 100 means the end.
int WholePercent(double fraction) { return static_cast<int>(100 * Clamped(fraction)); }

constexpr int kLeastBar = 10;
constexpr int kMostBar = 40;
constexpr int kLeastLabel = 8;

// The whole text, or its beginning with an ellipsis, in at most `columns`.
std::string Shorten(absl::string_view text, int columns) {
  if (TextColumns(text) <= columns) return std::string(text);
  if (columns < 1) return "";
  size_t end = 0;
  for (int kept = 0; kept < columns; ++end) {
    // Before the first byte of a letter; the others of it follow.
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && ++kept == columns) break;
  }
  return absl::StrCat(text.substr(0, end), "…");
}

// Eighths of a block, so that the bar moves smoothly.
std::string Blocks(double fraction, int width) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(fraction * width * 8));
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  const int filled = eighths / 8 + (eighths % 8 == 0 ? 0 : 1);
  return bar + std::string(std::max(0, width - filled), ' ');
}

}  // namespace

std::string FormatTimeLeft(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration + absl::Milliseconds(999));
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string FormatBar(absl::string_view label, double fraction, absl::Span<const std::string> texts, int columns) {
  fraction = Clamped(fraction);
  const std::string percent = absl::StrFormat(" %3d %%  ", WholePercent(fraction));
  // For label, bar and text; the last column stays free.
  const int room = columns - 1 - static_cast<int>(percent.size()) - 3;
  const auto fits = [&](const std::string& text) { return room - TextColumns(label) - TextColumns(text) >= kLeastBar; };
  const auto found = std::find_if(texts.begin(), texts.end(), fits);
  std::string text = found != texts.end() ? *found : texts.empty() ? "" : texts.back();
  const std::string name = Shorten(label, std::max(kLeastLabel, room - kLeastBar - TextColumns(text)));
  text = Shorten(text, std::max(0, room - kLeastBar - TextColumns(name)));
  const int width = std::min(room - TextColumns(name) - TextColumns(text), kMostBar);
  if (width < kLeastBar) return Shorten(absl::StrCat(label, percent), columns - 1);
  return absl::StrCat(name, " │", Blocks(fraction, width), "│", percent, text);
}

ProgressBar::ProgressBar(std::string label, bool quiet)
    : label_(std::move(label)), quiet_(quiet), terminal_(StderrIsTerminal()) {}

ProgressBar::~ProgressBar() {
  if (drawn_ && terminal_) std::fputs("\n", stderr);
}

void ProgressBar::Update(double fraction, absl::string_view text) {
  const std::string only(text);
  Update(fraction, absl::MakeConstSpan(&only, 1));
}

void ProgressBar::Update(double fraction, absl::Span<const std::string> texts) {
  if (quiet_) return;
  const absl::Time now = Clock::Steady()->Now();
  const bool last = fraction >= 1 && !full_;
  full_ = fraction >= 1;
  if (!last && now - last_ < (terminal_ ? kTerminalInterval : kPlainInterval)) return;
  last_ = now;
  Draw(fraction, texts);
  drawn_ = true;
}

void ProgressBar::Clear() {
  if (drawn_ && terminal_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

void ProgressBar::Draw(double fraction, absl::Span<const std::string> texts) const {
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s", FormatBar(label_, fraction, texts, TerminalColumns()).c_str());
  } else {
    const std::string text = texts.empty() ? "" : texts.front();
    std::fprintf(stderr, "%s %3d %%  %s\n", label_.c_str(), WholePercent(fraction), text.c_str());
  }
  std::fflush(stderr);
}

}  // namespace facet::cli
