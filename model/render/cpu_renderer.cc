// SPDX-License-Identifier: Apache-2.0
#include "model/render/cpu_renderer.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "model/render/cpu_generator.h"
#include "model/render/crew.h"
#include "model/render/finish_pixels.h"
#include "model/render/generator_weights.h"
#include "model/render/render_checks.h"

namespace facet::model {
namespace {

// Samples of a piece of finishing: some microseconds of work.
constexpr int kPieceSamples = 16384;

class CpuRenderer final : public Renderer {
 public:
  CpuRenderer(const GeneratorShape& shape, const RendererOptions& options, std::unique_ptr<CpuGenerator> generator)
      : generator_(std::move(generator)),
        shape_{shape.image_size(), shape.image_size(), shape.layers.back().out_channels},
        total_classes_(std::accumulate(shape.classes.begin(), shape.classes.end(), 0)),
        max_batch_(options.max_batch),
        crew_(options.threads > 0 ? options.threads
                                  : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {}

  absl::Status Render(absl::Span<const float> dense, int count, const PixelFormat& format, void* pixels) override {
    RETURN_IF_ERROR(CheckRequest(dense.size(), count, max_batch_, total_classes_));
    generator_->RunDense(crew_, dense.data(), count);
    // As many images at a time as fit the cache, in groups of nearly one size.
    const int groups = (count + generator_->images_at_once() - 1) / generator_->images_at_once();
    for (int group = 0; group < groups; ++group) {
      const int first = static_cast<int>(int64_t{count} * group / groups);
      const int images = static_cast<int>(int64_t{count} * (group + 1) / groups) - first;
      const size_t image_bytes = shape_.samples() * format.bytes_per_sample();
      Finish(generator_->RunImages(crew_, first, images), images, format,
             static_cast<char*>(pixels) + first * image_bytes);
    }
    return absl::OkStatus();
  }

  const ImageShape& shape() const override { return shape_; }
  int total_classes() const override { return total_classes_; }
  const std::string& device() const override { return device_; }
  int64_t memory_bytes() const override { return static_cast<int64_t>(generator_->weight_bytes()); }

 private:
  void Finish(const float* linear, int images, const PixelFormat& format, char* pixels) {
    const ImageLayout& layout = generator_->output();
    const size_t image_bytes = shape_.samples() * format.bytes_per_sample();
    const int rows = std::clamp(kPieceSamples / (shape_.width * shape_.channels), 1, shape_.height);
    const int pieces = (shape_.height + rows - 1) / rows;
    crew_.Run(images * pieces, [&](int index) {
      const int image = index / pieces;
      const int begin = index % pieces * rows;
      FinishRows(linear + image * layout.image() + layout.origin(), layout.row(), begin,
                 std::min(begin + rows, shape_.height), shape_, format, pixels + image * image_bytes);
    });
  }

  std::unique_ptr<CpuGenerator> generator_;
  const ImageShape shape_;
  const int total_classes_;
  const int max_batch_;
  const std::string device_ = "cpu";
  Crew crew_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Renderer>> CreateCpuRenderer(const GeneratorShape& shape, absl::string_view weights,
                                                            const RendererOptions& options, const TileKernel& kernel) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(const GeneratorWeights read, GeneratorWeights::Read(shape, weights));
  ASSIGN_OR_RETURN(auto generator, CpuGenerator::Create(kernel, shape, read, options.max_batch));
  return std::make_unique<CpuRenderer>(shape, options, std::move(generator));
}

}  // namespace facet::model
