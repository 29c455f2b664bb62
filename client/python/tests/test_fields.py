# SPDX-License-Identifier: Apache-2.0
"""Streams are written in Python as in recipe files."""

from __future__ import annotations

import builtins
import json
import pathlib
import subprocess
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import BIN, SOURCE, Server
from google.protobuf import json_format, text_format

import facet_client
from facet_client import errors, stream_spec
from facet_client.v1 import augmentation_pb2, image_pb2

RECIPES = sorted((SOURCE / "data" / "recipes").glob("*.*"))


def mistakes(spec: object) -> list[str]:
    with pytest.raises(errors.InvalidArgument) as caught:
        stream_spec(spec)  # type: ignore[arg-type]
    assert caught.value.reason == "BAD_SPEC"
    return caught.value.message.splitlines()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_recipe_files_are_read(path: pathlib.Path) -> None:
    spec = stream_spec(path)
    assert spec.model and spec.HasField("recipe")
    if path.suffix == ".textproto":
        assert spec == text_format.Parse(path.read_text(), augmentation_pb2.StreamSpec())
        return
    # As a dict, in whatever way it became one.
    assert stream_spec(yaml.safe_load(path.read_text())) == spec
    # Whole, and in the names of protobuf.
    assert stream_spec(json_format.MessageToDict(spec)) == spec


def test_short_names_and_single_values() -> None:
    spec = stream_spec(
        {
            "model": "m",
            "pixel_type": "float16",
            "layout": "nchw",
            "last_batch": "FILL",
            "labels": "class",
            "batchSize": np.int64(8),
            "epochs": 3.0,
            "normalization": {"mean": 0.5, "std": (0.25, 0.5, 1)},
            "recipe": {
                "transforms": {"square": ["mirror", "rotate-90", "mirror_rotate_180", 1]},
                "features": {"feature": "digit", "classes": {"classes": [1, "2"]}},
                "shuffle": False,
            },
        }
    )
    assert spec == augmentation_pb2.StreamSpec(
        model="m",
        pixel_type=image_pb2.PIXEL_TYPE_FLOAT16,
        layout=image_pb2.PIXEL_LAYOUT_NCHW,
        last_batch=augmentation_pb2.LAST_BATCH_FILL,
        labels=[augmentation_pb2.LABEL_FORM_CLASS],
        batch_size=8,
        epochs=3,
        normalization=augmentation_pb2.Normalization(mean=[0.5], std=[0.25, 0.5, 1]),
        recipe=augmentation_pb2.StreamRecipe(
            transforms=augmentation_pb2.TransformRecipe(square=[5, 2, 7, 1]),
            features=[
                augmentation_pb2.FeatureRecipe(
                    feature="digit", classes=augmentation_pb2.ClassList(classes=["1", "2"])
                )
            ],
            shuffle=False,
        ),
    )


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_leaves_a_field_unset(nothing: object) -> None:
    spec = stream_spec({"recipe": {"features": [{"feature": "a", "classes": nothing, "pairs": {}}]}, "model": nothing})
    assert spec.recipe.features[0].HasField("pairs")
    assert stream_spec({"recipe": nothing, "labels": nothing}) == augmentation_pb2.StreamSpec()
    assert spec.model == ""
    assert mistakes({"recipe": {"features": [None]}}) == [
        "recipe.features[0]: must be a mapping of fields, not nothing"
    ]


def test_messages_may_stand_in_dicts() -> None:
    recipe = augmentation_pb2.StreamRecipe(repeats=3)
    assert stream_spec({"model": "m", "recipe": recipe}).recipe == recipe


