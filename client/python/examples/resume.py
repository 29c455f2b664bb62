# SPDX-License-Identifier: Apache-2.0
"""Training that may be killed at any moment and goes on as if nothing had happened.

    python examples/resume.py --model digits --checkpoint run.pt      kill it, start it again
    python examples/resume.py --model digits --prove                  does so, and compares the weights

The checkpoint holds the stream's state beside weights and optimizer, so data and weights are always of the
same step: no batch is lost, none comes twice, and the weights are those of an undisturbed run, bit for bit.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from recogniser import make_recogniser, train_step
from torch.utils.data import DataLoader

from facet_client import FacetDataset

EVERY = 10


def save(path: pathlib.Path, checkpoint: dict[str, object]) -> None:
    """Whole or not at all."""
    temporary = path.with_suffix(".tmp")
    torch.save(checkpoint, temporary)
    os.replace(temporary, path)


def train(model_name: str, path: pathlib.Path, steps: int, workers: int) -> None:
    torch.set_num_threads(1)
    dataset = FacetDataset({"model": model_name, "batch_size": 32, "shuffle_seed": 1}, epochs=-1)
    model = make_recogniser()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    done = 0
    if path.exists():
        checkpoint = torch.load(path, weights_only=True)
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        dataset.load_state_dict(checkpoint["stream"])
        done = checkpoint["step"]
        print(f"goes on after step {done}")
    for step, batch in enumerate(DataLoader(dataset, batch_size=None, num_workers=workers), done + 1):
        if step > steps:
            break
        torch.manual_seed(step)  # dropout
        train_step(model, optimizer, batch["images"], batch["soft"][:, :10])
        if step % EVERY == 0 or step == steps:
            save(
                path,
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "stream": dataset.state_after(batch),
                    "step": step,
                },
            )


def prove(arguments: list[str], folder: pathlib.Path, kills: int) -> None:
    """Runs undisturbed, and killed again and again, and compares."""

    def start(path: pathlib.Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, __file__, *arguments, "--checkpoint", str(path)])

    if start(folder / "undisturbed.pt").wait() != 0:
        raise SystemExit("the undisturbed run failed")
    killed = 0
    process = start(folder / "killed.pt")
    while killed < kills:
        try:
            if process.wait(random.uniform(2, 5)) == 0:
                break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
            process = start(folder / "killed.pt")
    if process.wait() != 0:
        raise SystemExit("the killed run failed")
    one, other = (torch.load(folder / f"{name}.pt", weights_only=True) for name in ("undisturbed", "killed"))
    same = all(torch.equal(one["model"][name], other["model"][name]) for name in one["model"])
    print(f"killed {killed} times; weights {'equal, bit for bit' if same else 'DIFFER'}; stream state "
          f"{'equal' if one['stream'] == other['stream'] else 'DIFFERS'}")  # fmt: skip
    raise SystemExit(0 if same else 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="digits")
    parser.add_argument("--checkpoint", type=pathlib.Path, default=pathlib.Path("resume.pt"))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--prove", type=int, nargs="?", const=3, metavar="KILLS", help="kill and compare")
    options = parser.parse_args()
    if options.prove is None:
        train(options.model, options.checkpoint, options.steps, options.workers)
        return
    words = ["--model", options.model, "--steps", str(options.steps), "--workers", str(options.workers)]
    with tempfile.TemporaryDirectory() as folder:
        prove(words, pathlib.Path(folder), options.prove)


if __name__ == "__main__":
    main()
