"""The most probable ids of each row, with a rule for equal ones, which torch's topk does not have."""

from __future__ import annotations

import torch
from torch import Tensor


def highest(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` highest of each row of `scores` (R, V) and their columns, both (R, C), on the CPU.

    C is `count`, or V where that is less. The highest come first, of equal ones the lower column. Where a
    row has fewer above -inf, -inf and any column follow; nan counts as -inf.

    >>> highest(torch.tensor([[1.0, 3.0, 2.0, 3.0]]), 3)
    (tensor([[3., 3., 2.]]), tensor([[1, 3, 2]]))
    """
    count = min(count, scores.shape[1])
    if scores.device.type != "cpu":
        ranked = (
            scores.float()
            .nan_to_num(nan=-torch.inf, neginf=-torch.inf)
            .sort(dim=-1, descending=True, stable=True)
        )
        return ranked.values[:, :count].cpu(), ranked.indices[:, :count].cpu()
    from textkit.decode.kernels.highest import highest_of_rows

    values = torch.empty(len(scores), count)
    ids = torch.empty(len(scores), count, dtype=torch.long)
    highest_of_rows(scores.detach().float().contiguous().numpy(), values.numpy(), ids.numpy())
    return values, ids
