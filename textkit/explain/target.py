"""What is explained of a network's logits: one class, or one class against another.

B rows, K classes.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from textkit.errors import UsageError


class Target(NamedTuple):
    """For each row the class in question, `classes` (B,), and the one it is held against, `rivals` (B,).

    Without `rivals` the target's value is the logit of the class; with them, the margin over the rival.
    """

    classes: Tensor
    rivals: Tensor | None = None

    @staticmethod
    def of(logits: Tensor, *, classes: Tensor | None = None, margin: bool = True) -> Target:
        """The class that wins in each row of `logits` (B, K), or `classes` (B,); its rival is the best other.

        Raises UsageError where there is one class only.

        >>> Target.of(torch.tensor([[3.0, 1.0, 2.0]]))
        Target(classes=tensor([0]), rivals=tensor([2]))
        """
        if logits.shape[1] < 2:
            raise UsageError("with one class there is nothing to explain: the answer is always the same")
        classes = logits.argmax(1) if classes is None else classes
        if not margin:
            return Target(classes)
        others = logits.scatter(1, classes[:, None], -torch.inf)
        return Target(classes, others.argmax(1))

    def values(self, logits: Tensor) -> Tensor:
        """The value (B,) in each row of `logits` (B, K)."""
        chosen = logits.gather(1, self.classes[:, None])[:, 0]
        return chosen if self.rivals is None else chosen - logits.gather(1, self.rivals[:, None])[:, 0]

    def rows(self, rows: Tensor) -> Target:
        """That of the rows numbered by `rows` (N,)."""
        return Target(self.classes[rows], None if self.rivals is None else self.rivals[rows])
