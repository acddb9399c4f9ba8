"""How a network learns: batches, optimiser, schedule, when to stop."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from textkit.models.schedules import ScheduleName

Sampling = Literal["random", "sequential", "lines"]
Optimizer = Literal["adamw", "sgd", "nt-asgd", "muon"]
Schedule = Literal["plateau", ScheduleName]
PrecisionName = Literal["auto", "fp32", "bf16"]
Device = Literal["auto", "cpu", "cuda"]

# What does nothing unless another setting has one of some values.
NEEDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "vary_steps": ("sampling", ("sequential",)),
    "decay": ("schedule", ("plateau",)),
    "nonmonotone": ("optimizer", ("nt-asgd",)),
    "beta2": ("optimizer", ("adamw", "muon")),
}


class TrainingSettings(BaseModel):
    """The trainer's settings."""

    sampling: Sampling = Field(
        default="sequential",
        description="How windows are drawn from the text; lines: whole lines of like length, each alone.",
    )
    batch_size: int = Field(default=20, ge=1, description="Rows of a minibatch, over all processes.")
    steps: int = Field(
        default=35,
        ge=1,
        description="Steps of a window: how far back gradients flow; the Transformer's context.",
    )
    vary_steps: bool = Field(default=False, description="Windows of varying length, as AWD-LSTM has them.")
    epochs: int = Field(default=10, ge=1, description="Passes over the text, at most.")
    max_steps: int | None = Field(default=None, ge=1, description="Updates, at most.")
    validate_every: int | None = Field(
        default=None, ge=1, description="Updates between validations; if not said, once an epoch."
    )
    accumulate: int = Field(
        default=1,
        ge=1,
        description="Parts a minibatch is computed in, to save memory; the result is the same.",
    )
    optimizer: Optimizer = Field(default="muon", description="How weights move.")
    learning_rate: float = Field(
        default=0.01, gt=0, le=1e6, description="How far they move (try 0.003 for adamw, 20 for sgd)."
    )
    weight_decay: float = Field(default=0.1, ge=0, le=1e3, description="How strongly they are drawn to zero.")
    beta2: float = Field(
        default=0.99, ge=0, lt=1, description="adamw, muon: how long squared gradients are remembered."
    )
    nonmonotone: int = Field(
        default=5, ge=1, description="nt-asgd: validations without a best before it begins to average."
    )
    schedule: Schedule = Field(default="linear", description="How the learning rate goes.")
    warmup: int = Field(
        default=0, ge=0, description="Updates in which the learning rate rises first; of triangles each line."
    )
    decay: float = Field(
        default=0.5, gt=0, le=1, description="plateau: learning rate factor after a worse validation."
    )
    patience: int | None = Field(
        default=None, ge=1, description="Worse validations in a row before stopping; if not said, 3 with "
        "plateau, otherwise never.",
    )  # fmt: skip
    clip: float = Field(default=0.25, gt=0, description="Bound of the gradient's norm.")
    precision: PrecisionName = Field(
        default="auto", description="Numbers of the matrix products; auto: bf16 where the machine has it."
    )
    device: Device = Field(default="auto", description="Where; auto: the GPU if there is one.")
    valid_fraction: float = Field(
        default=0.1, gt=0, lt=1, description="Last part of the text, held out without --valid."
    )
    log_every: int = Field(default=20, ge=1, description="Updates between records in the log.")
    save_seconds: float = Field(default=300.0, gt=0, description="Time between saves within an epoch.")
    tensorboard: bool = Field(default=False, description="Write TensorBoard events too.")
