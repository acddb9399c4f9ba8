"""What to do when a loss or a gradient is no longer a number: skip, go back with smaller steps, give up."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from textkit.errors import TextkitError

SKIPS = 3  # updates skipped in a row before going back
ROLL_BACKS = 3  # times to go back before giving up


@dataclass
class Guard:
    """Counts what went wrong. `factor` multiplies the learning rate: each time training goes back, half.

    >>> guard = Guard()
    >>> [guard.skip() for _ in range(3)]
    [False, False, True]
    >>> guard.go_back("at step 7"); guard.factor
    0.5
    """

    skips: int = 0  # in a row, up to now
    skipped: int = 0  # in all
    roll_backs: int = 0
    factor: float = 1.0

    def skip(self) -> bool:
        """Count an update that is not made; whether so many in a row that training should go back."""
        self.skips += 1
        self.skipped += 1
        return self.skips >= SKIPS

    def passed(self) -> None:
        """An update was made."""
        self.skips = 0

    def go_back(self, where: str) -> None:
        """Count a return to the last saved state; raises TextkitError when there were enough of them."""
        if self.roll_backs >= ROLL_BACKS:
            raise TextkitError(
                f"the loss is not finite {where}, though training went back {self.roll_backs} times and "
                f"divided the learning rate by {1 / self.factor:g}; "
                "train again with a lower learning rate or clip"
            )
        self.roll_backs += 1
        self.skips = 0
        self.factor /= 2


def update(optimizer: torch.optim.Optimizer) -> bool:
    """Make a step; False where its numbers are beyond float32: it may then be made in part.

    >>> weight = torch.nn.Parameter(torch.zeros(1)); weight.grad = torch.ones(1)
    >>> update(torch.optim.SGD([weight], 0.5)), update(torch.optim.SGD([weight], 1e39))
    (True, False)
    """
    try:
        optimizer.step()
    except RuntimeError as error:
        if "without overflow" in str(error):  # torch: value cannot be converted to type float ...
            return False
        raise
    return True
