# SPDX-License-Identifier: Apache-2.0
"""Feature vectors and streams as Python writes them."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from facet_client import _fields
from facet_client._recipe_file import read_recipe
from facet_client.errors import InvalidArgument
from facet_client.v1 import augmentation_pb2, feature_pb2

# A class by name, or by index where it is an int; or a mix of several with their weights.
Weights: TypeAlias = str | int | Mapping[str | int, float]
# {"identity": {"F01": 0.5, "M07": 0.5}, "expression": "HA"}; or all weights in schema order.
Vector: TypeAlias = Mapping[str, Weights] | Sequence[float] | feature_pb2.FeatureVector
# A message, or a dict with the message's field names: {"model": "digits", "batch_size": 64}.
Spec: TypeAlias = augmentation_pb2.StreamSpec | Mapping[str, object]


def _class_weight(selector: str | int, weight: float | None) -> feature_pb2.ClassWeight:
    result = feature_pb2.ClassWeight()
    # `class` is a word of Python.
    if isinstance(selector, str):
        setattr(result, "class", selector)
    else:
        result.index = selector
    if weight is not None:
        result.weight = weight
    return result


def feature_weights(feature: str, weights: Weights) -> feature_pb2.FeatureWeights:
    """The weights of one feature."""
    mix = weights if isinstance(weights, Mapping) else {weights: None}
    return feature_pb2.FeatureWeights(
        feature=feature, weights=[_class_weight(selector, weight) for selector, weight in mix.items()]
    )


def feature_vector(vector: Vector) -> feature_pb2.FeatureVector:
    """What an image should show. Whether features and classes exist only the server knows.

    InvalidArgument: neither a mapping nor numbers.
    """
    if isinstance(vector, feature_pb2.FeatureVector):
        return vector
    if isinstance(vector, Mapping):
        return feature_pb2.FeatureVector(
            features=[feature_weights(name, value) for name, value in vector.items()]
        )
    try:
        return feature_pb2.FeatureVector(dense=[float(weight) for weight in vector])
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"a feature vector is a dict or a sequence of numbers: {error}") from None


def stream_spec(spec: Spec | str | pathlib.Path) -> augmentation_pb2.StreamSpec:
    """The message for a dict, a model's name, a message, which is copied, or the `pathlib.Path` of a recipe.

    A dict is written as recipe files are: names of enums may be short ("fill", "rotate-90"), and one value
    may stand for a list of one. A file ends in .yaml, .json or .textproto.

    InvalidArgument names every field that a StreamSpec has not and every value that does not fit. OSError:
    the file cannot be read.
    """
    result = augmentation_pb2.StreamSpec()
    mistakes: list[_fields.Mistake] = []
    where = ""
    if isinstance(spec, augmentation_pb2.StreamSpec):
        result.CopyFrom(spec)
    elif isinstance(spec, str):
        if spec.endswith((".yaml", ".yml", ".json", ".textproto")):
            raise InvalidArgument(
                f"{spec!r} is no name of a model; a recipe file is given as pathlib.Path({spec!r})",
                reason="BAD_SPEC",
                field="model",
            )
        result.model = spec
    elif isinstance(spec, pathlib.PurePath):
        result, mistakes = read_recipe(pathlib.Path(spec))
        where = f"{spec}: "
    else:
        mistakes = _fields.fill(result, spec)
    if mistakes:
        text = "\n".join(f"{where}{mistake}" for mistake in mistakes)
        raise InvalidArgument(text, reason="BAD_SPEC", field=mistakes[0].field or "spec")
    return result
