"""AdamW beside a running average of the weights, which is the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from textkit.errors import UsageError
from textkit.models.optimizers.averages import holding


class AveragedAdamW(torch.optim.AdamW):
    """`torch.optim.AdamW`, and an average: the weights after the first step, then after each step t
    average += (1 - m) (weight - average) with m = min(memory, (1 + t) / (10 + t)).

    So the first weights are soon forgotten. It stands for the mean of the last checkpoints (Vaswani et al.
    2017, arXiv:1706.03762, section 6.1; Polyak and Juditsky 1992) without keeping them. A `memory` of 0
    averages nothing. Raises UsageError for a memory outside [0, 1).

    >>> weight = nn.Parameter(torch.zeros(1))
    >>> optimizer = AveragedAdamW([weight], lr=0.1, memory=0.9)
    >>> for _ in range(2):
    ...     weight.grad = torch.ones(1)
    ...     _ = optimizer.step()
    >>> with optimizer.averages():  # 1/4 of the first and 3/4 of the second
    ...     print(weight.detach())
    tensor([-0.1750])
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        *,
        memory: float,
        betas: tuple[float, float] = (0.9, 0.98),
        weight_decay: float = 0.0,
    ) -> None:
        if not 0 <= memory < 1:
            raise UsageError(f"the memory of averages must lie in [0, 1), not {memory}")
        self.memory = memory
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay, fused=True)

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:  # type: ignore[override]
        """Move against the gradient; `closure` as in every torch optimiser."""
        loss: Tensor | None = super().step(closure)
        if self.memory:
            for parameter in (each for group in self.param_groups for each in group["params"]):
                if state := self.state.get(parameter):
                    self._average(parameter, state)
        return loss

    def _average(self, parameter: nn.Parameter, state: dict[str, Tensor]) -> None:
        if "average" not in state:
            state["average"] = parameter.detach().clone()
            return
        steps = float(state["step"])
        state["average"].lerp_(parameter, 1 - min(self.memory, (1 + steps) / (10 + steps)))

    def averages(self) -> AbstractContextManager[None]:
        """Within the block the parameters hold their averages, if there are any yet."""
        return holding(self)

    def observe(self, loss: float, /) -> None:
        """A validation changes nothing."""
