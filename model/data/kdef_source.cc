// SPDX-License-Identifier: Apache-2.0
#include "model/data/kdef_source.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/status_macros.h"
#include "model/data/source_file.h"
#include "model/features/text.h"

namespace facet::model {
namespace {

namespace fs = std::filesystem;

struct FoundFile {
  std::string path;  // relative to the source
  bool is_link = false;
};

// Whether a link may stand for pictures: where it leads is not looked at, and it
// may be a folder.
bool MayBePictures(const std::string& name) { return HasImageExtension(name) || name.find('.') == std::string::npos; }

// Files with an image's extension, and links that have one or none. By path.
absl::StatusOr<std::vector<FoundFile>> FindImageFiles(const std::string& source, const std::atomic<bool>* cancelled) {
  std::vector<FoundFile> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(source, error), end; !error && it != end; it.increment(error)) {
    RETURN_IF_ERROR(CheckNotCancelled(cancelled));
    std::error_code ignored;
    const fs::file_status status = it->symlink_status(ignored);
    const bool link = fs::is_symlink(status);
    if (!link && !fs::is_regular_file(status)) continue;
    const std::string name = it->path().filename().string();
    if (link ? !MayBePictures(name) : !HasImageExtension(name)) continue;
    files.push_back({it->path().lexically_relative(source).generic_string(), link});
  }
  if (error) return SourceError("the folder", absl::StrCat("cannot be read: ", error.message()));
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

absl::Status NoKdefNames(const std::vector<FoundFile>& files) {
  std::vector<std::string> pictures;
  std::vector<std::string> links;
  for (const FoundFile& file : files) (file.is_link ? links : pictures).push_back(ShownText(file.path));
  std::string instead = pictures.empty()
                            ? "there are no pictures in it"
                            : absl::StrCat("of its ", pictures.size(), " pictures the first is '", pictures[0], "'");
  if (!links.empty()) {
    absl::StrAppend(&instead, "; links in it are not followed, the first of ", links.size(), " is '", links[0],
                    "': put files and folders there, or upload it");
  }
  return WithReason(
      absl::InvalidArgumentError(absl::StrCat(
          "no picture in the folder is named as in KDEF, e.g. AF01ANS.JPG (session, person, expression, angle); ",
          instead, ". Other pictures can be imported with a manifest.csv")),
      "NO_KDEF_NAMES");
}

}  // namespace

absl::StatusOr<KdefSource> FindKdefPictures(const std::string& source, const std::atomic<bool>* cancelled) {
  ASSIGN_OR_RETURN(const std::vector<FoundFile> files, FindImageFiles(source, cancelled));
  KdefSource found;
  std::map<std::tuple<int, std::string, int, int>, std::string> seen;
  for (const FoundFile& file : files) {
    if (file.is_link) {
      found.others.push_back({file.path, "a link, not followed"});
      continue;
    }
    std::optional<KdefName> name = ParseKdefName(fs::path(file.path).filename().string());
    if (!name.has_value()) {
      found.others.push_back({file.path, "unknown name: not as in KDEF"});
      continue;
    }
    const auto [first, added] =
        seen.emplace(std::tuple(name->session, name->identity, name->expression, name->angle), file.path);
    if (added) {
      found.pictures.push_back({file.path, *std::move(name)});
    } else {
      found.others.push_back({file.path, absl::StrCat("double: the same name as '", ShownText(first->second), "'")});
    }
  }
  if (found.pictures.empty()) return NoKdefNames(files);
  return found;
}

}  // namespace facet::model
