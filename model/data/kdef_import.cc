// SPDX-License-Identifier: Apache-2.0
#include "model/data/kdef_import.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/status_macros.h"
#include "model/data/dataset.h"
#include "model/data/face_cropper.h"
#include "model/data/image_preparation.h"
#include "model/data/kdef_plan.h"
#include "model/data/kdef_source.h"
#include "model/data/prepared_pictures.h"
#include "model/data/source_file.h"
#include "model/image/codec.h"
#include "model/image/face_finder.h"
#include "model/image/square_transform.h"

namespace facet::model {
namespace {

using Pixels = ImagePreparation::Pixels;
using Pictures = std::vector<KdefSource::Picture>;

constexpr uint64_t kMaxImageBytes = uint64_t{64} << 20;
// The faces of KDEF fill 0.6 to 0.8 of the width.
constexpr double kMinShare = 1.0 / 3;

absl::StatusOr<Pixels> CutFace(FaceCropper& cropper, int side, const std::string& file) {
  const auto image = DecodeImage(file);
  if (!image.ok()) return Annotate(image.status(), "unreadable");
  ASSIGN_OR_RETURN(Image face, cropper.Crop(*image, side));
  return std::move(face.pixels);
}

// A face in every transform of the plan.
Pixels Transformed(const KdefPlan& plan, const Pixels& face) {
  Pixels pixels(face.size() * plan.transforms.size());
  for (size_t t = 0; t < plan.transforms.size(); ++t) {
    ApplySquareTransform(SquareTransformAt(plan.transforms[t]), {plan.side, plan.side, 3}, {}, face.data(),
                         &pixels[t * face.size()]);
  }
  return pixels;
}

// One import; Run once.
class KdefImport {
 public:
  // All outlive this.
  KdefImport(FileSystem& file_system, const ImportOptions& options, const KdefPlan& plan, const Pictures& pictures,
             const KdefLabels& labels, DatasetWriter& writer, ImportResult& result)
      : file_system_(file_system),
        options_(options),
        plan_(plan),
        pictures_(pictures),
        labels_(labels),
        writer_(writer),
        result_(result) {}

  // Adds every picture with a face, and returns those.
  absl::StatusOr<Pictures> Run();

 private:
  absl::StatusOr<std::string> Read(const std::string& path);
  std::unique_ptr<PreparedPictures> OpenPrepared(const std::string& cascade) const;
  absl::StatusOr<ImagePreparation::Prepare> MakePrepare(const std::string& cascade, PreparedPictures& prepared) const;
  absl::Status Take(const KdefSource::Picture& picture, const absl::StatusOr<Pixels>& faces);

