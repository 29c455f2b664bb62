# SPDX-License-Identifier: Apache-2.0
"""The .proto files against buf's rules (buf.yaml)."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["FACET_SOURCE_DIR"])
GOOGLEAPIS = os.environ["FACET_GOOGLEAPIS_DIR"]


def protos():
    return sorted(str(path.relative_to(SOURCE / "proto")) for path in (SOURCE / "proto/facet").rglob("*.proto"))


def make_image(folder):
    """Everything that the API imports, in one file that buf reads."""
    image = pathlib.Path(folder) / "facet.binpb"
    subprocess.run(
        ["protoc", f"-I{SOURCE}/proto", f"-I{GOOGLEAPIS}", "--include_imports", "--include_source_info",
         f"--descriptor_set_out={image}", *protos()],
        check=True,
    )
    return image


class LintTest(unittest.TestCase):
    def test_buf_has_nothing_to_say(self):
        buf = pathlib.Path(sys.executable).parent / "buf"
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(
                [buf, "lint", make_image(folder), "--config", SOURCE / "buf.yaml"],
                capture_output=True, text=True, check=False, env={**os.environ, "HOME": folder},
            )
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
