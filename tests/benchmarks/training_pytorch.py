"""MiniVGGNet and its training step, written by hand in PyTorch.

This project does not install PyTorch, so the functions import it when they are called.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import CPU_THREADS
from tasks.train.zoo.minivggnet import _BLOCK_FILTERS, _DROPOUT_BLOCK, _DROPOUT_HEAD, _UNITS_HEAD

if TYPE_CHECKING:
    from torch import nn

LEARNING_RATE = 1e-3

Step = Callable[[NDArray[np.uint8], NDArray[np.int64]], float]


def pytorch_minivggnet(size_px: int, n_classes: int) -> "nn.Sequential":
    """Build the layers of `tasks.train.zoo.minivggnet`: (B, 1, H, W) float32 -> logits."""
    from torch import nn

    stack: list[nn.Module] = []
    channels = 1
    for filters in _BLOCK_FILTERS:
        for _ in range(2):
            stack += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            stack += [nn.BatchNorm2d(filters)]
            channels = filters
        stack += [nn.MaxPool2d(2), nn.Dropout(_DROPOUT_BLOCK)]
    side_px = size_px // 2 ** len(_BLOCK_FILTERS)
    stack += [nn.Flatten(), nn.Linear(channels * side_px**2, _UNITS_HEAD), nn.ReLU()]
    stack += [nn.BatchNorm1d(_UNITS_HEAD), nn.Dropout(_DROPOUT_HEAD)]
    return nn.Sequential(*stack, nn.Linear(_UNITS_HEAD, n_classes))


def pytorch_step(size_px: int, n_classes: int) -> Step:
    """Return a training step: films (B, H, W) uint8 and classes (B,) int64 -> loss."""
    import torch

    torch.set_num_threads(CPU_THREADS)  # the same number as TensorFlow
    torch.manual_seed(0)
    network = pytorch_minivggnet(size_px, n_classes).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    loss_of = torch.nn.CrossEntropyLoss()

    def step(films: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        pixels = torch.from_numpy(films)[:, None].to(memory_format=torch.channels_last)
        loss = loss_of(network(pixels.float() / 255), torch.from_numpy(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return step