  FileSystem& file_system_;
  const ImportOptions& options_;
  const KdefPlan& plan_;
  const Pictures& pictures_;
  const KdefLabels& labels_;
  DatasetWriter& writer_;
  ImportResult& result_;
  Pictures taken_;
};

absl::StatusOr<Pictures> KdefImport::Run() {
  ASSIGN_OR_RETURN(const std::string cascade, ReadFaceCascade(file_system_, options_.cascade_folders));
  const std::unique_ptr<PreparedPictures> prepared = OpenPrepared(cascade);
  ImagePreparation preparation;
  preparation.count = static_cast<int64_t>(pictures_.size());
  preparation.threads = options_.threads;
  preparation.cancelled = options_.cancelled;
  preparation.progress = options_.progress;
  preparation.read = [this](int64_t i) { return Read(pictures_[i].path); };
  preparation.make_prepare = [&] { return MakePrepare(cascade, *prepared); };
  preparation.take = [this](int64_t i, const auto& faces) { return Take(pictures_[i], faces); };
  RETURN_IF_ERROR(PrepareImages(preparation));
  return std::move(taken_);
}

// What cannot be read is as good as empty: it is left out like any other file
// that is no picture.
absl::StatusOr<std::string> KdefImport::Read(const std::string& path) {
  auto file = ReadSourceFile(file_system_, options_.source, path, kMaxImageBytes);
  if (file.ok() || absl::IsResourceExhausted(file.status())) return file;
  return std::string();
}

// Faces are kept before they are transformed: an eighth of the room.
std::unique_ptr<PreparedPictures> KdefImport::OpenPrepared(const std::string& cascade) const {
  PreparedPictures::Options prepared;
  prepared.folder = options_.prepared_folder;
  prepared.depends_on = absl::StrCat("kdef ", plan_.side, " ", Sha256Hex(cascade), " ", kMinShare, " ",
                                     options_.spec.kdef().face_crop().SerializeAsString());
  prepared.picture_bytes = size_t{3} * plan_.side * plan_.side;
  prepared.needed_bytes = uint64_t{pictures_.size()} * plan_.transforms.size() * prepared.picture_bytes;
  return PreparedPictures::Open(&file_system_, prepared);
}

absl::StatusOr<ImagePreparation::Prepare> KdefImport::MakePrepare(const std::string& cascade,
                                                                  PreparedPictures& prepared) const {
  ASSIGN_OR_RETURN(std::unique_ptr<FaceCropper> created,
                   FaceCropper::Create(cascade, options_.spec.kdef().face_crop(), kMinShare));
  const std::shared_ptr<FaceCropper> cropper = std::move(created);  // std::function wants copies
  return [this, cropper, &prepared](const std::string& file) -> absl::StatusOr<Pixels> {
    const auto cut = [&](const std::string& bytes) { return CutFace(*cropper, plan_.side, bytes); };
    ASSIGN_OR_RETURN(const Pixels face, prepared.Get(file, cut));
    return Transformed(plan_, face);
  };
}

absl::Status KdefImport::Take(const KdefSource::Picture& picture, const absl::StatusOr<Pixels>& faces) {
  if (!faces.ok()) {
    result_.Drop(picture.path, faces.status().message());
    return absl::OkStatus();
  }
  const size_t bytes = faces->size() / plan_.transforms.size();
  for (size_t t = 0; t < plan_.transforms.size(); ++t) {
    RETURN_IF_ERROR(writer_.Add(faces->data() + t * bytes, labels_.Of(picture.name, t)));
  }
  taken_.push_back(picture);
  return absl::OkStatus();
}

absl::Status NothingChosen(const KdefSource& source) {
  return WithReason(
      absl::InvalidArgumentError(
          absl::StrCat("none of the ", source.pictures.size(),
                       " pictures has the sessions, expressions, angles and people asked for together: ask for fewer")),
      "EMPTY_DATASET");
}

absl::Status NoFaces(size_t count, const ImportResult& result) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat(
                        "none of the ", count, " pictures can be used; the first, '", result.dropped[0].path(),
                        "': ", result.dropped[0].reason(),
                        ". Faces must be frontal and upright; a lower face_crop.min_share finds smaller ones")),
                    "EMPTY_DATASET");
}

}  // namespace

absl::Status ValidateKdefOptions(const v1::KdefImportOptions& options) { return MakeKdefPlan(options).status(); }

absl::StatusOr<ImportResult> ImportKdef(FileSystem& file_system, const ImportOptions& options) {
  const v1::KdefImportOptions& kdef = options.spec.kdef();
  ASSIGN_OR_RETURN(const KdefPlan plan, MakeKdefPlan(kdef));
  ASSIGN_OR_RETURN(const KdefSource source, FindKdefPictures(options.source, options.cancelled));
  RETURN_IF_ERROR(CheckKdefChoices(kdef, source.pictures, "is in no picture of the folder"));
  const Pictures chosen = ChooseKdefPictures(plan, source.pictures);
  if (chosen.empty()) return NothingChosen(source);
  RETURN_IF_ERROR(CheckKdefChoices(kdef, chosen, "is in no picture with all else that is asked for"));
  RETURN_IF_ERROR(CheckSeveralPeople(chosen));
  const KdefLabels labels(plan, chosen);
  ASSIGN_OR_RETURN(const auto writer,
                   DatasetWriter::Create(&file_system, options.target, labels.schema(), {plan.side, plan.side, 3}));
  ImportResult result;
  ASSIGN_OR_RETURN(const Pictures taken, KdefImport(file_system, options, plan, chosen, labels, *writer, result).Run());
  if (taken.empty()) return NoFaces(chosen.size(), result);
  RETURN_IF_ERROR(CheckKdefChoices(kdef, taken, "has pictures, but none in which one face was found", true));
  RETURN_IF_ERROR(CheckSeveralPeople(taken));
  for (const KdefSource::Other& other : source.others) result.Drop(other.path, other.reason);
  writer->RemoveUnusedClasses();
  // Pictures without a face may have been the only ones of the others.
  writer->RemoveConstantFeatures({"session", "angle"});
  RETURN_IF_ERROR(CheckEnoughImages(labels.schema(), static_cast<int64_t>(taken.size())));
  ASSIGN_OR_RETURN(result.info, writer->Finish());
  return result;
}

}  // namespace facet::model
