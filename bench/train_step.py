#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training steps of Facet against the same nets written plainly in PyTorch.

    bench/train_step.py [--preset digits,face-64] [--threads 2] [--rounds 5]
    bench/train_step.py --device cuda [--preset digits,face-64,face-158-compact,face-158]

Both take steps of 64 images, data at hand: generator and classifier by the update rule REAL, feature
loss, dropout and Adam. "Plainly" is what one writes without thinking of speed: torch.nn layers,
torch.optim.Adam, default memory format, float32; on a GPU TF32. Facet computes in what the preset says,
or in what --precision says. Each round runs one, then the other, in processes of their own; what counts
is the ratio of each round, for both saw the same machine. Needs a build of train_bench (cmake --preset
release, ninja train_bench).
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# That has PyTorch, whoever runs this.
PYTHON = next((str(path) for path in [ROOT / ".venv/bin/python"] if path.exists()), sys.executable)
BATCH = 64


def presets() -> dict[str, dict]:
    """The shapes of data/presets; that they are those is checked by counting parameters."""
    return {
        "digits": {
            "classes": [10, 3, 4, 100],
            "widths": [128, 32, 32, 256],
            "weights": [10, 10, 10, 0],
            "joint": [512, 768],
            "base": (64, 7),
            "up": [(32, 4, 1), (3, 4, 1)],
            # out, kernel, stride, padding, pool kernel, pool stride
            "blocks": [(16, 5, 2, 2, 0, 0), (32, 3, 1, 1, 2, 2), (64, 3, 1, 1, 3, 2)],
            "head": [128],
            "size": 28,
            "features_of": 2,
            "interval": 4,
            "rates": (6e-3, 2e-3),
            "beta2": 0.995,
        },
        "face-64": {
            "classes": [70, 7, 8],
            "widths": [128, 128, 128],
            "weights": [10, 10, 10],
            "joint": [512, 512],
            "base": (128, 8),
            "up": [(64, 4, 1), (32, 4, 1), (3, 4, 1)],
            "blocks": [(32, 5, 2, 2, 0, 0), (64, 3, 1, 1, 3, 2), (96, 3, 1, 1, 0, 0), (64, 3, 1, 1, 3, 2)],
            "head": [256],
            "size": 64,
            "features_of": 2,
            "interval": 2,
            "rates": (2e-3, 1e-3),
            "beta2": 0.99,
        },
        "face-158-compact": {
            "classes": [70, 7, 8],
            "widths": [128, 128, 128],
            "weights": [10, 10, 10],
            "joint": [512, 512],
            "base": (128, 8),
            "up": [(160, 4, 0), (128, 4, 0), (64, 4, 0), (3, 4, 0)],
            "blocks": [
                (32, 5, 2, 2, 0, 0),
                (64, 3, 1, 1, 3, 2),
                (96, 3, 1, 1, 3, 2),
                (96, 3, 1, 1, 0, 0),
                (64, 3, 1, 1, 3, 2),
            ],
            "head": [256],
            "size": 158,
            "features_of": 2,
            "interval": 2,
            "rates": (1e-3, 5e-4),
            "beta2": 0.99,
        },
        "face-158": {
            "classes": [70, 7, 8],
            "widths": [512, 512, 256],
            "weights": [10, 10, 10],
            "joint": [2048, 2048],
            "base": (256, 8),
            "up": [(256, 5, 0), (256, 5, 1), (92, 5, 1), (3, 2, 0)],
            "blocks": [
                (96, 11, 2, 0, 3, 2),
                (256, 5, 1, 2, 3, 2),
                (384, 3, 1, 1, 0, 0),
                (384, 3, 1, 1, 0, 0),
                (256, 3, 1, 1, 3, 2),
            ],
            "normalised": [0, 1],
            "head": [1024, 1024],
            "size": 158,
            "interval": 1,
            "rates": (2e-4, 2e-4),
            "beta2": 0.99,
        },
    }


