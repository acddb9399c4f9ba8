"""Adversarial training of a network."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

# What does nothing unless another setting has one of some values.
NEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "epsilon": ("adversarial", ("fgsm", "pgd")),
    "attack_steps": ("adversarial", ("pgd",)),
    "adversarial_weight": ("adversarial", ("fgsm", "pgd")),
}


class DefenceSettings(BaseModel):
    """Training on word vectors moved to where they hurt most."""

    adversarial: Literal["none", "fgsm", "pgd"] = Field(
        default="none", description="Networks: train on attacked word vectors too."
    )
    epsilon: float = Field(
        default=0.2, gt=0, description="How far an attack moves a text's vectors, of their mean length."
    )
    attack_steps: int = Field(default=3, ge=1, description="pgd: steps of the attack.")
    adversarial_weight: float = Field(default=1.0, gt=0, description="What attacked texts count.")
