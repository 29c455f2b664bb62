# SPDX-License-Identifier: Apache-2.0
"""Writes facet_client/v1 from the .proto files while the package is built.

In a clone the files lie in ../../proto; a source distribution carries them in ./proto. Either way the
wheel holds the generated modules, so whoever installs it needs no compiler.

Also a program: `python hatch_build.py FOLDER` writes the modules into FOLDER.
"""

from __future__ import annotations

import importlib.util
import pathlib
import shutil
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = pathlib.Path(__file__).resolve().parent
MODULES = "facet_client/v1"


def proto_root() -> pathlib.Path:
    """The folder that `facet/v1/*.proto` is below."""
    for folder in (HERE / "proto", HERE.parent.parent / "proto"):
        if (folder / "facet" / "v1").is_dir():
            return folder
    raise FileNotFoundError("no proto/facet/v1: build facet-client in a clone of Facet, or from its sdist")


def google_root(module: str, depth: int) -> pathlib.Path:
    """The folder that holds the .proto files which come with `module`, `depth` folders up from it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is needed to build facet-client")
    return pathlib.Path(spec.origin).parents[depth]


def generate(out: pathlib.Path) -> None:
    """Writes messages, their types and the stubs of facet.v1 into the folder `out`."""
    from grpc_tools import protoc

    protos = proto_root()
    imports = [
        protos,
        google_root("grpc_tools", 0) / "_proto",
        google_root("google.api.field_behavior_pb2", 2),
    ]
    files = sorted(str(path.relative_to(protos)) for path in (protos / "facet" / "v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        kinds = ("--python_out", "--pyi_out", "--grpc_python_out")
        code = protoc.main(
            ["protoc", *(f"-I{path}" for path in imports), *(f"{kind}={folder}" for kind in kinds), *files]
        )
        if code != 0:
            raise RuntimeError(f"protoc failed with code {code}")
        out.mkdir(parents=True, exist_ok=True)
        for path in pathlib.Path(folder, "facet", "v1").iterdir():
            # Below this package, not in a top-level package `facet`: imports, and the module that pickle
            # looks a message up in.
            text = path.read_text(encoding="utf-8")
            text = text.replace("from facet.v1 import", "from facet_client.v1 import")
            text = text.replace("(DESCRIPTOR, 'facet.v1.", "(DESCRIPTOR, 'facet_client.v1.")
            (out / path.name).write_text(text, encoding="utf-8")
    (out / "__init__.py").write_text(
        '"""The messages of facet.v1, generated from proto/facet/v1."""\n', encoding="utf-8"
    )


class ProtoBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the generated modules to a wheel, the .proto files to a source distribution."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "sdist":
            build_data["force_include"][str(proto_root() / "facet" / "v1")] = "proto/facet/v1"
        elif version == "editable":
            generate(HERE / "src" / MODULES)
        else:
            self._folder = tempfile.mkdtemp()
            generate(pathlib.Path(self._folder))
            build_data["force_include"][self._folder] = MODULES

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(getattr(self, "_folder", ""), ignore_errors=True)


if __name__ == "__main__":
    generate(pathlib.Path(sys.argv[1]))
