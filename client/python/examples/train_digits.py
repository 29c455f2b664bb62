# SPDX-License-Identifier: Apache-2.0
"""Trains a small recogniser of digits on a stream, and on the real images behind it, and compares.

    facetd --state ./facet-state &
    python examples/train_digits.py

Both recognisers are tested on real handwriting that neither they nor the generator have seen. The first run
trains the generator, which takes a few minutes on two cores; later ones find it. FACET_SERVER names a
server elsewhere.
"""

from __future__ import annotations

import argparse

import torch
from recogniser import accuracy, make_recogniser, train_step
from torch.utils.data import DataLoader

import facet_client

TRAIN, TEST = "digits-train", "digits-test"
BATCH = 64


def import_digits(client: facet_client.Client) -> None:
    """Eighty handwritings of each digit to train on, twenty others to test on."""
    there = {dataset.name.partition("@")[0] for dataset in client.datasets()}
    for name, options in (
        (TRAIN, {"examples_per_digit": 80}),
        (TEST, {"examples_per_digit": 20, "skip_per_digit": 80}),
    ):
        if f"datasets/{name}" not in there:
            spec = {"dataset": name, "format": "DATASET_FORMAT_IDX_DIGITS", "bundled": {"name": "digits"}}
            client.import_dataset(spec | {"digits": options})


def train_generator(client: facet_client.Client, model: str, steps: int) -> None:
    """Trains and publishes `model` unless it is there."""
    try:
        client.model(model)
        return
    except facet_client.NotFound:
        pass
    job = client.train(TRAIN, "digits", overrides={"steps": steps})
    for event in client.watch(job):
        if event.HasField("progress") and event.progress.step:
            print(
                f"\rgenerator: step {event.progress.step} of {event.progress.total_steps}", end="", flush=True
            )
    print()
    client.publish(client.wait(job), model)


def real_images(client: facet_client.Client, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """All images of a data set and their digits."""
    images, classes = client.dataset_images(name, range(client.dataset(name).image_count))
    return torch.from_numpy(images), torch.tensor([int(digit) for digit, *_ in classes])


def train_on_real(images: torch.Tensor, digits: torch.Tensor, steps: int) -> torch.nn.Module:
    model = make_recogniser()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(steps):
        chosen = torch.randint(len(images), (BATCH,))
        train_step(model, optimizer, images[chosen], digits[chosen])
    return model


def train_on_stream(spec: dict[str, object], steps: int, workers: int) -> torch.nn.Module:
    dataset = facet_client.FacetDataset(spec, epochs=-1)
    # The first ten weights are those of the feature `digit`.
    assert dataset.schema.features[0].name == "digit"
    model = make_recogniser()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loader = DataLoader(dataset, batch_size=None, num_workers=workers)
    for step, batch in enumerate(loader, 1):
        train_step(model, optimizer, batch["images"], batch["soft"][:, :10])
        if step == steps:
            break
    return model


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", default="digits-example", help="trained if the server has it not")
    arguments.add_argument("--generator-steps", type=int, default=1600)
    arguments.add_argument("--steps", type=int, default=1500, help="of each recogniser")
    arguments.add_argument("--workers", type=int, default=1)
    options = arguments.parse_args()

    client = facet_client.Client(timeout=600)
    import_digits(client)
    train_generator(client, options.model, options.generator_steps)
    test = real_images(client, TEST)
    real = real_images(client, TRAIN)

    spec = {"model": options.model, "batch_size": BATCH, "shuffle_seed": 1, "augmentation_seed": 2}
    # Handwritings between two others, and colours between two others.
    mixed = [
        {"feature": "example", "pairs": {"range": {"min": 0.5, "max": 1}}},
        {"feature": "colour", "pairs": {"range": {"min": 0, "max": 1}}, "sample": True},
    ]
    half = {"features": mixed, "real": {"dataset": TRAIN, "share": 0.5}}
    results = {
        "real images": train_on_real(*real, options.steps),
        "stream, as trained": train_on_stream(spec, options.steps, options.workers),
        "stream, mixed": train_on_stream(
            spec | {"recipe": {"features": mixed}}, options.steps, options.workers
        ),
        "stream, mixed, half real": train_on_stream(spec | {"recipe": half}, options.steps, options.workers),
    }
    print(f"accuracy on {len(test[0])} real images of other handwritings, {options.steps} steps of {BATCH}:")
    for name, model in results.items():
        print(f"  {name:26} {accuracy(model, *test):.4f}")


if __name__ == "__main__":
    main()
