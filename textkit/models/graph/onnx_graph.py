"""Any network as an ONNX graph, for programs that run networks without torch."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from textkit.errors import TextkitError, UsageError
from textkit.models.graph.evaluation import evaluating

TOLERANCE = 1e-5  # absolute and relative, of every number that comes out

Inputs = Sequence[Tensor]


class OnnxGraph:
    """An onnx.ModelProto and onnxruntime's session of it, on one thread."""

    def __init__(self, proto: Any) -> None:
        _, runtime = packages()
        self.data: bytes = proto.SerializeToString()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = runtime.InferenceSession(self.data, options, providers=["CPUExecutionProvider"])

    def run(self, feed: dict[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """The outputs for inputs by name."""
        outputs: list[npt.NDArray[Any]] = self._session.run(None, feed)
        return outputs


def packages() -> tuple[Any, Any]:
    """The modules onnx and onnxruntime; raises UsageError where what ONNX needs is not installed."""
    try:
        importlib.import_module("onnxscript")  # torch.onnx needs it
        return importlib.import_module("onnx"), importlib.import_module("onnxruntime")
    except ModuleNotFoundError as error:
        raise UsageError(
            f"ONNX files need the package {error.name}: pip install 'textkit-nlp[onnx]'"
        ) from error


def to_proto(
    module: nn.Module, inputs: tuple[Any, ...], *, names: Sequence[str], outputs: Sequence[str], varying: Any
) -> Any:
    """`module(*inputs)` in evaluation mode as an onnx.ModelProto, inputs and outputs so named.

    `varying` says which sizes may differ from those of `inputs`, in the form of torch.onnx.export's
    dynamic_shapes. Sizes of 0 and 1 are taken for fixed, so examples need 2 at least. Raises UsageError
    where a package is missing, and for a network that ONNX cannot express: what branches by the numbers
    that it reads.
    """
    packages()
    try:
        with evaluating(module), _quietly():
            program = torch.onnx.export(
                module,
                inputs,
                dynamo=True,
                input_names=list(names),
                output_names=list(outputs),
                dynamic_shapes=varying,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = type(error.__cause__ or error).__name__
        raise UsageError(
            f"the network {type(module).__name__} cannot be said in ONNX ({reason}): its steps depend on "
            "the numbers that it reads; draw its graph instead"
        ) from error
    assert program is not None
    return program.model_proto


def export(
    module: nn.Module,
    inputs: Inputs,
    *,
    names: Sequence[str],
    others: Sequence[Inputs] = (),
    metadata: Mapping[str, str] | None = None,
) -> tuple[bytes, float]:
    """The ONNX file of a network that takes tensors and gives one, and the largest difference found.

    `names` are those of the inputs; what comes out is "output". Each size in which one of `others`,
    inputs like `inputs`, differs from them may vary: rows, and steps. `metadata` goes into the file.
    onnxruntime must give what `module` gives for all of these to TOLERANCE; else, and where `to_proto`
    does, raises TextkitError.
    """
    varying = tuple(
        {d: torch.export.Dim.DYNAMIC for d in range(each.dim()) if _differs(place, d, (inputs, *others))}
        for place, each in enumerate(inputs)
    )
    proto = to_proto(module, tuple(inputs), names=names, outputs=["output"], varying=varying)
    packages()[0].helper.set_model_props(proto, dict(metadata or {}))
    with evaluating(module):
        expected = [module(*each).numpy() for each in (inputs, *others)]
    # Of some operations the exporter takes the example's sizes for those of all.
    del proto.graph.value_info[:]
    for place, size in enumerate(proto.graph.output[0].type.tensor_type.shape.dim):
        if len({each.shape[place] for each in expected}) > 1 and not size.dim_param:
            size.Clear()
    graph = OnnxGraph(proto)
    worst = max(
        _difference(graph.run({name: each.numpy() for name, each in zip(names, own, strict=True)})[0], wanted)
        for own, wanted in zip((inputs, *others), expected, strict=True)
    )
    return graph.data, worst


def _differs(place: int, dimension: int, examples: Sequence[Inputs]) -> bool:
    return len({each[place].shape[dimension] for each in examples}) > 1


def _difference(found: npt.NDArray[Any], expected: npt.NDArray[Any]) -> float:
    """The largest difference of a number; raises TextkitError when it is too large."""
    same = found.shape == expected.shape
    worst = float(np.abs(found - expected).max(initial=0.0)) if same else np.inf
    if not (same and np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)):
        raise TextkitError(
            f"no ONNX file was made: its numbers differ from the network's by {worst:.2g}; please report it"
        )
    return worst


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """The exporter warns of what is to change in torch and of packages that it can do without, and of a
    network that it cannot trace it prints all that it traced."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.__trace", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
