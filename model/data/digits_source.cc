// SPDX-License-Identifier: Apache-2.0
#include "model/data/digits_source.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/idx.h"
#include "model/data/source_file.h"

namespace facet::model {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;
constexpr int kMinSide = 8;
constexpr int kMaxSide = 1024;

// The name under which a file lies in the source, if it does.
std::optional<std::string> FindFile(FileSystem& file_system, const std::string& source, absl::string_view stem,
                                    absl::string_view type) {
  for (const absl::string_view separator : {"-", "."}) {
    for (const absl::string_view ending : {"", ".gz"}) {
      std::string name = absl::StrCat(stem, separator, type, ending);
      if (file_system.Exists(absl::StrCat(source, "/", name))) return name;
    }
  }
  return std::nullopt;
}

absl::StatusOr<IdxArray> ReadIdx(FileSystem& file_system, const std::string& source, const std::string& file,
                                 int axes) {
  ASSIGN_OR_RETURN(const std::string contents, ReadSourceFile(file_system, source, file, kMaxFileBytes));
  auto array = ParseIdx(contents, axes);
  if (!array.ok()) return SourceError(file, array.status().message());
  return array;
}

absl::StatusOr<DigitsSource> ReadImages(FileSystem& file_system, const std::string& source, const std::string& file) {
  ASSIGN_OR_RETURN(IdxArray array, ReadIdx(file_system, source, file, 3));
  const int64_t height = array.lengths[1];
  const int64_t width = array.lengths[2];
  if (height != width || height < kMinSide || height > kMaxSide) {
    return SourceError(file, absl::StrCat("pictures of ", height, " x ", width, " pixels; squares of ", kMinSide,
                                          " to ", kMaxSide, " are needed"));
  }
  DigitsSource images;
  images.side = static_cast<int>(height);
  images.pixels = std::move(array.values);
  return images;
}

absl::StatusOr<std::vector<uint8_t>> ReadLabels(FileSystem& file_system, const std::string& source,
                                                const std::string& file) {
  ASSIGN_OR_RETURN(const IdxArray array, ReadIdx(file_system, source, file, 1));
  std::vector<uint8_t> digits(array.values.begin(), array.values.end());
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] > 9) {
      return SourceError(file, absl::StrCat("label ", digits[i], " of picture ", i, " is not a digit"));
    }
  }
  return digits;
}

// Adds one pair of files, if it is there, to what was read before.
absl::Status AddPair(FileSystem& file_system, const std::string& source, const std::string& set, DigitsSource& all) {
  const auto images_file = FindFile(file_system, source, set + "-images", "idx3-ubyte");
  const auto labels_file = FindFile(file_system, source, set + "-labels", "idx1-ubyte");
  if (!images_file.has_value() && !labels_file.has_value()) return absl::OkStatus();
  if (!images_file.has_value())
    return SourceError(*labels_file, "its images, " + set + "-images-idx3-ubyte, are missing");
  if (!labels_file.has_value())
    return SourceError(*images_file, "its labels, " + set + "-labels-idx1-ubyte, are missing");
  ASSIGN_OR_RETURN(const DigitsSource images, ReadImages(file_system, source, *images_file));
  ASSIGN_OR_RETURN(const std::vector<uint8_t> digits, ReadLabels(file_system, source, *labels_file));
  const size_t count = images.pixels.size() / images.side / images.side;
  if (count != digits.size()) {
    return SourceError(*labels_file,
                       absl::StrCat(digits.size(), " labels for the ", count, " pictures of ", *images_file));
  }
  if (all.side != 0 && all.side != images.side) {
    return SourceError(*images_file,
                       absl::StrCat("pictures of side ", images.side, ", but those before have ", all.side));
  }
  all.side = images.side;
  all.pixels += images.pixels;
  all.digits.insert(all.digits.end(), digits.begin(), digits.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DigitsSource> ReadDigitsSource(FileSystem& file_system, const std::string& source) {
  DigitsSource all;
  for (const char* set : {"train", "t10k"}) RETURN_IF_ERROR(AddPair(file_system, source, set, all));
  if (!all.digits.empty()) return all;
  return SourceError("train-images-idx3-ubyte",
                     "there is no such file in the source, nor t10k-images-idx3-ubyte, plain or .gz");
}

}  // namespace facet::model
