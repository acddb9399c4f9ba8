"""The gradient of a minibatch: in as many parts as asked for, over all processes, clipped."""

from __future__ import annotations

import torch
from torch import nn

from textkit.train.clipping import clip_gradients
from textkit.train.distributed import World
from textkit.train.objective import B, Objective


def accumulate(
    batch: B, objective: Objective[B], module: nn.Module, *, parts: int, clip: float, world: World
) -> tuple[float, int, float]:
    """Add to the gradients of `module` that of the mean loss of a prediction.

    The mean loss, how many predictions there were, and the norm of the gradients before clipping, all over
    all processes.
    """
    count = int(world.total(batch.predictions))
    pieces, summed = batch.split(parts), torch.zeros((), dtype=torch.float64)
    for piece in pieces:
        with world.accumulating(objective.module, last=piece is pieces[-1]):
            loss, mean, here = objective(piece)
            # DistributedDataParallel gives the mean of the processes' gradients.
            (loss * (here * world.size / count)).backward()  # type: ignore[no-untyped-call]
        summed = summed.to(mean.device) + mean.detach().double() * here
    norm = clip_gradients(module.parameters(), clip)
    return world.total(float(summed)) / count, count, float(norm)
