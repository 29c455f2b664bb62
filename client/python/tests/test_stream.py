# SPDX-License-Identifier: Apache-2.0
"""A stream's order and bytes hold, whatever happens to client and server."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest
from conftest import BATCH, BATCHES, SPEC, Server

import facet_client
from facet_client import Batch, BatchReader, errors

MIXED = SPEC | {
    "recipe": {"features": [{"feature": "colour", "pairs": {"range": {"min": 0.3, "max": 0.7}}}]},
    "labels": ["LABEL_FORM_SOFT", "LABEL_FORM_CLASS", "LABEL_FORM_PAIR", "LABEL_FORM_ONE_HOT"],
}


def digest(batch: Batch) -> tuple[int, int, str]:
    pixels = hashlib.sha256(batch.images.tobytes() + batch.labels["soft"].tobytes()).hexdigest()
    return batch.message.epoch, batch.message.batch_index, pixels


@pytest.fixture(scope="module")
def sequence(server: Server) -> list[tuple[int, int, str]]:
    """Three epochs, uncut."""
    return [digest(batch) for batch in BatchReader(SPEC | {"epochs": 3}, address=server.address)]


def test_an_epoch_has_every_combination_once(server: Server) -> None:
    batches = list(BatchReader(SPEC, address=server.address))
    assert [batch.message.batch_index for batch in batches] == list(range(BATCHES))
    assert [batch.message.epoch_end for batch in batches] == [False] * (BATCHES - 1) + [True]
    indices = [image.index for batch in batches for image in batch.message.provenance]
    assert sorted(indices) == list(range(BATCH * BATCHES))


def test_labels_have_the_shapes_of_their_forms(server: Server) -> None:
    batch = next(BatchReader(MIXED, address=server.address))
    assert {form: values.shape for form, values in batch.labels.items()} == {
        "soft": (8, 18),
        "one_hot": (8, 18),
        "class_index": (8, 4),
        "pair_class": (8, 4, 2),
        "pair_weight": (8, 4),
    }
    colours = batch.labels["soft"][:, 10:13]
    np.testing.assert_allclose(colours.sum(axis=1), 1, rtol=1e-6)
    first = np.take_along_axis(colours, batch.labels["pair_class"][:, 1, :1], axis=1)[:, 0]
    np.testing.assert_array_equal(first, batch.labels["pair_weight"][:, 1])
    assert not batch.images.flags.writeable


def test_images_are_those_of_render(server: Server, client: facet_client.Client) -> None:
    batch = next(BatchReader(MIXED, address=server.address))
    np.testing.assert_array_equal(
        batch.images, client.render("tiny", list(batch.labels["soft"].astype(float)))
    )


def test_any_cut_resumes_where_it_was(server: Server, sequence: list[tuple[int, int, str]]) -> None:
    spec, token, seen = SPEC | {"epochs": 3}, b"", []
    # Cuts after 1, 2, 3, ... batches: within an epoch, at its end and across it.
    for length in range(1, 11):
        with BatchReader(spec, address=server.address, resume_token=token, prefetch=1 + length % 3) as reader:
            for _ in range(length):
                if (batch := next(reader, None)) is not None:
                    seen.append(digest(batch))
            token = reader.token
    assert seen == sequence


def test_the_end_can_be_resumed(server: Server) -> None:
    reader = BatchReader(SPEC, address=server.address)
    for _ in reader:
        pass
    assert list(BatchReader(SPEC, address=server.address, resume_token=reader.token)) == []
    with pytest.raises(StopIteration):
        next(reader)


def test_a_killed_server_loses_and_repeats_nothing(
    server: Server, sequence: list[tuple[int, int, str]]
) -> None:
    seen = []
    for count, batch in enumerate(BatchReader(SPEC | {"epochs": 3}, address=server.address, prefetch=2)):
        seen.append(digest(batch))
        if count in (3, 20):
            server.kill()
            server.start()
    assert seen == sequence


def test_a_newer_data_set_does_not_change_a_stream(server: Server, client: facet_client.Client) -> None:
    def add_version(skip: int) -> None:
        client.import_dataset(
            {
                "dataset": "growing",
                "format": "DATASET_FORMAT_IDX_DIGITS",
                "bundled": {"name": "digits"},
                "digits": {"examples_per_digit": 4, "skip_per_digit": skip, "rotations": [0]},
            }
        )

    add_version(0)
    spec = SPEC | {"epochs": 3, "recipe": {"real": {"dataset": "growing", "share": 0.25}}}
    uncut = [digest(batch) for batch in BatchReader(spec, address=server.address)]
    seen = []
    for count, batch in enumerate(BatchReader(spec, address=server.address, prefetch=2)):
        assert batch.message.dataset_version == "datasets/growing@1"
        seen.append(digest(batch))
        if count == 3:
            add_version(4)
            server.kill()
            server.start()
    assert seen == uncut


def test_a_batch_above_the_limit_of_the_client_is_refused(server: Server) -> None:
    client = facet_client.Client(server.address, max_message_bytes=4096)
    with pytest.raises(errors.ResourceExhausted, match="4096"):
        next(client.stream(SPEC))
    roomy = facet_client.Client(server.address, max_message_bytes=1 << 20)
    assert digest(next(roomy.stream(SPEC)))[1] == 0


def test_patience_ends(server: Server) -> None:
    reader = BatchReader(SPEC | {"epochs": -1}, address=server.address, patience=0.2)
    next(reader)
    server.kill()
    try:
        with pytest.raises(errors.Unavailable):
            for _ in reader:
                pass
        with pytest.raises(StopIteration):
            next(reader)
    finally:
        server.start()


def test_every_damaged_token_is_refused(server: Server) -> None:
    token = next(BatchReader(SPEC, address=server.address)).token
    damaged = [token[:at] + bytes([token[at] ^ 1 << at % 8]) + token[at + 1 :] for at in range(len(token))]
    for bad in [*damaged, token[:-1], token + b"x", b"x"]:
        with pytest.raises(errors.InvalidArgument) as caught:
            next(BatchReader(SPEC, address=server.address, resume_token=bad, patience=5))
        assert caught.value.reason == "BAD_TOKEN"
        assert caught.value.field.endswith("resume_token")


@pytest.mark.parametrize(
    "change",
    [{"batch_size": 4}, {"shuffle_seed": 1}, {"augmentation_seed": 1}, {"recipe": {"repeats": 2}}],
    ids=lambda change: next(iter(change)),
)
def test_a_token_of_another_stream_is_refused(server: Server, change: dict[str, object]) -> None:
    token = next(BatchReader(SPEC, address=server.address)).token
    with pytest.raises(errors.FailedPrecondition) as caught:
        next(BatchReader(SPEC | change, address=server.address, resume_token=token))
    assert caught.value.reason == "TOKEN_OF_OTHER_STREAM"


@pytest.mark.parametrize(
    ("recipe", "field"),
    [
        ({"features": [{"feature": "colur", "classes": {}}]}, "recipe.features[0].feature"),
        (
            {"features": [{"feature": "colour", "classes": {"classes": ["rde"]}}]},
            "recipe.features[0].classes",
        ),
        ({"features": [{"feature": "colour", "pairs": {"fixed": 1.5}}]}, "recipe.features[0].pairs.fixed"),
        ({"features": [{"feature": "colour", "pairs": {"beta": -1}}]}, "recipe.features[0].pairs.beta"),
        ({"repeats": -1}, "recipe.repeats"),
    ],
)
def test_mistakes_in_a_recipe_name_their_place(server: Server, recipe: dict[str, object], field: str) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        next(BatchReader(SPEC | {"recipe": recipe}, address=server.address))
    assert field in caught.value.field


def test_names_that_a_recipe_has_not_are_refused_here() -> None:
    with pytest.raises(errors.InvalidArgument, match="no such field. Did you mean 'batch_size'"):
        BatchReader({"model": "tiny", "batchsize": 3})


def test_close_wakes_whoever_waits(server: Server) -> None:
    reader = BatchReader(SPEC | {"epochs": -1}, address=server.address)
    next(reader)
    timer = threading.Timer(0.1, reader.close)
    timer.start()
    with pytest.raises(errors.Cancelled):
        for _ in reader:
            pass
    timer.join()
