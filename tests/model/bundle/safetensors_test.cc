// SPDX-License-Identifier: Apache-2.0
#include "model/bundle/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/names.h"
#include "base/random.h"
#include "tests/base/must_run.h"

namespace facet::model {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

std::string File(absl::string_view header, absl::string_view data) {
  std::string file;
  for (int i = 0; i < 8; ++i) file.push_back(static_cast<char>(header.size() >> (8 * i) & 0xff));
  return absl::StrCat(file, header, data);
}

// Tensors of every type and of odd shapes.
class Sample {
 public:
  Sample()
      : floats_(Bytes<float>({1.5f, -2, 3, 4, 5, 1e-30f})),
        halves_(Bytes<uint16_t>({0x3c00, 0xc000, 0x7bff})),  // 1, -2, 65504
        longs_(Bytes<int64_t>({-1, int64_t{1} << 60})),
        bytes_(Bytes<uint8_t>({0, 7, 255, 3, 1})) {
    tensors_["a.bytes"] = {TensorType::kUint8, {5}, bytes_};
    tensors_["b.floats"] = {TensorType::kFloat32, {2, 3}, floats_};
    tensors_["c.longs"] = {TensorType::kInt64, {2, 1}, longs_};
    tensors_["d.halves"] = {TensorType::kFloat16, {3}, halves_};
    tensors_["e \"quoted\" \xc3\xa9"] = {TensorType::kFloat32, {}, absl::string_view(floats_).substr(4, 4)};
    tensors_["f.empty"] = {TensorType::kFloat32, {4, 0, 2}, ""};
  }
  const TensorMap& tensors() const { return tensors_; }
  size_t bytes() const {
    size_t total = 0;
    for (const auto& [name, tensor] : tensors_) total += tensor.bytes.size();
    return total;
  }

 private:
  std::string floats_, halves_, longs_, bytes_;
  TensorMap tensors_;
};

void ExpectSameTensors(const TensorMap& actual, const TensorMap& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    SCOPED_TRACE(name);
    ASSERT_EQ(actual.count(name), 1u);
    EXPECT_EQ(actual.at(name).type, tensor.type);
    EXPECT_EQ(actual.at(name).shape, tensor.shape);
    EXPECT_EQ(actual.at(name).bytes, tensor.bytes);
  }
}

void ExpectBad(absl::string_view file, const std::string& message) {
  const auto tensors = ParseSafetensors(file);
  ASSERT_FALSE(tensors.ok()) << "accepted where expected: " << message;
  EXPECT_EQ(tensors.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorDetail(tensors.status()).reason, "BAD_SAFETENSORS");
  EXPECT_THAT(std::string(tensors.status().message()), HasSubstr(message));
}

