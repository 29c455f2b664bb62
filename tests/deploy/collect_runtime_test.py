# SPDX-License-Identifier: Apache-2.0
"""docker/collect_runtime on programs made for it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import support

SCRIPT = support.SOURCE / "docker/collect_runtime"
COMPILER = os.environ.get("FACET_CXX", "c++")


@unittest.skipUnless(support.tool("dpkg"), "needs a Debian system")
class CollectRuntimeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.prefix = self.root / "prefix"
        self.venv = self.root / "venv"
        self.torch = self.venv / "lib/python3.11/site-packages/torch/lib"
        self.cuda = self.venv / "lib/python3.11/site-packages/nvidia/cublas/lib"
        for path in (self.prefix / "bin", self.torch, self.cuda):
            path.mkdir(parents=True)

    def make_library(self, folder, name):
        source = self.root / "library.cc"
        source.write_text("int Answer() { return 42; }\n", encoding="utf-8")
        subprocess.run([COMPILER, "-shared", "-fPIC", f"-Wl,-soname,{name}", source, "-o", folder / name], check=True)
        return folder / name

    def make_program(self, library):
        source = self.root / "program.cc"
        source.write_text("int Answer();\nint main() { return Answer(); }\n", encoding="utf-8")
        subprocess.run(
            [COMPILER, source, library, f"-Wl,-rpath,{library.parent}", "-o", self.prefix / "bin/facetd"], check=True
        )

    def collect(self):
        return support.run(SCRIPT, self.prefix, self.venv)

    def list(self):
        return support.run(SCRIPT, "--list", self.prefix)

    def test_names_the_packages_of_a_real_program(self):
        shutil.copy(os.environ["FACET_METRICS_DUMP"], self.prefix / "bin/facetd")
        result = self.collect()
        self.assertEqual(result.returncode, 0, result.stdout)
        packages = result.stdout.split()
        self.assertEqual(packages, sorted(set(packages)))
        self.assertIn("libc6", packages)
        self.assertTrue([name for name in packages if name.startswith("libprometheus-cpp-core")], packages)
        for name in packages:
            self.assertIn("install ok installed", support.run("dpkg", "-s", name).stdout, name)

    def test_copies_the_libraries_of_torch_and_cuda_but_not_pythons(self):
        self.make_program(self.make_library(self.torch, "libtorch.so"))
        self.make_library(self.cuda, "libcublas.so.12")
        self.make_library(self.torch, "libtorch_python.so")
        self.make_library(self.torch, "libjitbackend_test.so")
        result = self.collect()
        self.assertEqual(result.returncode, 0, result.stdout)
        copied = sorted(path.name for path in (self.prefix / "lib/facet").iterdir())
        self.assertEqual(copied, ["libcublas.so.12", "libtorch.so"])
        self.assertIn("libc6", result.stdout.split())

    def test_leaves_what_was_installed_already(self):
        self.make_program(self.make_library(self.torch, "libtorch.so"))
        (self.prefix / "lib/facet").mkdir(parents=True)
        installed = self.make_library(self.prefix / "lib/facet", "libtorch.so")
        before = installed.stat().st_mtime_ns
        self.assertEqual(self.collect().returncode, 0)
        self.assertEqual(installed.stat().st_mtime_ns, before)

    def test_fails_on_a_missing_library(self):
        library = self.make_library(self.root, "libnowhere.so.1")
        self.make_program(library)
        library.unlink()
        result = self.collect()
        self.assertEqual(result.returncode, 1)
        self.assertIn("libnowhere.so.1, which a program", result.stdout)

    def test_does_not_ask_for_the_driver(self):
        library = self.make_library(self.root, "libcuda.so.1")
        self.make_program(library)
        library.unlink()
        self.assertEqual(self.collect().returncode, 0)

    def test_refuses_openblas(self):
        self.make_program(self.make_library(self.root, "libopenblas.so.0"))
        result = self.collect()
        self.assertEqual(result.returncode, 1)
        self.assertIn("remove libopenblas", result.stdout)

    def test_refuses_a_library_that_nobody_will_install(self):
        self.make_program(self.make_library(self.root, "libhomemade.so"))
        result = self.collect()
        self.assertEqual(result.returncode, 1)
        self.assertIn("no Debian package owns", result.stdout)

    def test_lists_and_writes_nothing(self):
        self.make_program(self.make_library(self.torch, "libtorch.so"))
        (self.prefix / "lib/facet").mkdir(parents=True)
        shutil.move(self.torch / "libtorch.so", self.prefix / "lib/facet/libtorch.so")
        before = sorted(self.root.rglob("*"))
        result = self.list()
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("libc6", result.stdout.split())
        self.assertEqual(sorted(self.root.rglob("*")), before)

    def test_leaves_programs_of_others_alone(self):
        shutil.copy(os.environ["FACET_METRICS_DUMP"], self.prefix / "bin/facet")
        (self.prefix / "bin/script").write_text("#!/bin/sh\n", encoding="utf-8")
        (self.prefix / "bin/script").chmod(0o755)
        self.make_library(self.root, "libhomemade.so").rename(self.prefix / "bin/other")
        self.assertEqual(self.list().returncode, 0, self.list().stdout)

    def test_fails_without_programs(self):
        self.assertEqual(self.collect().returncode, 1)
        self.assertIn("no programs of Facet", self.list().stdout)
        self.assertIn("usage", support.run(SCRIPT).stdout)


if __name__ == "__main__":
    unittest.main()
