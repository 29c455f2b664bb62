// SPDX-License-Identifier: Apache-2.0
#include "client/cli/export_mend.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "client/cli/progress_bar.h"
#include "client/cli/shown_text.h"

namespace facet::cli {
namespace {

constexpr size_t kMostNamed = 10;  // files of a message

using Wrong = std::vector<std::string>;  // lines of ExportWriter::Check

// What is wrong, by part.
absl::StatusOr<std::map<int, Wrong>> FindBadParts(const MendOptions& options, const ExportState& state) {
  const std::unique_ptr<ExportWriter> writer = options.write_to(options.folder);
  ProgressBar bar("check", options.quiet);
  std::map<int, Wrong> bad;
  for (int part = 0; part < state.parts; ++part) {
    const auto made = state.made.find(part);
    ASSIGN_OR_RETURN(Wrong wrong, writer->Check(part, made == state.made.end() ? "" : made->second.digest));
    if (!wrong.empty()) bad[part] = std::move(wrong);
    bar.Update((part + 1.0) / state.parts, absl::StrCat("part ", part + 1, " of ", state.parts));
  }
  return bad;
}

std::string NameFiles(const Wrong& wrong) {
  const size_t named = std::min(wrong.size(), kMostNamed);
  const std::string names = absl::StrJoin(wrong.begin(), wrong.begin() + static_cast<int64_t>(named), "\n  ");
  return named == wrong.size() ? names : absl::StrCat(names, "\n  and ", wrong.size() - named, " files more");
}

absl::Status Damaged(const MendOptions& options, const Wrong& wrong, const std::string& why) {
  return absl::DataLossError(
      absl::StrCat("the export in '", options.folder, "' is damaged:\n  ", NameFiles(wrong), "\n", why,
                   "; put the files back, or remove the folder, or choose another, to begin ", "anew"));
}

absl::Status CheckAllCanBeMade(const MendOptions& options, const ExportState& state, const std::map<int, Wrong>& bad) {
  Wrong lost;
  for (const auto& [part, wrong] : bad) {
    if (state.made.count(part) == 0) lost.insert(lost.end(), wrong.begin(), wrong.end());
  }
  if (lost.empty()) return absl::OkStatus();
  return Damaged(options, lost,
                 absl::StrCat(kExportStateFile, ", as an older facet wrote it, does not say what to make them from"));
}

// Files of a part, from the folder it was made in to its own.
absl::Status Move(FileSystem& file_system, const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(from));
  RETURN_IF_ERROR(file_system.CreateDirs(to));
  for (const std::string& name : names) {
    const std::string source = absl::StrCat(from, "/", name), target = absl::StrCat(to, "/", name);
    RETURN_IF_ERROR(name == kImagesFolder ? Move(file_system, source, target) : file_system.Rename(source, target));
  }
  return file_system.SyncDir(to);
}

// Makes the part in `aside` and returns its digest.
absl::StatusOr<std::string> Make(const MendOptions& options, int number, const ExportPart& part,
                                 const std::string& aside) {
  ASSIGN_OR_RETURN(const std::unique_ptr<client::BatchReader> reader, options.open(part));
  const std::unique_ptr<ExportWriter> writer = options.write_to(aside);
  RETURN_IF_ERROR(writer->Begin(number));
  ProgressBar bar("mend", options.quiet);
  int64_t image = part.first_image;
  for (int64_t i = 0; i < part.batches; ++i) {
    ASSIGN_OR_RETURN(const std::optional<v1::StreamBatchesResponse> batch, reader->Next());
    if (!batch.has_value()) break;  // which the digest tells
    ASSIGN_OR_RETURN(const std::vector<ExportSample> samples,
                     MakeSamples(options.schema, *batch, options.image, image));
    for (const ExportSample& sample : samples) RETURN_IF_ERROR(writer->Add(sample));
    image += static_cast<int64_t>(samples.size());
    bar.Update(static_cast<double>(i + 1) / static_cast<double>(part.batches), absl::StrCat("part ", number));
  }
  return writer->End();
}

absl::Status MakeAgain(const MendOptions& options, int number, const ExportPart& part, const Wrong& wrong) {
  const std::string aside = options.folder + "/.mend";
  RETURN_IF_ERROR(options.file_system->RemoveAll(aside));
  const absl::Cleanup remove = [&] { options.file_system->RemoveAll(aside).IgnoreError(); };
  ASSIGN_OR_RETURN(const std::string digest, Make(options, number, part, aside));
  if (digest != part.digest) {
    return Damaged(options, wrong, "made again they are not what was written first, as by another machine or library");
  }
  RETURN_IF_ERROR(Move(*options.file_system, aside, options.folder));
  std::fprintf(stderr, "facet: '%s', made again:\n  %s\n", ShownText(options.folder).c_str(),
               ShownText(NameFiles(wrong)).c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status MendParts(const MendOptions& options, const ExportState& state) {
  if (state.parts == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto bad, FindBadParts(options, state));
  RETURN_IF_ERROR(CheckAllCanBeMade(options, state, bad));
  for (const auto& [part, wrong] : bad) RETURN_IF_ERROR(MakeAgain(options, part, state.made.at(part), wrong));
  return absl::OkStatus();
}

}  // namespace facet::cli
