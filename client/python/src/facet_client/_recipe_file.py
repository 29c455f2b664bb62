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
    spec = augmentation_pb2.StreamSpec()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return spec, [Mistake("", f"is not text in UTF-8: {error.reason} at byte {error.start}")]
    if path.suffix in (".yaml", ".yml"):
        return spec, _fill_yaml(spec, text, path)
    if path.suffix == ".json":
        try:
            return spec, fill(spec, json.loads(text, object_pairs_hook=_without_doubles))
        except ValueError as error:
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

    # Values as they are written: `classes: [1]` names a class, and `no` may be one. Nothing but `null` and `~`
    # is nothing.
    class Loader(yaml.BaseLoader):  # type: ignore[misc]
        def construct_scalar(self, node: Any) -> Any:
            text = super().construct_scalar(node)
            return None if node.style is None and text in ("~", "null", "Null", "NULL") else text

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            return _without_doubles([
                (self.construct_object(key, deep=True), self.construct_object(value, deep=True))
                for key, value in node.value
            ])

    try:
        document: Any = yaml.load(text, Loader)  # noqa: S506 (makes text alone)
    except (yaml.YAMLError, ValueError) as error:
        return [Mistake("", "is not YAML: " + " ".join(str(error).split()))]
    return [] if document in (None, "") else fill(spec, document)


def _without_doubles(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """ValueError: a key is there twice."""
    result: dict[Any, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"{key!r} is there twice")
        result[key] = value
    return result
