# SPDX-License-Identifier: Apache-2.0
"""`cmake --install`: the programs find their data in the installed layout, and a
project of somebody else's builds on the installed client library."""

import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("FACET_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("FACET_BUILD_DIR") or SOURCE / "build/release")
CMAKE = os.environ.get("FACET_CMAKE", "cmake")
CXX = os.environ.get("FACET_CXX", "c++")
PRESET = SOURCE / "tests/end_to_end/tiny.textproto"


class Server:
    """An installed facetd on a free port and a state folder of its own."""

    def __init__(self, prefix, state):
        self.process = subprocess.Popen(
            [prefix / "bin/facetd", "--listen", "127.0.0.1:0", "--metrics", "off", "--state", state],
            stderr=subprocess.PIPE, text=True, cwd=state.parent)
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if "listening on " in line:
                self.address = line.split("listening on ")[1].strip()
                return
        raise AssertionError("facetd did not start:\n" + "".join(self.log))

    def stop(self):
        """Its exit code."""
        self.process.terminate()
        self.process.communicate()
        return self.process.returncode


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="facet-install-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        cls.prefix = cls.root / "prefix"
        cls.must(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        cls.server = Server(cls.prefix, cls.root / "state")
        cls.addClassCleanup(cls.server.process.kill)
        cls.must_facet("dataset", "import", "tiny", "--bundled", "digits", "--per-digit", "2")
        cls.must_facet("train", "--dataset", "tiny", "--preset-file", PRESET, "--steps", "2", "--publish", "tiny")
        cls.example = cls.root / "example"
        cls.must(CMAKE, "-S", SOURCE / "client/example", "-B", cls.example, f"-DCMAKE_PREFIX_PATH={cls.prefix}",
                 f"-DCMAKE_CXX_COMPILER={CXX}")
        cls.must(CMAKE, "--build", cls.example)

    @classmethod
    def tearDownClass(cls):
        exit_code = cls.server.stop()
        if exit_code != 0:
            raise AssertionError(f"facetd ended with {exit_code}")

    @staticmethod
    def run_command(*words):
        return subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)

    @classmethod
    def must(cls, *words):
        result = cls.run_command(*words)
        if result.returncode != 0:
            raise AssertionError(f"{words} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result.stdout

    @classmethod
    def must_facet(cls, *words):
        return cls.must(cls.prefix / "bin/facet", "--server", cls.server.address, *words)

    def files(self, folder):
        return sorted(str(path.relative_to(self.prefix / folder)) for path in (self.prefix / folder).rglob("*")
                      if path.is_file())

    def test_everything_is_in_its_place(self):
        self.assertEqual(self.files("bin"), ["facet", "facet-trainer", "facetd"])
        headers = self.files("include")
        for header in ("facet/client/client.h", "facet/client/batch_reader.h", "facet/client/error.h",
                       "facet/client/feature_vector.h", "facet/v1/generation.pb.h", "facet/v1/generation.grpc.pb.h",
                       "facet/googleapis/google/rpc/error_details.pb.h"):
            self.assertIn(header, headers)
        data = self.files("share/facet")
        for file in ("presets/digits.textproto", "digits/LICENSE", "digits/train-images-idx3-ubyte.gz",
                     "proto/facet/v1/generation.proto", "proto/google/api/field_behavior.proto"):
            self.assertIn(file, data)
        self.assertEqual(self.files("share/doc/facet"), ["LICENSE"])

    def test_programs_need_nothing_of_the_build(self):
        for program in ("facet", "facetd", "facet-trainer"):
            with self.subTest(program):
                path = self.prefix / "bin" / program
                found = re.findall(r"RUNPATH\)\s+Library runpath: \[(.*)\]", self.must("readelf", "-d", path))
                self.assertEqual(found, [] if program == "facet" else ["$ORIGIN/../lib/facet"])
                loaded = dict(re.findall(r"(\S+) => (\S+)", self.must("ldd", path)))
                self.assertNotIn("not", loaded.values())
                torch = [str(pathlib.Path(file).resolve()) for name, file in loaded.items()
                         if name.startswith(("libtorch", "libc10"))]
                self.assertEqual([file for file in torch if not file.startswith(str(self.prefix.resolve()))], [])
                self.assertEqual(bool(torch), program != "facet")

    def test_what_is_internal_stays_behind(self):
        installed = self.files("include") + self.files("share")
        self.assertEqual([file for file in installed if "internal" in file or file.endswith(".pb.cc")], [])
        self.assertEqual([header for header in self.files("include") if not header.startswith("facet/")], [])

    def test_the_protos_compile_by_themselves(self):
        protos = self.prefix / "share/facet/proto"
        files = [str(path.relative_to(protos)) for path in protos.glob("facet/v1/*.proto")]
        self.assertGreater(len(files), 5)
        self.must("protoc", f"--proto_path={protos}", f"--descriptor_set_out={self.root / 'facet.pb'}", *files)

    def test_presets_are_found_beside_the_program(self):
        self.must_facet("train", "--dataset", "tiny", "--preset", "digits", "--validate-only")

    def test_the_models_that_ship_render_without_training(self):
        for model, person, size in (("studio", "F12", 158), ("london", "005", 64)):
            with self.subTest(model):
                out = self.root / f"{model}.png"
                self.must_facet("render", "--model", model, "--set", f"identity={person}:0.5,#1:0.5", "--out", out)
                self.assertEqual(struct.unpack(">II", out.read_bytes()[16:24]), (size, size))

    def test_the_example_writes_the_png_of_the_server(self):
        out = self.root / "seven.png"
        self.must(self.example / "render_one", self.server.address, "tiny", out, "digit=7", "colour=red:0.5,green:0.5",
                  "rotation=0", "example=#0")
        png = out.read_bytes()
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", png[16:24]), (28, 28))

    def test_the_example_tells_what_the_server_says(self):
        result = self.run_command(self.example / "render_one", self.server.address, "tiny", self.root / "x.png",
                                  "digit=sevn", "colour=red", "rotation=0", "example=#0")
        self.assertEqual(result.returncode, 1)
        self.assertIn("sevn", result.stderr)
        self.assertIn("field: vectors[0].features[0]", result.stderr)

    def test_the_example_includes_one_header_of_ours(self):
        includes = [line for line in (SOURCE / "client/example/main.cc").read_text(encoding="utf-8").splitlines()
                    if line.startswith("#include <facet")]
        self.assertEqual(includes, ["#include <facet/client/client.h>"])


if __name__ == "__main__":
    unittest.main()
