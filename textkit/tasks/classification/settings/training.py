"""How a network that classifies texts learns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Device = Literal["auto", "cpu", "cuda"]


class TrainingSettings(BaseModel):
    """The trainer's settings."""

    epochs: int = Field(
        default=8, ge=1, description="Passes over the texts, at most (each several of few texts)."
    )
    batch_size: int = Field(default=64, ge=1, description="Texts of a minibatch.")
    learning_rate: float = Field(default=0.002, gt=0, le=1e6, description="How far weights move (AdamW).")
    weight_decay: float = Field(default=0.01, ge=0, le=1e3, description="How strongly they shrink.")
    patience: int = Field(default=3, ge=1, description="Worse validations in a row before it stops.")
    clip: float = Field(default=1.0, gt=0, description="Bound of the gradient's norm.")
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="Share of the probability that all classes get in training."
    )
    device: Device = Field(default="auto", description="Where; auto: the GPU if there is one.")
    log_every: int = Field(default=20, ge=1, description="Updates between records in the log.")
    save_seconds: float = Field(default=300.0, gt=0, description="Time between saves within an epoch.")
    tensorboard: bool = Field(default=False, description="Write TensorBoard events too.")
