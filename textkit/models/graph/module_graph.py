"""What flows through a network: its modules and operations as they run once on example inputs.

Networks of any kind can be followed, with loops and branches too, as nothing is compiled: the graph is
that of these inputs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from textkit.errors import InputError, UsageError
from textkit.models.dropout import InvertedDropout
from textkit.models.graph.drawing import Node
from textkit.models.graph.evaluation import evaluating

MOST = 600  # boxes that a reader might still follow
# What only looks at a tensor otherwise, or takes a part of it, is not worth a box.
_QUIET = frozenset(
    {"T", "mT", "data", "getitem", "setitem", "view", "view_as", "reshape", "flatten", "unflatten", "permute"}
    | {"transpose", "swapaxes", "movedim", "unsqueeze", "squeeze", "expand", "expand_as", "repeat", "chunk"}
    | {"split", "split_with_sizes", "tensor_split", "unbind", "select", "narrow", "index_select", "clone"}
    | {"contiguous", "to", "type_as", "float", "double", "long", "cpu", "detach", "dropout", "alpha_dropout"}
    | {"_pad_packed_sequence", "_pack_padded_sequence"}
)
_IDLE = (nn.Identity, InvertedDropout, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
# What takes shape and kind of a tensor, and none of its numbers.
_FRESH = frozenset(
    {"zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"}
    | {"new_zeros", "new_ones", "new_empty", "new_full", "new_tensor"}
)

Sources = tuple[str, ...]


class ModuleGraph(NamedTuple):
    """Boxes and the edges between them, by name, as `draw_graph` wants them."""

    nodes: list[Node]
    edges: list[tuple[str, str]]


def module_graph(module: nn.Module, inputs: Sequence[Any], *, depth: int | None = 1) -> ModuleGraph:
    """The graph of `module(*inputs)`, in evaluation mode and without gradients.

    A box is an input, a call of a module `depth` calls below the outermost, or one without modules in it;
    an operation outside of these; or the result. 0 makes the whole network one box, None opens all. The
    label has the name, the kind, the shape of what comes out and how many weights are in it. Operations
    that only take parts or change shapes are passed over; so are dropout, which does nothing here, and what
    the result does not depend on.

    Raises UsageError for a negative depth, InputError for inputs without tensors and a graph of more than
    MOST boxes.

    >>> import torch
    >>> module_graph(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), (torch.zeros(5, 3),)).edges
    [('input', '0'), ('0', '1'), ('1', 'result')]
    """
    if depth is not None and depth < 0:
        raise UsageError(f"the depth of a graph is 0 or more, not {depth}")
    if not any(True for _ in _tensors(list(inputs))):
        raise InputError("the example inputs have no tensor in them: give what the network reads")
    trace = _Trace(depth)
    names = [each for each in inspect.signature(module.forward).parameters if each != "self"]
    for place, value in enumerate(inputs):
        name = names[place] if place < len(names) else f"input {place + 1}"
        for path, tensor in _tensors(value):
            trace.give(tensor, (trace.box(name + path, "", [tensor], ()),))
    given = len(trace.nodes)
    with evaluating(module), _hooked(module, trace), trace:
        result = module(*inputs)
    needed = {node.name for node in trace.nodes[:given]}
    for path, tensor in _tensors(result):
        needed.add(trace.box(f"result{path}", "", [tensor], trace.of(tensor)))
    for start, end in reversed(trace.edges):  # an edge stands after all that lead to it
        if end in needed:
            needed.add(start)
    edges = [edge for edge in trace.edges if edge[1] in needed]
    return ModuleGraph([node for node in trace.nodes if node.name in needed], edges)


def _tensors(value: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors in nested tuples, lists, dictionaries and dataclasses, and where they are."""
    if isinstance(value, Tensor):
        yield "", value
        return
    parts: Mapping[str, Any] = {}
    if isinstance(value, Mapping):
        parts = {f".{key}": part for key, part in value.items()}
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {f".{each.name}": getattr(value, each.name) for each in dataclasses.fields(value)}
    elif isinstance(value, tuple | list):
        fields = getattr(value, "_fields", range(len(value)))
        parts = {f".{field}": part for field, part in zip(fields, value, strict=True)}
    for path, part in parts.items():
        for rest, tensor in _tensors(part):
            yield path + rest, tensor


