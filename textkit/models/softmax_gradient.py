"""The gradient of the cross-entropy at logits, written over them: compiled on a CPU, by torch elsewhere.

R rows, V ids.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import torch
from torch import Tensor


class Differentiated(NamedTuple):
    """The log probabilities (R,) of targets, what rows are to be divided by, and their log sum exp."""

    log_probs: Tensor
    sums: Tensor
    normalisers: Tensor


def differentiate(
    logits: Tensor, bias: Tensor | None, targets: Tensor, smoothing: float = 0.0
) -> Differentiated:
    """Turn `logits` (R, V) into the gradient of -log softmax(logits + bias)[targets] at them, in place.

    Row r of it is to be divided by `sums[r]`; at its target, -1 is `smoothing` - 1.

    >>> logits = torch.zeros(1, 2)
    >>> made = differentiate(logits, None, torch.tensor([0]))
    >>> logits / made.sums[:, None]
    tensor([[-0.5000,  0.5000]])
    """
    if logits.device.type == "cpu" and logits.dtype in (torch.float32, torch.bfloat16):
        return _compiled_differentiate(logits, bias, targets, smoothing)
    wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
    wide = wide if bias is None else wide + bias
    probs = torch.log_softmax(wide, 1)
    log_probs = probs.gather(1, targets[:, None])
    normalisers = wide.gather(1, targets[:, None]) - log_probs
    probs.exp_().scatter_(1, targets[:, None], torch.expm1(log_probs) + smoothing)
    logits.copy_(probs)
    return Differentiated(log_probs[:, 0], probs.new_ones(len(logits)), normalisers[:, 0])


def _compiled_differentiate(
    logits: Tensor, bias: Tensor | None, targets: Tensor, smoothing: float
) -> Differentiated:
    from textkit.models.kernels.softmax import LANES
    from textkit.models.kernels.softmax import differentiate as compiled  # loads numba

    rows, columns = logits.shape
    table = (logits if logits.dtype == torch.float32 else logits.view(torch.uint16)).numpy()
    offsets = torch.zeros(columns) if bias is None else bias.detach().float()
    made = Differentiated(*torch.empty(3, rows))
    jobs = max(min(torch.get_num_threads(), rows), 1)
    lanes = torch.empty(jobs, min(LANES, columns)).numpy()
    arrays = (targets.contiguous().numpy(), *(part.numpy() for part in made))

    def work(job: int) -> None:
        part = slice(rows * job // jobs, rows * (job + 1) // jobs)
        compiled(table[part], offsets.numpy(), lanes[job], smoothing, *(array[part] for array in arrays))

    threads = [threading.Thread(target=work, args=(job,)) for job in range(1, jobs)]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    return made
