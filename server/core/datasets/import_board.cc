// SPDX-License-Identifier: Apache-2.0
#include "server/core/datasets/import_board.h"

#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::server {
namespace {

constexpr size_t kMaxIdBytes = 64;

}  // namespace

ImportBoard::Entry::~Entry() {
  const absl::MutexLock lock(&board_->mutex_);
  board_->imports_.erase(id_);
}

void ImportBoard::Entry::Update(int64_t done, int64_t total) {
  const absl::MutexLock lock(&board_->mutex_);
  v1::ImportProgress& progress = board_->imports_[id_];
  progress.set_images_done(done);
  progress.set_images_total(total);
}

absl::StatusOr<std::unique_ptr<ImportBoard::Entry>> ImportBoard::Begin(const std::string& id) {
  if (id.empty()) return nullptr;
  if (id.size() > kMaxIdBytes) {
    return InvalidField("import_id", "INVALID_ID",
                        absl::StrCat("the import_id must have at most ", kMaxIdBytes, " bytes"));
  }
  const absl::MutexLock lock(&mutex_);
  if (!imports_.emplace(id, v1::ImportProgress()).second) {
    return WithReason(absl::AlreadyExistsError("another import in progress has this import_id"), "IMPORT_ID_IN_USE");
  }
  return std::make_unique<Entry>(this, id);
}

absl::StatusOr<v1::ImportProgress> ImportBoard::Get(const std::string& id) {
  if (id.empty()) return InvalidField("import_id", "INVALID_ID", "give the import_id of an import in progress");
  const absl::MutexLock lock(&mutex_);
  const auto found = imports_.find(id);
  if (found != imports_.end()) return found->second;
  return ResourceNotFound("facet.v1.Import", id, "no import with this import_id is in progress");
}

}  // namespace facet::server