TEST(SafetensorsTest, ReadsBackWhatItWrote) {
  const Sample sample;
  const std::string file = SerializeSafetensors(sample.tensors(), {{"format", "pt"}});
  const auto tensors = ParseSafetensors(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ExpectSameTensors(*tensors, sample.tensors());
}

TEST(SafetensorsTest, AlignsHeaderAndTensors) {
  const Sample sample;
  const std::string file = SerializeSafetensors(sample.tensors(), {});
  EXPECT_EQ(static_cast<unsigned char>(file[0]) % 8, 0);
  const auto tensors = ParseSafetensors(file);
  ASSERT_TRUE(tensors.ok());
  EXPECT_EQ((tensors->at("c.longs").bytes.data() - file.data()) % 8, 0);
  EXPECT_EQ((tensors->at("b.floats").bytes.data() - file.data()) % 4, 0);
  EXPECT_EQ((tensors->at("d.halves").bytes.data() - file.data()) % 2, 0);
}

TEST(SafetensorsTest, SameTensorsGiveTheSameBytes) {
  const Sample sample;
  EXPECT_EQ(SerializeSafetensors(sample.tensors(), {{"a", "b"}}),
            SerializeSafetensors(Sample().tensors(), {{"a", "b"}}));
}

TEST(SafetensorsTest, ReadsAndWritesNoTensors) {
  const std::string file = SerializeSafetensors({}, {});
  const auto tensors = ParseSafetensors(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  EXPECT_TRUE(tensors->empty());
}

TEST(SafetensorsTest, RefusesBadLengths) {
  ExpectBad("", "only 0 bytes");
  ExpectBad("1234567", "only 7 bytes");
  ExpectBad(std::string(8, '\xff'), "claims a header of 18446744073709551615 bytes");
  const std::string file = SerializeSafetensors(Sample().tensors(), {});
  for (size_t size = 8; size < file.size(); ++size) {
    EXPECT_FALSE(ParseSafetensors(absl::string_view(file).substr(0, size)).ok()) << size;
  }
  ExpectBad(file + "x", "the data at byte");
}

TEST(SafetensorsTest, RefusesHeaderOverTheLimitEvenWhereItIsThere) {
  std::string header = "{}";
  header.resize(100'000'001, ' ');
  ExpectBad(File(header, ""), "100000000 are allowed");
}

TEST(SafetensorsTest, RefusesHeadersThatAreNoHeader) {
  ExpectBad(File("", ""), "does not begin with '{'");
  ExpectBad(File(" {}", ""), "does not begin with '{'");
  ExpectBad(File("[]", ""), "does not begin with '{'");
  ExpectBad(File("{", ""), "no JSON at byte");
  ExpectBad(File("{} {}", ""), "no JSON at byte");
  ExpectBad(File(absl::string_view("{}\0garbage", 10), ""), "zero byte");
  ExpectBad(File("{\"a\": null}", ""), "'a' has null");
  ExpectBad(File("{\"a\": [1]}", ""), "'a' has an array");
  ExpectBad(File("{\"a\": {}}", ""), "lacks dtype");
  ExpectBad(File(R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1], "x": 1}})", "z"), "unknown key 'x'");
  ExpectBad(File(R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1], "shape": [1]}})", "z"),
            "shape of 'a' comes twice");
  ExpectBad(File(R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
                     "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}})",
                 "z"),
            "'a' comes twice");
  ExpectBad(File(R"({"__metadata__": {}, "__metadata__": {}})", ""), "'__metadata__' comes twice");
  ExpectBad(File(R"({"__metadata__": {"a": 1}})", ""), "a number");
  ExpectBad(File(R"({"__metadata__": {"a": {}}})", ""), "an object");
}

TEST(SafetensorsTest, RefusesHostileNestingAtOnce) {
  ExpectBad(File("{\"a\":" + std::string(20'000'000, '['), ""), "'a' has an array");
  ExpectBad(File(R"({"a": {"shape": [)" + std::string(20'000'000, '['), ""), "'a' has an array");
}

TEST(SafetensorsTest, RefusesBadTensors) {
  const auto header = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return absl::StrCat(R"({"t": {"dtype": )", dtype, R"(, "shape": )", shape, R"(, "data_offsets": )", offsets, "}}");
  };
  ASSERT_TRUE(ParseSafetensors(File(header("\"U8\"", "[2]", "[0, 2]"), "ab")).ok());
  ExpectBad(File(header("\"F7\"", "[2]", "[0, 2]"), "ab"), "unknown type 'F7'");
  ExpectBad(File(header("8", "[2]", "[0, 2]"), "ab"), "a number in a wrong place");
  ExpectBad(File(header("\"U8\"", "2", "[0, 2]"), "ab"), "a number in a wrong place");
  ExpectBad(File(header("\"U8\"", "[-2]", "[0, 2]"), "ab"), "a negative number");
  ExpectBad(File(header("\"U8\"", "[2.0]", "[0, 2]"), "ab"), "a fraction");
  ExpectBad(File(header("\"U8\"", "[true]", "[0, 2]"), "ab"), "a truth value");
  ExpectBad(File(header("\"U8\"", "[3]", "[0, 2]"), "ab"), "does not fit its 2 bytes");
  ExpectBad(File(header("\"F32\"", "[2]", "[0, 2]"), "ab"), "does not fit its 2 bytes");
  ExpectBad(File(header("\"U8\"", "[2]", "[0]"), "ab"), "not two numbers");
  ExpectBad(File(header("\"U8\"", "[2]", "[0, 2, 2]"), "ab"), "not two numbers");
  ExpectBad(File(header("\"U8\"", "[2]", "[2, 0]"), "ab"), "pass the end");
  ExpectBad(File(header("\"U8\"", "[2]", "[1, 3]"), "ab"), "pass the end");
  ExpectBad(File(header("\"U8\"", "[1]", "[1, 2]"), "ab"), "leave a gap at byte 0");
  ExpectBad(File(header("\"U8\"", "[1]", "[0, 1]"), "ab"), "the data at byte 2");
}

