# SPDX-License-Identifier: Apache-2.0
"""Rendering, training and looking around, against a real server."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from conftest import Server, tiny_preset

import facet_client
from facet_client import errors

SEVEN = {"digit": "7", "colour": {"red": 0.5, "green": 0.5}, "rotation": "0", "example": 3}


def test_renders_arrays(client: facet_client.Client) -> None:
    image = client.render("tiny", SEVEN)
    assert image.shape == (1, 28, 28, 3)
    assert image.dtype == np.uint8
    planes = client.render("tiny", [SEVEN, SEVEN], dtype="float32", layout="NCHW")
    assert planes.shape == (2, 3, 28, 28)
    np.testing.assert_array_equal(np.rint(255 * planes[0].transpose(1, 2, 0)), image[0])


def test_renders_more_than_one_call_takes(client: facet_client.Client) -> None:
    vectors = [SEVEN | {"digit": i % 10} for i in range(150)]
    images = client.render("tiny", vectors)
    assert images.shape == (150, 28, 28, 3)
    np.testing.assert_array_equal(images[147], images[7])
    np.testing.assert_array_equal(images[7], client.render("tiny", SEVEN)[0])


def test_renders_files(client: facet_client.Client) -> None:
    assert client.render_png("tiny", [SEVEN, SEVEN])[1].startswith(b"\x89PNG")
    assert client.render_jpeg("tiny", SEVEN, quality=50)[0].startswith(b"\xff\xd8")


def test_classifies_the_files_that_it_renders(client: facet_client.Client) -> None:
    files = [*client.render_png("tiny", [SEVEN, SEVEN]), *client.render_jpeg("tiny", SEVEN)]
    seen = client.classify("tiny", files)
    assert len(seen) == 3
    assert seen[0] == seen[1]
    assert sum(seen[2]["digit"].values()) == pytest.approx(1, abs=1e-4)
    assert list(seen[0]["digit"]) == [str(digit) for digit in range(10)]


def test_what_is_no_image_is_named(client: facet_client.Client) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        client.classify("tiny", [*client.render_png("tiny", SEVEN), b"no image"])
    assert (caught.value.reason, caught.value.field) == ("BAD_IMAGE", "images[1].data")


def test_takes_dense_vectors(client: facet_client.Client) -> None:
    schema = client.model("tiny").card.schema
    dense = [1.0 if name in ("7", "red", "0") else 0.0 for one in schema.features for name in one.classes]
    sizes = [len(one.classes) for one in schema.features]
    assert len(dense) == sum(sizes)
    digits = [0.0] * sizes[0]
    digits[7] = 1.0
    dense = digits + [1.0 if i == 0 else 0.0 for size in sizes[1:] for i in range(size)]
    first = {one.name: one.classes[0] for one in schema.features[1:]}
    np.testing.assert_array_equal(client.render("tiny", dense), client.render("tiny", {"digit": "7"} | first))


def test_unknown_class_names_field_and_reason(client: facet_client.Client) -> None:
    with pytest.raises(errors.InvalidArgument, match="Did you mean 'red'") as caught:
        client.render("tiny", [SEVEN, SEVEN | {"colour": "rde"}])
    assert caught.value.field == "vectors[1].features[1].weights[0].class"
    assert caught.value.reason == "UNKNOWN_CLASS"


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -0.5])
def test_bad_weights_are_refused(client: facet_client.Client, weight: float) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        client.render("tiny", SEVEN | {"colour": {"red": weight}})
    assert caught.value.field == "vectors[0].features[1].weights[0].weight"


def test_unknown_model_names_resource(client: facet_client.Client) -> None:
    with pytest.raises(errors.NotFound) as caught:
        client.render("nothing", SEVEN)
    assert caught.value.resource == "models/nothing@latest"


def test_lists_what_is_there(client: facet_client.Client) -> None:
    assert [one.name for one in client.models("tiny")] == ["models/tiny@1"]
    assert "models/tiny@1" in [one.name for one in client.models()]
    assert "datasets/digits@1" in [one.name for one in client.datasets()]
    assert "trainingJobs/tiny" in [one.name for one in client.jobs()]
    assert client.dataset("digits").image_count == 120


def test_same_job_attaches_and_another_is_refused(client: facet_client.Client) -> None:
    assert client.train("digits", tiny_preset(), job_id="tiny").name == "trainingJobs/tiny"
    with pytest.raises(errors.AlreadyExists):
        client.train("digits", tiny_preset(), job_id="tiny", overrides={"steps": 21})


def test_watches_all_events_of_a_job(client: facet_client.Client) -> None:
    events = list(client.watch("tiny"))
    assert [event.revision for event in events] == list(range(1, len(events) + 1))
    assert facet_client.ended(events[-1])
    assert list(client.watch("tiny", after_revision=3)) == events[3:]


def test_a_job_without_a_model_is_job_failed(client: facet_client.Client) -> None:
    job = client.train("digits", tiny_preset(), overrides={"steps": 1000000})
    client.cancel(job, now=True)
    with pytest.raises(errors.JobFailed, match="cancelled"):
        client.wait(job)


def test_reads_images_of_a_data_set(client: facet_client.Client) -> None:
    images, classes = client.dataset_images("digits", range(120))
    assert images.shape == (120, 28, 28, 3)
    assert {label[0] for label in classes} == {str(digit) for digit in range(10)}


def test_no_server_is_unavailable() -> None:
    with pytest.raises(errors.Unavailable, match=r"cannot reach a server at 127\.0\.0\.1:1 "):
        facet_client.Client("127.0.0.1:1", retry=0).models()


def test_field_names_of_dicts_are_checked(client: facet_client.Client) -> None:
    with pytest.raises(errors.InvalidArgument, match='no field named "stepps"'):
        client.train("digits", "digits", overrides={"stepps": 3})
    with pytest.raises(errors.InvalidArgument, match="numbers"):
        client.render("tiny", [["a", "b"]])  # type: ignore[list-item]


def test_errors_survive_pickling() -> None:
    error = errors.InvalidArgument("wrong", reason="R", field="a.b", retry_after=1.5)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.reason, copy.field, copy.retry_after) == ("a.b: wrong", "R", "a.b", 1.5)


def test_describes_a_stream(client: facet_client.Client, server: Server) -> None:
    described = client.describe({"model": "tiny@stable", "batch_size": 8})
    assert described.model_version == "models/tiny@1"
    assert (described.images_per_epoch, described.batches_per_epoch) == (120, 15)
