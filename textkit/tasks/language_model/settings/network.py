"""What a network is made of, and what is dropped and penalised while it learns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Backend = Literal["torch", "scratch"]
Output = Literal["softmax", "adaptive"]
Positions = Literal["rotary", "learned"]
Context = Literal["stream", "line"]

RECURRENT_ONLY = (
    "hidden", "backend", "weight_drop", "locked", "slowness_penalty",
    "dropout_input", "dropout_hidden", "dropout_output", "dropout_embedding",
)  # fmt: skip
TRANSFORMER_ONLY = ("heads", "feed_forward", "positions")


class NetworkSettings(BaseModel):
    """Recurrent networks and Transformers."""

    embedding: int = Field(
        default=256,
        ge=0,
        description="Width of the embedding; the Transformer's width. Recurrent: 0 for one-hot inputs.",
    )
    hidden: int = Field(
        default=256, ge=1, description="Recurrent: width of the hidden state; with tied weights the last "
        "layer is as wide as the embedding.",
    )  # fmt: skip
    layers: int = Field(default=1, ge=1, description="Layers of the network.")
    heads: int = Field(default=4, ge=1, description="Transformer: attention heads.")
    feed_forward: int | None = Field(
        default=None, ge=1, description="Transformer: width between; if not said, four times the embedding."
    )
    positions: Positions = Field(default="rotary", description="Transformer: how it knows places.")
    tied: bool = Field(default=True, description="One weight for input and output embedding.")
    output_layer: Output = Field(
        default="softmax",
        description="Output layer; adaptive: rare words in clusters, another and faster model for large "
        "vocabularies.",
    )
    backend: Backend = Field(
        default="torch", description="Recurrent: torch's layers, or the cells written out gate by gate."
    )
    context: Context = Field(
        default="stream",
        description="Scoring: read on over line ends, or not; line if trained on lines, each alone.",
    )

    dropout: float = Field(default=0.5, ge=0, lt=1, description="Share of activations dropped in training.")
    dropout_input: float | None = Field(
        default=None, ge=0, lt=1, description="Recurrent: of embedded tokens; if not said, as dropout."
    )
    dropout_hidden: float | None = Field(
        default=None, ge=0, lt=1, description="Recurrent: between layers; if not said, as dropout."
    )
    dropout_output: float | None = Field(
        default=None, ge=0, lt=1, description="Recurrent: of the last layer; if not said, as dropout."
    )
    dropout_embedding: float = Field(
        default=0.0, ge=0, lt=1, description="Recurrent: of whole tokens' embeddings."
    )
    weight_drop: float = Field(
        default=0.0, ge=0, lt=1, description="Recurrent: share of hidden-to-hidden weights dropped a window."
    )
    locked: bool = Field(
        default=False, description="Recurrent: drop the same activations at all steps of a window."
    )
    activation_penalty: float = Field(default=0.0, ge=0, description="Weight of the squared activations.")
    slowness_penalty: float = Field(
        default=0.0, ge=0, description="Recurrent: weight of the squared change from step to step."
    )
