// SPDX-License-Identifier: Apache-2.0
// What the plots of reports are drawn with. Colours are BGR.
#ifndef FACET_CLIENT_CLI_EXPERIMENTS_PLOT_INK_H_
#define FACET_CLIENT_CLI_EXPERIMENTS_PLOT_INK_H_

#include <opencv2/core.hpp>
#include <string>

namespace facet::cli {

extern const cv::Scalar kPlotPaper;
extern const cv::Scalar kPlotInk;
extern const cv::Scalar kPlotGrid;

// Of the series of a plot in turn: blue, orange, green, purple, then again.
const cv::Scalar& PlotColour(size_t series);

// `place` is the lower left corner of the text.
void WriteOnPlot(cv::Mat& canvas, const std::string& text, cv::Point place, const cv::Scalar& colour = kPlotInk);
// Pixels that it takes.
int PlotTextWidth(const std::string& text);

void DrawDashedLine(cv::Mat& canvas, cv::Point from, cv::Point to, const cv::Scalar& colour);

}  // namespace facet::cli

#endif  // FACET_CLIENT_CLI_EXPERIMENTS_PLOT_INK_H_
