# SPDX-License-Identifier: Apache-2.0
"""A small recogniser of digits, shared by the examples."""

from __future__ import annotations

import torch
from torch import nn


def make_recogniser(seed: int = 0) -> nn.Module:
    """uint8 images [N, 28, 28, 3] to logits [N, 10]."""
    torch.manual_seed(seed)
    return nn.Sequential(
        _Planes(),
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    )


class _Planes(nn.Module):
    """uint8 [N, H, W, C] to float [N, C, H, W] in [-1, 1]."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.permute(0, 3, 1, 2).float() / 127.5 - 1


def train_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, images: torch.Tensor, targets: torch.Tensor
) -> float:
    """One step; `targets` are classes [N] or weights of the classes [N, 10]."""
    model.train()
    loss = nn.functional.cross_entropy(model(images), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def accuracy(model: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> float:
    """Share of images whose likeliest class is the right one."""
    model.eval()
    return float((model(images).argmax(1) == classes).float().mean())
