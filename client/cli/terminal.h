// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_CLIENT_CLI_TERMINAL_H_
#define FACET_CLIENT_CLI_TERMINAL_H_

#include <opencv2/core.hpp>
#include <string>

namespace facet::cli {

// Whether standard error is a terminal that understands control sequences.
bool StderrIsTerminal();

// Columns of the terminal on standard error; 80 where there is none.
int TerminalColumns();

// Likewise of the terminal on standard output.
int OutputColumns();

// Draws an 8-bit BGR picture with two pixels a character (upper half block,
// 24-bit colours), shrunk to `columns` if it is wider.
std::string DrawImage(const cv::Mat& bgr, int columns);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_TERMINAL_H_