def run_peer(name: str, device: str, threads: int, seconds: float) -> None:
    """Prints images a second and the number of parameters, as JSON."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")  # counts on a GPU alone
    shape = presets()[name]

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.ModuleList(
                nn.Sequential(nn.Linear(k, w), nn.LeakyReLU(0.1), nn.Linear(w, w), nn.LeakyReLU(0.1))
                for k, w in zip(shape["classes"], shape["widths"])
            )
            layers: list[nn.Module] = []
            width = sum(shape["widths"])
            channels, side = shape["base"]
            for out in [*shape["joint"], channels * side * side]:
                layers += [nn.Linear(width, out), nn.LeakyReLU(0.1)]
                width = out
            layers.append(nn.Unflatten(1, (channels, side, side)))
            for i, (out, kernel, padding) in enumerate(shape["up"]):
                layers.append(nn.ConvTranspose2d(channels, out, kernel, 2, padding))
                if i + 1 < len(shape["up"]):
                    layers.append(nn.LeakyReLU(0.1))
                channels = out
            self.rest = nn.Sequential(*layers)

        def forward(self, labels: torch.Tensor) -> torch.Tensor:
            parts = labels.split(shape["classes"], 1)
            return self.rest(torch.cat([net(part) for net, part in zip(self.features, parts)], 1))

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = nn.ModuleList()
            self.pools = nn.ModuleList()
            channels, side = 3, shape["size"]
            for i, (out, kernel, stride, padding, pool, pool_stride) in enumerate(shape["blocks"]):
                self.blocks.append(
                    nn.Sequential(nn.Conv2d(channels, out, kernel, stride, padding), nn.LeakyReLU(0.2))
                )
                after: list[nn.Module] = [nn.MaxPool2d(pool, pool_stride)] if pool else []
                if i in shape.get("normalised", []):
                    after.append(nn.LocalResponseNorm(5))
                self.pools.append(nn.Sequential(*after))
                side = (side + 2 * padding - kernel) // stride + 1
                side = (side - pool) // pool_stride + 1 if pool else side
                channels = out
            flat = channels * side * side
            self.heads = nn.ModuleList(
                self.head(flat, k) for k, weight in zip(shape["classes"], shape["weights"]) if weight > 0
            )

        def head(self, width: int, classes: int) -> nn.Module:
            layers: list[nn.Module] = []
            for hidden in shape["head"]:
                layers += [nn.Linear(width, hidden), nn.LeakyReLU(0.2), nn.Dropout(0.5)]
                width = hidden
            return nn.Sequential(*layers, nn.Linear(width, classes))

        def compared(self, x: torch.Tensor) -> torch.Tensor:
            for i in range(shape["features_of"]):
                x = self.pools[i](self.blocks[i](x))
            return self.blocks[shape["features_of"]](x)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
            compared = x
            features_of = shape.get("features_of")
            for i, (block, pool) in enumerate(zip(self.blocks, self.pools)):
                x = block(x)
                if i == features_of:
                    compared = x
                x = pool(x)
            return compared, [head(x.flatten(1)) for head in self.heads]

    generator, classifier = Generator().to(device), Classifier().to(device)
    betas = (0.9, shape["beta2"])
    generator_adam = torch.optim.Adam(generator.parameters(), shape["rates"][0], betas)
    classifier_adam = torch.optim.Adam(classifier.parameters(), shape["rates"][1], betas)
    weights = [weight for weight in shape["weights"] if weight > 0]
    taught = [i for i, weight in enumerate(shape["weights"]) if weight > 0]

    targets = [torch.randint(k, (BATCH,), device=device) for k in shape["classes"]]
    labels = torch.cat([functional.one_hot(t, k).float() for t, k in zip(targets, shape["classes"])], 1)
    real = torch.rand(BATCH, 3, shape["size"], shape["size"], device=device)

    def cross_entropy(logits: list[torch.Tensor]) -> torch.Tensor:
        parts = [w * functional.cross_entropy(l, targets[f]) for w, l, f in zip(weights, logits, taught)]
        return torch.stack(parts).sum()

    def step(number: int) -> None:
        if number % shape["interval"] == 0:
            classifier.train()
            classifier_adam.zero_grad()
            cross_entropy(classifier(real)[1]).backward()
            classifier_adam.step()
        classifier.eval()
        classifier.requires_grad_(False)
        generator_adam.zero_grad()
        synthetic = generator(labels)
        compared, logits = classifier(synthetic)
        loss = (synthetic - real).square().sum() / BATCH + cross_entropy(logits)
        if "features_of" in shape:
            with torch.no_grad():
                compared_real = classifier.compared(real)
            loss = loss + 0.1 * (compared - compared_real).square().sum() / BATCH
        loss.backward()
        generator_adam.step()
        classifier.requires_grad_(True)
        loss.item()  # every step tells its loss

    number = 0
    for _ in range(2 * shape["interval"]):
        step(number)
        number += 1
    if device != "cpu":
        torch.cuda.synchronize()
    begin, first = time.perf_counter(), number
    while time.perf_counter() - begin < seconds or number % shape["interval"] != 0:
        step(number)
        number += 1
    speed = (number - first) * BATCH / (time.perf_counter() - begin)
    count = sum(p.numel() for net in (generator, classifier) for p in net.parameters())
    print(json.dumps({"speed": speed, "parameters": count}))


def measure_peer(name: str, device: str, threads: int, seconds: float) -> dict:
    command = [PYTHON, __file__, "--peer", name, "--device", device]
    command += ["--threads", str(threads), "--seconds", str(seconds)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)


def is_mixed(name: str) -> bool:
    """Whether the preset asks for mixed precision."""
    return "PRECISION_MIXED" in (ROOT / f"data/presets/{name}.textproto").read_text()


def measure_facet(
    program: pathlib.Path, name: str, device: str, threads: int, mixed: bool, seconds: float
) -> dict:
    of_cpu = f"^BM_Step/{re.escape(name)}/threads:{threads}/mixed:{int(mixed)}/real_time$"
    of_gpu = f"^BM_StepOnGpu/{re.escape(name)}/real_time$"
    command = [
        str(program),
        f"--benchmark_filter={of_cpu if device == 'cpu' else of_gpu}",
        f"--benchmark_min_time={seconds}",
        "--benchmark_format=json",
    ]
    # As facet-trainer sets it for itself.
    environment = {"GOMP_SPINCOUNT": "5000", "OMP_NUM_THREADS": str(threads), **os.environ}
    ran = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    found = json.loads(ran.stdout or '{"benchmarks": []}')["benchmarks"]
    if len(found) != 1:
        sys.exit(f"{program} has no benchmark of {name} with {threads} threads")
    if "error_message" in found[0]:
        sys.exit(f"{program}: {found[0]['error_message']}")
    return {"speed": found[0]["items_per_second"], "parameters": round(found[0]["parameters"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="digits,face-64", help="which, with commas (default: %(default)s)")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="(default: %(default)s)")
    parser.add_argument(
        "--precision",
        default="preset",
        choices=("preset", "float32", "mixed"),
        help="of Facet: what the preset says, or this; PyTorch's is float32, on a GPU TF32 (default: %(default)s)",
    )
    parser.add_argument("--threads", type=int, default=2, choices=(1, 2), help="of each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=8, help="of each run (default: %(default)s)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bench/train_bench")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        run_peer(options.peer, options.device, options.threads, options.seconds)
        return
    if not options.bin.exists():
        sys.exit(f"{options.bin} is not there: cmake --preset release && ninja -C build/release train_bench")
    for name in options.preset.split(","):
        if name not in presets():
            sys.exit(f"no preset '{name}' here; there are: {', '.join(presets())}")
        ratios = []
        mixed = options.precision == "mixed" or options.precision == "preset" and is_mixed(name)
        for number in range(options.rounds):
            facet = measure_facet(options.bin, name, options.device, options.threads, mixed, options.seconds)
            peer = measure_peer(name, options.device, options.threads, options.seconds)
            if facet["parameters"] != peer["parameters"]:
                sys.exit(f"{name}: {facet['parameters']} parameters here, {peer['parameters']} there: other nets")
            ratios.append(facet["speed"] / peer["speed"])
            print(
                f"{name}{' mixed' if mixed else ''} round {number + 1}: facet {facet['speed']:.0f} images/s, "
                f"PyTorch {peer['speed']:.0f} images/s, ratio {ratios[-1]:.2f}",
                flush=True,
            )
        print(f"{name}: ratio {statistics.median(ratios):.2f} (median of {options.rounds})", flush=True)


if __name__ == "__main__":
    main()