@contextlib.contextmanager
def _hooked(module: nn.Module, trace: _Trace) -> Iterator[None]:
    """Within it `trace` hears of every call of a module."""
    handles = []
    for path, each in module.named_modules():
        handles.append(each.register_forward_pre_hook(trace.entering(path, each), with_kwargs=True))
        handles.append(each.register_forward_hook(trace.leaving(path, each), with_kwargs=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Trace(TorchFunctionMode):
    """Follows which boxes each tensor comes from. `open` are the calls that are going on, with what came in;
    `shut` counts those going on within the box that is being computed."""

    def __init__(self, depth: int | None) -> None:
        super().__init__()
        self.depth = depth
        self.nodes: list[Node] = []
        self.edges: list[tuple[str, str]] = []
        self.open: list[Sources] = []
        self.shut = 0
        self._times: dict[str, int] = {}
        # With the tensor, so that no other gets its number.
        self._sources: dict[int, tuple[Tensor, Sources]] = {}

    def of(self, tensor: Tensor) -> Sources:
        """The boxes that `tensor` comes from."""
        return self._sources.get(id(tensor), (tensor, ()))[1]

    def give(self, tensor: Tensor, sources: Sources) -> None:
        """Remember where `tensor` comes from."""
        self._sources[id(tensor)] = (tensor, sources)

    def joined(self, *values: Any) -> Sources:
        """The boxes that any tensor in `values` comes from, once each."""
        found = (source for _, tensor in _tensors(list(values)) for source in self.of(tensor))
        return tuple(dict.fromkeys(found))

    def box(self, name: str, kind: str, outputs: Sequence[Tensor], sources: Sources) -> str:
        """Add a box; it is named `name`, with a number from its second time on."""
        times = self._times[name] = self._times.get(name, 0) + 1
        unique = name if times == 1 else f"{name} #{times}"
        if len(self.nodes) == MOST:
            raise InputError(f"the graph has more than {MOST} boxes: choose a smaller depth")
        shapes = dict.fromkeys("×".join(map(str, each.shape)) or "scalar" for each in outputs)
        lines = [unique if kind else name, kind, ", ".join(shapes)]
        self.nodes.append(Node(unique, "\n".join(line for line in lines if line)))
        self.edges.extend((source, unique) for source in sources)
        return unique

    def entering(self, path: str, module: nn.Module) -> Callable[..., None]:
        """What is done when `module` is called."""
        leaf = next(module.children(), None) is None and path  # what is asked for is opened all the same

        def enter(_module: nn.Module, args: Any, kwargs: Any) -> None:
            if self.shut or leaf or len(self.open) == self.depth:
                self.shut += 1
            if self.shut <= 1:
                self.open.append(self.joined(args, kwargs))

        return enter

    def leaving(self, path: str, module: nn.Module) -> Callable[..., None]:
        """What is done when a call of `module` has come to its end."""
        weights = sum(each.numel() for each in module.parameters())
        kind = type(module).__name__.lstrip("_") + (f" · {weights:,} weights" if weights else "")
        name = path or "network"

        def leave(_module: nn.Module, _args: Any, _kwargs: Any, output: Any) -> None:
            if self.shut > 1:
                self.shut -= 1
                return
            sources = self.open.pop()
            outputs = [tensor for _, tensor in _tensors(output)]
            lost = sources and not any(map(self.of, outputs))  # computed where it cannot be followed
            if self.shut or lost:
                self.shut = 0
                if not isinstance(module, _IDLE):
                    sources = (self.box(name, kind, outputs, sources),)
                for tensor in outputs:
                    self.give(tensor, sources)

        return leave

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Follow one operation."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if self.shut:
            return result
        name = (resolve_name(func) or getattr(func, "__name__", "operation")).rsplit(".", 1)[-1]
        if name == "__get__":
            name = (resolve_name(func) or "").rsplit(".", 2)[-2]
        name = name.strip("_") if name.startswith("__") else name
        changed = args[:1] if result is None or name == "setitem" else result  # in place
        sources = () if name in _FRESH else self.joined(args, kwargs)
        outputs = [tensor for _, tensor in _tensors(changed)]
        if not sources or not outputs:
            return result
        if name not in _QUIET:
            sources = (self.box(name.rstrip("_"), "", outputs, sources),)
        for tensor in outputs:
            self.give(tensor, sources)
        return result
