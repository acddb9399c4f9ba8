"""A trained network as an ONNX file: one step, with the state going in and coming out.

    ids (R,) int64, state_0 ... state_k  ->  log_probs (R, V) float32, next_state_0 ... next_state_k

R rows advance together, any number. The first step reads `</s>` from empty states. Of a recurrent network
these are zeros; of a Transformer they have 0 steps, and one comes on with each reading. A Transformer
whose `state_0`, the ids (R, t) it has read, has grown to the context begins again: from empty states it
reads the last context // 2 of these ids, and goes on.

The file's metadata: `vocabulary` (a JSON list, the id being the place), `pipeline` (cleaning and tokens,
in one line), `kind`, `state` (JSON, the shapes of the empty states of one row) and, of a
Transformer, `context`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from textkit import atomic
from textkit.errors import TextkitError, UsageError
from textkit.lm.language_model import END
from textkit.tasks.language_model.saved import SavedModel, load_model
from textkit.train.checkpoint import RunFolder

if TYPE_CHECKING:
    from torch import Tensor

    from textkit.lm.neural import NeuralLanguageModel
    from textkit.models.graph.onnx_graph import OnnxGraph

SUFFIX = ".onnx"
TOLERANCE = 1e-5  # of a log probability, absolute and relative
_STEPS = 24  # compared with the model, at least
_ROWS = 3

Arrays = list[npt.NDArray[Any]]


def export_onnx(source: Path | str, path: Path | str) -> float:
    """Write the network of a run folder as ONNX; gives the largest difference of a log probability.

    What onnxruntime makes of the file is compared with the model over a sequence, through a
    Transformer's new beginning too. Raises UsageError for an n-gram model and where a package is
    missing, TextkitError when the file would not agree with the model to 1e-5 (then none is written).
    """
    saved = load_model(source)
    if not hasattr(saved.model, "network"):  # asking for its class would import torch
        raise UsageError(f"{source}: only networks become ONNX files; write an n-gram model as ARPA text")
    from textkit.models.graph.onnx_graph import OnnxGraph, packages

    onnx, _ = packages()
    model = cast("NeuralLanguageModel", saved.model)
    proto = _graph(model)
    onnx.helper.set_model_props(proto, _metadata(saved, kind=RunFolder.open(source).kind))
    graph = OnnxGraph(proto)
    difference, agrees = _compare(model, graph)
    if not agrees:
        raise TextkitError(
            f"{path}: not written: its log probabilities differ from the model's by {difference:.2g}"
        )
    atomic.write_bytes(Path(path), graph.data)
    return difference


def _metadata(saved: SavedModel, *, kind: str) -> dict[str, str]:
    network: Any = cast(Any, saved.model).network
    metadata = {
        "kind": kind,
        "pipeline": saved.pipeline.signature(),
        "vocabulary": json.dumps(list(saved.model.vocab.tokens), ensure_ascii=False),
        "state": json.dumps([list(part.shape) for part in network.zero_state(1)]),
    }
    return metadata if network.carries else metadata | {"context": str(network.settings.context)}


def _graph(model: NeuralLanguageModel) -> Any:
    """The step as an onnx.ModelProto."""
    import torch

    from textkit.models.graph.onnx_graph import to_proto

    class Step(torch.nn.Module):
        """What is exported: the network's step as a module of tensors alone."""

        def __init__(self) -> None:
            super().__init__()
            self.network = model.module

        def forward(self, ids: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            reading = model.network.read(ids[:, None], state)
            return (model.network.output.log_probs(reading.features[:, 0]), *reading.state)

    rows = torch.full((_ROWS,), model.vocab.id(END), dtype=torch.int64, device=model.device)
    # Two steps on: sizes of 0 and 1 would be taken for sizes that never change.
    state = model.network.read(rows[:, None].expand(-1, 2), model.network.zero_state(_ROWS)).state
    dynamic = torch.export.Dim.DYNAMIC
    grown = [
        {0: dynamic} | {d: dynamic for d, size in enumerate(part.shape) if size != empty.shape[d] and d}
        for part, empty in zip(state, model.network.zero_state(_ROWS), strict=True)
    ]
    names = [f"state_{i}" for i in range(len(state))]
    proto = to_proto(
        Step(),
        (rows, state),
        names=["ids", *names],
        outputs=["log_probs", *(f"next_{name}" for name in names)],
        varying=({0: dynamic}, tuple(grown)),
    )
    return _with_named_axes(proto)


def _with_named_axes(proto: Any) -> Any:
    """Sizes that may vary are called rows and steps."""
    for values, steps in ((proto.graph.input, "steps"), (proto.graph.output, "steps + 1")):
        for value in values:
            for place, size in enumerate(value.type.tensor_type.shape.dim):
                if size.dim_param:
                    size.dim_param = steps if place else "rows"
    del proto.graph.value_info[:]  # sizes of what lies between, under the exporter's names
    return proto


def _compare(model: NeuralLanguageModel, graph: OnnxGraph) -> tuple[float, bool]:
    """The largest difference over a random sequence of several rows, and whether all are small enough."""
    import torch

    context = None if model.network.carries else cast(Any, model.network).settings.context
    generator = np.random.default_rng(0)
    steps = _STEPS if context is None else max(_STEPS, context + 3)
    ids = generator.integers(0, len(model.vocab), (steps, _ROWS))
    ids[0] = model.vocab.id(END)
    ours, state = model.start(_ROWS), _empty(model, _ROWS)
    worst, agrees = 0.0, True
    for row in ids:
        expected, ours = model.step(torch.from_numpy(row), ours)
        if context is not None and state[0].shape[1] == context:
            state = _begin_again(model, graph, state)
        log_probs, *state = _run(graph, row, state)
        worst = max(worst, float(np.abs(log_probs - expected.numpy()).max()))
        agrees &= np.allclose(log_probs, expected.numpy(), rtol=TOLERANCE, atol=TOLERANCE)
    return worst, agrees


def _empty(model: NeuralLanguageModel, rows: int) -> Arrays:
    return [part.cpu().numpy() for part in model.network.zero_state(rows)]


def _begin_again(model: NeuralLanguageModel, graph: OnnxGraph, state: Arrays) -> Arrays:
    again = state[0].shape[1] // 2
    kept, state = state[0][:, -again:], _empty(model, len(state[0]))
    for column in kept.T:
        _, *state = _run(graph, column, state)
    return state


def _run(graph: OnnxGraph, ids: npt.NDArray[Any], state: Sequence[npt.NDArray[Any]]) -> Arrays:
    feed = {"ids": np.ascontiguousarray(ids)} | {f"state_{i}": part for i, part in enumerate(state)}
    return graph.run(feed)
