"""Muon for the matrices within a network, AdamW for everything else, as one optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import torch
from torch import nn
from torch.optim import Optimizer

from textkit.errors import UsageError


class MuonAdamW(Optimizer):
    """Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) orthogonalises the momentum of
    a matrix before it is applied. It is for hidden matrices: embeddings, output layers, vectors and
    gains get AdamW, and the updates of both are scaled alike, so that one learning rate serves both
    (Liu et al. 2025, arXiv:2502.16982, section 2.2). Both decay weights in the AdamW way.

    `outer` are the modules whose matrices are not hidden ones: embeddings and output layers. The state
    is that of Muon and AdamW. Raises UsageError for a network without hidden matrices.

    >>> network = nn.ModuleDict({"embedding": nn.Embedding(5, 3), "layer": nn.Linear(3, 3)})
    >>> optimizer = MuonAdamW(network, 0.01, outer=[network["embedding"]])
    >>> [len(group["params"]) for group in optimizer.param_groups]
    [1, 2]
    """

    def __init__(
        self,
        module: nn.Module,
        lr: float,
        *,
        outer: list[nn.Module],
        weight_decay: float = 0.01,
        beta2: float = 0.999,
    ) -> None:
        beyond = {id(parameter) for each in outer for parameter in each.parameters()}
        inner = [p for p in module.parameters() if p.ndim == 2 and id(p) not in beyond]
        if not inner:
            raise UsageError("the optimizer muon is for networks with hidden matrices; this one has none")
        chosen = {id(parameter) for parameter in inner}
        rest = [p for p in module.parameters() if id(p) not in chosen]
        self._parts: list[Optimizer] = [
            torch.optim.Muon(inner, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=lr, weight_decay=weight_decay, betas=(0.9, beta2)),
        ]
        super().__init__([group for part in self._parts for group in part.param_groups], {})
        self._share()

    def _share(self) -> None:
        """One dictionary for each group, so that a learning rate set here is set in the parts."""
        self.param_groups = [group for part in self._parts for group in part.param_groups]

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step of both; `closure` as in every torch optimiser."""
        loss = closure() if closure is not None else None
        for part in self._parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """The states of both, by number."""
        return {str(number): part.state_dict() for number, part in enumerate(self._parts)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the states of both."""
        for number, part in enumerate(self._parts):
            part.load_state_dict(state_dict[str(number)])
        self._share()
