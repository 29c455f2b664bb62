// SPDX-License-Identifier: Apache-2.0
#include "client/cli/experiments/seed_plot.h"

#include <opencv2/imgproc.hpp>

#include "gmock/gmock.h"
#include "tests/proto/from_text.h"

namespace facet::cli {
namespace {

using testing::ElementsAre;

TEST(SeedPanelsTest, ThereIsOneForEachTestWithARowForEachSource) {
  const auto report = FromText<v1::AugmentationReport>(R"(
    sources {
      name: "originals"
      tests { name: "others" images: 40 accuracy: [ 0.5, 0.75 ] mean_accuracy: 0.625 }
      tests { name: "all" images: 60 accuracy: [ 1, 1 ] mean_accuracy: 1 }
    }
    sources { name: "synthetic" tests { name: "others" images: 40 accuracy: 0.875 mean_accuracy: 0.875 } })");
  const auto panels = SeedPanels(report);
  ASSERT_EQ(panels.size(), 2u);
  EXPECT_EQ(panels[0].label, "others: 40 images");
  EXPECT_EQ(panels[1].label, "all: 60 images");
  ASSERT_EQ(panels[0].rows.size(), 2u);
  EXPECT_EQ(panels[0].rows[0].label, "originals");
  EXPECT_THAT(panels[0].rows[0].seeds, ElementsAre(0.5, 0.75));
  EXPECT_EQ(panels[0].rows[0].mean, 0.625);
  EXPECT_EQ(panels[0].rows[1].label, "synthetic");
  EXPECT_THAT(panels[0].rows[1].seeds, ElementsAre(0.875));
  EXPECT_EQ(panels[1].rows.size(), 1u);
}

// Of two rows, so that the first says where the axis ends.
cv::Mat Plot(std::vector<double> seeds, double mean) {
  return DrawSeedPlot("title", {{"test", {{"originals", {0.8, 0.9}, 0.85}, {"mixup", std::move(seeds), mean}}}});
}

// Differing pixels, as the rectangle around them.
cv::Rect Difference(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat difference, grey;
  cv::absdiff(a, b, difference);
  cv::cvtColor(difference, grey, cv::COLOR_BGR2GRAY);
  return cv::boundingRect(grey);
}

TEST(DrawSeedPlotTest, EverySeedHasADot) {
  const cv::Mat none = Plot({}, 0.85);
  const cv::Rect low = Difference(none, Plot({0.82}, 0.85));
  const cv::Rect high = Difference(none, Plot({0.88}, 0.85));
  EXPECT_LT(low.width, 10);
  EXPECT_LT(low.x + low.width, high.x) << "higher is further to the right";
  EXPECT_GT(Difference(Plot({0.82}, 0.85), Plot({0.82, 0.82}, 0.85)).height, 3) << "of equal ones, too";
}

TEST(DrawSeedPlotTest, TheMeanIsDrawnAndWritten) {
  const cv::Rect moved = Difference(Plot({}, 0.82), Plot({}, 0.88));
  const cv::Rect dots = Difference(Plot({}, 0.85), Plot({0.82, 0.88}, 0.85));
  EXPECT_LE(moved.x, dots.x + 4);
  EXPECT_GT(moved.x + moved.width, dots.x + dots.width + 40) << "its figure stands right of the plot";
}

TEST(DrawSeedPlotTest, TheAxisSpansWhatThereIs) {
  const auto dot = [](double accuracy, double least, double most) {
    const auto draw = [&](std::vector<double> seeds) {
      return DrawSeedPlot("", {{"", {{"a", {least, most}, least}, {"b", std::move(seeds), least}}}});
    };
    return Difference(draw({}), draw({accuracy})).x;
  };
  EXPECT_GT(dot(0.94, 0.9, 0.95) - dot(0.92, 0.9, 0.95), 2 * (dot(0.94, 0.1, 0.95) - dot(0.92, 0.1, 0.95)))
      << "few points apart are far apart where all are";
}

TEST(DrawSeedPlotTest, ThePictureGrowsWithRowsAndStaysPaperAtItsCorners) {
  const SeedRow row{"originals", {0, 1}, 0.5};
  const cv::Mat one = DrawSeedPlot("title", {{"test", {row}}});
  const cv::Mat three = DrawSeedPlot("title", {{"test", {row, row}}, {"other", {row}}});
  EXPECT_GT(three.rows, one.rows + 2 * 20);
  for (const cv::Mat& plot : {one, three, DrawSeedPlot("title", {})}) {
    EXPECT_EQ(plot.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 255, 255));
    EXPECT_EQ(plot.at<cv::Vec3b>(plot.rows - 1, plot.cols - 1), cv::Vec3b(255, 255, 255));
  }
}

TEST(DrawSeedPlotTest, WhereAllIsEqualThereIsAnAxisStill) {
  for (const double accuracy : {0.0, 0.5, 1.0}) {
    const auto draw = [&](std::vector<double> seeds) {
      return DrawSeedPlot("title", {{"test", {{"originals", std::move(seeds), accuracy}}}});
    };
    const cv::Rect dot = Difference(draw({}), draw({accuracy}));
    EXPECT_GT(dot.area(), 0) << "within the picture: " << accuracy;
    EXPECT_LT(dot.width, 10) << accuracy;
  }
}

}  // namespace
}  // namespace facet::cli