def test_all_mistakes_are_told_at_once() -> None:
    told = mistakes(
        {
            "batchsize": 3,
            "last_batch": "fil",
            "shuffle_seed": -1,
            "batch_size": True,
            "model": ["m"],
            "recipe": {
                "repeats": "many",
                "shuffle": 3,
                "features": [
                    {"feature": "a", "pairs": {"betta": 1}},
                    {"feature": "b", "classes": {}, "pairs": {"fixed": "half"}},
                    "c",
                ],
            },
        }
    )
    assert len(told) == 10
    expected = (
        "batchsize: there is no such field. Did you mean 'batch_size'? There are: model, ",
        "last_batch: 'fil' is no LastBatch. Did you mean 'fill'? There are: partial, drop, fill.",
        "shuffle_seed: -1 is no whole number from 0 on",
        "batch_size: True is no whole number",
        "model: must be a single value, not a list",
        "recipe.repeats: 'many' is no whole number",
        "recipe.shuffle: 3 is neither true nor false",
        "recipe.features[0].pairs.betta: there is no such field. Did you mean 'beta'?",
        "recipe.features[1].pairs: and classes exclude each other",
        "recipe.features[2]: must be a mapping of fields, not a single value",
    )
    for line, start in zip(told, expected, strict=True):
        assert line.startswith(start)


def test_mistakes_of_a_file_name_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("model: m\nlast_batch: fil\nrecipe: {repeat: 3}\n")
    told = mistakes(path)
    expected = [[str(path), "last_batch"], [str(path), "recipe.repeat"]]
    assert [line.split(": ")[:2] for line in told] == expected
    for name, text in (("a.yaml", "a: [\n"), ("a.json", "{"), ("a.textproto", "model 3")):
        (tmp_path / name).write_text(text)
        assert str(tmp_path / name) in mistakes(tmp_path / name)[0]
    with pytest.raises(FileNotFoundError):
        stream_spec(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.yaml", "model: m\nbatch_size: 8\nbatch_size: 9\n", "'batch_size' is there twice"),
        ("a.json", '{"recipe": {"repeats": 1, "repeats": 2}}', "'repeats' is there twice"),
        ("a.yaml", "shuffle_seed: 1_000\n", "shuffle_seed: '1_000' is no whole number"),
        ("a.json", '{"model": "m",}', "is not JSON"),
        ("a.yaml", b"\xff\xfe\x00", "is not text in UTF-8"),
    ],
)
def test_files_mean_one_thing(tmp_path: pathlib.Path, name: str, text: str | bytes, expected: str) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert len(mistakes(path)) == 1
    assert f"{path}: " in mistakes(path)[0]
    assert expected in mistakes(path)[0]


def test_null_is_nothing_and_a_quoted_one_is_a_name(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.yaml").write_text("model: m\nrecipe: null\nbatch_size: ~\n")
    spec = stream_spec(tmp_path / "a.yaml")
    assert (spec.model, spec.batch_size) == ("m", 0)
    (tmp_path / "b.yaml").write_text("model: 'null'\n")
    assert stream_spec(tmp_path / "b.yaml").model == "null"
    (tmp_path / "c.json").write_text('\ufeff{"model": "m", "recipe": null}', encoding="utf-8")
    assert stream_spec(tmp_path / "c.json").model == "m"


def test_a_path_as_text_is_no_model() -> None:
    with pytest.raises(errors.InvalidArgument, match=r"pathlib.Path\('recipe.yaml'\)"):
        stream_spec("recipe.yaml")


def test_yaml_without_pyyaml_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def refuse(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "yaml":
            raise ModuleNotFoundError("no yaml", name="yaml")
        return original(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ModuleNotFoundError, match=r"facet-client\[yaml\]"):
        stream_spec(SOURCE / "data" / "recipes" / "digits_mix.yaml")
    assert stream_spec(SOURCE / "data" / "recipes" / "digits_mix.json").model == "digits"


def test_the_command_line_reads_the_same(server: Server, tmp_path: pathlib.Path) -> None:
    values = {"model": "tiny", "batch_size": 8, "last_batch": "fill", "labels": "pair", "layout": "nchw"}
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(values))
    words = [BIN / "facet", "--server", server.address, "stream", "--spec", path, "--describe"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert facet_client.Client(server.address).describe(path).fingerprint[:12] in said
