# SPDX-License-Identifier: Apache-2.0
"""Recipe files, as the command line reads them: a StreamSpec in YAML, JSON or protobuf's text form."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from google.protobuf import text_format

from facet_client._fields import Mistake, fill
from facet_client.v1 import augmentation_pb2


def read_recipe(path: pathlib.Path) -> tuple[augmentation_pb2.StreamSpec, list[Mistake]]:
    """What `path` says, and its mistakes.

    OSError: it cannot be read. ModuleNotFoundError: it is YAML, and PyYAML is not installed.
    """
    text = path.read_text(encoding="utf-8")
    spec = augmentation_pb2.StreamSpec()
    if path.suffix in (".yaml", ".yml"):
        return spec, _fill_yaml(spec, text, path)
    if path.suffix == ".json":
        try:
            return spec, fill(spec, json.loads(text))
        except json.JSONDecodeError as error:
            return spec, [Mistake("", f"is not JSON: {error}")]
    try:
        text_format.Parse(text, spec)
    except text_format.ParseError as error:
        return spec, [Mistake("", f"is no StreamSpec in protobuf's text form: {error}")]
    return spec, []


def _fill_yaml(spec: augmentation_pb2.StreamSpec, text: str, path: pathlib.Path) -> list[Mistake]:
    try:
        import yaml
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"{path} is YAML, which needs PyYAML: pip install 'facet-client[yaml]'; or write it as JSON",
            name="yaml",
        ) from None
    # Values as they are written: `classes: [1]` names a class, and `no` may be one.
    try:
        document: Any = yaml.load(text, yaml.BaseLoader)  # noqa: S506 (makes text alone)
    except yaml.YAMLError as error:
        return [Mistake("", "is not YAML: " + " ".join(str(error).split()))]
    return [] if document in (None, "") else fill(spec, document)
