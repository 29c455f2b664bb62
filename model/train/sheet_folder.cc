// SPDX-License-Identifier: Apache-2.0
#include "model/train/sheet_folder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/image/codec.h"

namespace facet::model {
namespace {

std::string NameOf(int step) { return absl::StrFormat("%09d.png", step); }

// The index of the step in `all`, not the first or the last and none of `kept`,
// without which the gap that is left is the least; 0: there is none.
size_t Dispensable(const std::vector<int>& all, const std::vector<int>& kept) {
  size_t found = 0;
  for (size_t i = 1; i + 1 < all.size(); ++i) {
    if (std::binary_search(kept.begin(), kept.end(), all[i])) continue;
    if (found == 0 || all[i + 1] - all[i - 1] < all[found + 1] - all[found - 1]) found = i;
  }
  return found;
}

}  // namespace

SheetFolder::SheetFolder(FileSystem* file_system, std::string folder)
    : file_system_(file_system), folder_(std::move(folder)) {}

std::string SheetFolder::PathOf(int step) const { return absl::StrCat(folder_, "/", NameOf(step)); }

absl::StatusOr<std::vector<int>> SheetFolder::Steps() const {
  const auto names = file_system_->List(folder_);
  std::vector<int> steps;
  if (absl::IsNotFound(names.status())) return steps;
  RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {  // sorted, so by number
    int step = 0;
    if (absl::SimpleAtoi(absl::StripSuffix(name, ".png"), &step) && name == NameOf(step)) steps.push_back(step);
  }
  return steps;
}

absl::StatusOr<std::string> SheetFolder::ReadPng(int step) const { return file_system_->ReadFile(PathOf(step)); }

absl::StatusOr<Image> SheetFolder::Read(int step) const {
  ASSIGN_OR_RETURN(const std::string png, ReadPng(step));
  return DecodeImage(png);
}

absl::Status SheetFolder::Write(int step, const Image& sheet) {
  RETURN_IF_ERROR(file_system_->CreateDirs(folder_));
  ASSIGN_OR_RETURN(const std::string png, EncodePng(sheet.shape, sheet.pixels.data()));
  return file_system_->WriteFileAtomically(PathOf(step), png);
}

absl::Status SheetFolder::Thin(const std::vector<int>& steps) {
  ASSIGN_OR_RETURN(std::vector<int> all, Steps());
  while (all.size() > kSheetsKept) {
    const size_t i = Dispensable(all, steps);
    if (i == 0) break;
    RETURN_IF_ERROR(file_system_->RemoveAll(PathOf(all[i])));
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return absl::OkStatus();
}

}  // namespace facet::model
