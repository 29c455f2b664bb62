// SPDX-License-Identifier: Apache-2.0
#include "server/core/models/bundled_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/server/core/models/model_samples.h"

namespace facet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BundledModelsTest : public RegistryTest {
 protected:
  std::string folder() const { return store_.folder() / "data"; }

  void Ship(const std::string& id) {
    EXPECT_TRUE(FileSystem::Posix()->CreateDirs(folder()).ok());
    v1::ModelCard card = MakeCard();
    card.set_description("ships");
    EXPECT_TRUE(model::WriteBundle(FileSystem::Posix(), absl::StrCat(folder(), "/", id), card, MakeWeights()).ok());
  }

  // Names of what was published, or reasons of errors.
  std::vector<std::string> Results() {
    std::vector<std::string> results;
    for (const auto& model : PublishBundledModels(*FileSystem::Posix(), *store_.get(), folder(), *registry_)) {
      results.push_back(model.ok() ? model->name() : GetErrorDetail(model.status()).reason);
    }
    return results;
  }
};

TEST_F(BundledModelsTest, AreTheFirstVersionsOfModels) {
  Ship("faces");
  Ship("digits");
  EXPECT_THAT(Results(), ElementsAre("models/digits@1", "models/faces@1"));
  const auto faces = Get("faces@stable");
  ASSERT_TRUE(faces.ok()) << faces.status();
  EXPECT_EQ(faces->card().description(), "ships");
  EXPECT_THAT(faces->aliases(), ElementsAre("latest", "stable"));
}

TEST_F(BundledModelsTest, ComeOnce) {
  Ship("faces");
  ASSERT_THAT(Results(), ElementsAre("models/faces@1"));
  EXPECT_THAT(Results(), IsEmpty());
  ASSERT_TRUE(Delete("faces").ok());
  Restart();
  EXPECT_THAT(Results(), IsEmpty());
}

TEST_F(BundledModelsTest, LeaveTheUsersOwnAlone) {
  Ship("faces");
  ASSERT_TRUE(Publish("faces").ok());
  EXPECT_THAT(Results(), IsEmpty());
  EXPECT_EQ(Get("faces")->card().description(), "made by a test");
}

TEST_F(BundledModelsTest, ADamagedOneDoesNoHarmToOthers) {
  Ship("bad");
  Ship("good");
  DamageFile(absl::StrCat(folder(), "/bad/weights.safetensors"));
  EXPECT_THAT(Results(), ElementsAre("CHECKSUM_MISMATCH", "models/good@1"));
  EXPECT_EQ(Resolved("bad"), "NOT_FOUND");
}

TEST_F(BundledModelsTest, AFailedOneIsTriedAgainAtTheNextStart) {
  Ship("faces");
  const std::string weights = absl::StrCat(folder(), "/faces/weights.safetensors");
  DamageFile(weights);
  ASSERT_THAT(Results(), ElementsAre("CHECKSUM_MISMATCH"));
  DamageFile(weights);  // a bit flipped twice is as it was
  Restart();
  EXPECT_THAT(Results(), ElementsAre("models/faces@1"));
}

TEST_F(BundledModelsTest, NoFolderNoModels) { EXPECT_THAT(Results(), IsEmpty()); }

TEST_F(BundledModelsTest, OtherFilesArePassedOver) {
  Ship("faces");
  ASSERT_TRUE(FileSystem::Posix()->WriteFileAtomically(absl::StrCat(folder(), "/README.md"), "faces").ok());
  EXPECT_THAT(Results(), ElementsAre("models/faces@1"));
}

}  // namespace
}  // namespace facet::server