TEST(SafetensorsTest, RefusesSizesThatOverflow) {
  const auto header = [](const std::string& shape) {
    return absl::StrCat(R"({"t": {"dtype": "F32", "shape": )", shape, R"(, "data_offsets": [0, 0]}})");
  };
  ExpectBad(File(header("[4611686018427387904]"), ""), "does not fit");      // 2^62 * 4 = 2^64
  ExpectBad(File(header("[4294967296, 4294967296]"), ""), "does not fit");   // 2^64
  ExpectBad(File(header("[18446744073709551615]"), ""), "does not fit");     // not an int64
  ExpectBad(File(header("[99999999999999999999999]"), ""), "a fraction");    // not a uint64
  ExpectBad(File(header("[0, 18446744073709551615]"), ""), "does not fit");  // empty, but no shape
  ExpectBad(File(header(absl::StrCat("[", std::string(40, '1'), "]")), ""), "a fraction");
  ExpectBad(File(header("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"), ""), "too long");
}

TEST(SafetensorsTest, RefusesTensorsThatOverlap) {
  ExpectBad(File(R"({"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
                     "b": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}})",
                 "abc"),
            "overlap");
}

TEST(SafetensorsTest, AcceptsTensorsInAnyOrder) {
  const std::string file = File(R"({"a": {"data_offsets": [2, 3], "shape": [1], "dtype": "U8"},
                                     "b": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}   )",
                                "abc");
  const auto tensors = ParseSafetensors(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  EXPECT_EQ(tensors->at("a").bytes, "c");
  EXPECT_EQ(tensors->at("b").bytes, "ab");
}

// A damaged copy: bytes flipped, cut out, doubled, or swapped for what means
// something in a header.
std::string Mutate(std::string file, CounterRandom& random) {
  static constexpr absl::string_view kTokens[] = {"[",
                                                  "]",
                                                  "{",
                                                  "}",
                                                  "\"",
                                                  ":",
                                                  ",",
                                                  "0",
                                                  "9",
                                                  "-1",
                                                  "1e9",
                                                  "\\u0000",
                                                  "18446744073709551615",
                                                  "9223372036854775807",
                                                  "null",
                                                  "\xff"};
  for (uint64_t edits = 1 + random.NextBelow(4); edits > 0 && !file.empty(); --edits) {
    const size_t at = random.NextBelow(file.size());
    switch (random.NextBelow(4)) {
      case 0:
        file[at] = static_cast<char>(file[at] ^ (1 << random.NextBelow(8)));
        break;
      case 1:
        file.erase(at, 1 + random.NextBelow(9));
        break;
      case 2:
        file.insert(at, file.substr(at, 1 + random.NextBelow(30)));
        break;
      default: {
        const absl::string_view token = kTokens[random.NextBelow(std::size(kTokens))];
        file.replace(at, std::min<size_t>(token.size(), file.size() - at), std::string(token));
      }
    }
  }
  return file;
}

// Keeps the header's length right, so that most mutations reach the JSON.
std::string FixLength(std::string file, size_t data_bytes) {
  if (file.size() < 8 + data_bytes) return file;
  const uint64_t header = file.size() - 8 - data_bytes;
  for (int i = 0; i < 8; ++i) file[i] = static_cast<char>(header >> (8 * i) & 0xff);
  return file;
}

