// SPDX-License-Identifier: Apache-2.0
#include <gif_lib.h>

#include <memory>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/output.h"
#include "client/cli/pictures.h"

namespace facet::cli {
namespace {

constexpr int kColours = 256;

int AppendBytes(GifFileType* gif, const GifByteType* bytes, int size) {
  static_cast<std::string*>(gif->UserData)->append(reinterpret_cast<const char*>(bytes), size);
  return size;
}

struct MapDeleter {
  void operator()(ColorMapObject* map) const { GifFreeMapObject(map); }
};
using ColourMap = std::unique_ptr<ColorMapObject, MapDeleter>;

bool AppendFrame(GifFileType* gif, const cv::Mat& bgr, int delay) {
  std::vector<cv::Mat> planes;
  cv::split(bgr, planes);
  std::vector<GifByteType> indices(bgr.total());
  ColourMap map(GifMakeMapObject(kColours, nullptr));
  int colours = kColours;
  if (map == nullptr || GifQuantizeBuffer(bgr.cols, bgr.rows, &colours, planes[2].data, planes[1].data, planes[0].data,
                                          indices.data(), map->Colors) == GIF_ERROR) {
    return false;
  }
  GraphicsControlBlock control{};
  control.DisposalMode = DISPOSE_DO_NOT;
  control.DelayTime = delay;
  control.TransparentColor = NO_TRANSPARENT_COLOR;
  GifByteType extension[4];
  const size_t size = EGifGCBToExtension(&control, extension);
  bool ok = EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), extension) == GIF_OK &&
            EGifPutImageDesc(gif, 0, 0, bgr.cols, bgr.rows, false, map.get()) == GIF_OK;
  for (int y = 0; ok && y < bgr.rows; ++y) {
    ok = EGifPutLine(gif, indices.data() + static_cast<size_t>(y) * bgr.cols, bgr.cols) == GIF_OK;
  }
  return ok;
}

// The extension by which browsers know an endless animation.
bool AppendLoop(GifFileType* gif) {
  const GifByteType forever[] = {1, 0, 0};
  return EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
         EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") == GIF_OK &&
         EGifPutExtensionBlock(gif, sizeof(forever), forever) == GIF_OK && EGifPutExtensionTrailer(gif) == GIF_OK;
}

}  // namespace

absl::Status WriteGif(const std::string& path, const std::vector<cv::Mat>& frames, int delay) {
  if (frames.empty()) return absl::InvalidArgumentError("an animation needs a picture");
  std::string bytes;
  int error = 0;
  GifFileType* gif = EGifOpen(&bytes, AppendBytes, &error);
  if (gif == nullptr) return absl::InternalError("cannot make a GIF");
  EGifSetGifVersion(gif, true);
  bool ok = EGifPutScreenDesc(gif, frames[0].cols, frames[0].rows, 8, 0, nullptr) == GIF_OK && AppendLoop(gif);
  for (size_t i = 0; ok && i < frames.size(); ++i) ok = AppendFrame(gif, frames[i], delay);
  ok = EGifCloseFile(gif, &error) == GIF_OK && ok;
  if (!ok) return absl::InternalError("cannot make a GIF");
  return WriteOutput(path, bytes);
}

}  // namespace facet::cli