TEST(SafetensorsTest, MutatedFilesNeverCrashAndNeverReachOutside) {
  const Sample sample;
  const std::string file = SerializeSafetensors(sample.tensors(), {{"format", "pt"}});
  int accepted = 0;
  for (uint64_t i = 0; i < 60'000; ++i) {
    CounterRandom random(1, "mutate", i);
    std::string mutated = Mutate(file, random);
    if (i % 2 == 0) mutated = FixLength(std::move(mutated), sample.bytes());
    // Just as long as the file, so that an address sanitizer sees a step too far.
    const auto exact = std::make_unique<char[]>(mutated.size());
    std::memcpy(exact.get(), mutated.data(), mutated.size());
    const auto tensors = ParseSafetensors(absl::string_view(exact.get(), mutated.size()));
    if (!tensors.ok()) {
      ASSERT_EQ(tensors.status().code(), absl::StatusCode::kDataLoss);
      continue;
    }
    ++accepted;
    for (const auto& [name, tensor] : *tensors) {
      ASSERT_GE(tensor.bytes.data(), exact.get());
      ASSERT_LE(tensor.bytes.data() + tensor.bytes.size(), exact.get() + mutated.size());
    }
  }
  EXPECT_GT(accepted, 100);  // flips in tensors and names stay readable
}

// The reference implementation, where the project's environment is.
class PythonSafetensorsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string source = std::getenv("FACET_SOURCE_DIR") ? std::getenv("FACET_SOURCE_DIR") : ".";
    python_ = absl::StrCat(source, "/.venv/bin/python");
    if (!std::filesystem::exists(python_)) SKIP_FOR_WANT_OF("no " + python_);
    folder_ = absl::StrCat(testing::TempDir(), "/safetensors-", RandomHexId());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // Runs a script in the test's folder; its exit code.
  int Python(const std::string& script) {
    std::ofstream(folder_ + "/script.py") << script;
    return std::system(absl::StrCat("cd '", folder_, "' && '", python_, "' script.py").c_str());
  }

  std::string python_;
  std::string folder_;
};

TEST_F(PythonSafetensorsTest, PythonReadsOursAndWeReadPythons) {
  const Sample sample;
  std::ofstream(folder_ + "/ours", std::ios::binary)
      << SerializeSafetensors(sample.tensors(), {{"format", "pt"}, {"note", "caf\xc3\xa9"}});
  ASSERT_EQ(Python(R"(
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
t = load_file("ours")
assert sorted(t) == ["a.bytes", "b.floats", "c.longs", "d.halves", 'e "quoted" é', "f.empty"], sorted(t)
assert t["a.bytes"].dtype == np.uint8 and t["a.bytes"].tolist() == [0, 7, 255, 3, 1]
assert t["b.floats"].dtype == np.float32 and t["b.floats"].tolist()[0] == [1.5, -2, 3]
assert t["c.longs"].dtype == np.int64 and t["c.longs"].tolist() == [[-1], [1 << 60]]
assert t["d.halves"].dtype == np.float16 and t["d.halves"].tolist() == [1, -2, 65504]
assert t['e "quoted" é'].shape == () and t['e "quoted" é'] == -2
assert t["f.empty"].shape == (4, 0, 2)
assert safe_open("ours", "np").metadata() == {"format": "pt", "note": "café"}
save_file(t, "theirs", metadata={"from": "python"})
)"),
            0);
  const auto theirs = FileSystem::Posix()->ReadFile(folder_ + "/theirs");
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  const auto tensors = ParseSafetensors(*theirs);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ExpectSameTensors(*tensors, sample.tensors());
}

// Whatever this parser takes, the reference takes, too.
TEST_F(PythonSafetensorsTest, AcceptsNothingThatPythonRefuses) {
  const Sample sample;
  const std::string file = SerializeSafetensors(sample.tensors(), {{"format", "pt"}});
  int accepted = 0;
  for (uint64_t i = 0; i < 40'000 && accepted < 1000; ++i) {
    CounterRandom random(2, "mutate", i);
    const std::string mutated = FixLength(Mutate(file, random), sample.bytes());
    if (!ParseSafetensors(mutated).ok()) continue;
    std::ofstream(absl::StrCat(folder_, "/", accepted++, ".st"), std::ios::binary) << mutated;
  }
  ASSERT_GT(accepted, 50);
  EXPECT_EQ(Python(R"(
import glob
from safetensors import deserialize
for name in glob.glob("*.st"):
    deserialize(open(name, "rb").read())
)"),
            0);
}

}  // namespace
}  // namespace facet::model
