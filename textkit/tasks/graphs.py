"""What the network of a run computes, as a drawing and as an ONNX file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from textkit import atomic
from textkit.errors import UsageError
from textkit.models.graph.drawing import draw_graph
from textkit.models.graph.module_graph import module_graph
from textkit.models.padded_encoder import without_packing
from textkit.tasks.kinds import KINDS
from textkit.train.checkpoint import RunFolder

ROWS, STEPS = 2, 7  # of the example that flows through


class _Example(NamedTuple):
    """A network as a module of tensors, what it may read, and what else, of other sizes."""

    module: nn.Module
    names: tuple[str, ...]
    inputs: tuple[Tensor, ...]
    others: tuple[tuple[Tensor, ...], ...] = ()
    metadata: Mapping[str, str] = {}
    wrapped: bool = False  # the network is called by the module


def draw_run(source: Path | str, *, depth: int | None = 1) -> str:
    """The SVG text of the graph of a run's network, see `module_graph`; an example of 2 rows flows through.

    Raises UsageError for a run without a network, CheckpointError for what is no run or damaged, InputError
    for a graph that is too large.
    """
    example = _example(RunFolder.open(source))
    if depth is not None and example.wrapped:
        depth += 1
    return draw_graph(*module_graph(example.module, example.inputs, depth=depth))


def export_run(source: Path | str, path: Path | str) -> float:
    """Write the network of a run as an ONNX file `path`; gives the largest difference of a number.

    A language model's does one step, see `language_model.onnx_export`. A classifier's makes logits (B, K)
    of ids (B, T) and lengths (B,): probabilities are (1 - noise) softmax(slope logits + biases) + noise / K.
    A tagger's makes scores (B, T, K) of `Sentences`, over which start, step and end are a linear chain's.
    These numbers, vocabularies and labels are in the file's metadata.

    Raises UsageError for what has no network, or one that ONNX cannot express, TextkitError when the file
    would differ from the network: then none is written.
    """
    run = RunFolder.open(source)
    if run.kind not in KINDS:
        from textkit.tasks.language_model.onnx_export import export_onnx

        return export_onnx(source, path)
    if run.kind == "translator":
        raise UsageError(
            f"{source}: a translator decodes in a loop, which is no graph: use textkit nmt-convert"
        )
    from textkit.models.graph.onnx_graph import export

    example = _example(run)
    data, difference = export(
        without_packing(example.module),
        example.inputs,
        names=example.names,
        others=example.others,
        metadata={"kind": run.kind, "pipeline": run.pipeline().signature(), **example.metadata},
    )
    atomic.write_bytes(Path(path), data)
    return difference


def _example(run: RunFolder) -> _Example:
    match run.kind:
        case "classifier":
            return _classifier(run)
        case "tagger":
            return _tagger(run)
        case "translator":
            return _translator(run)
    return _language_model(run)


def _ids(size: int, rows: int, steps: int) -> Tensor:
    """Some ids (rows, steps) of a vocabulary of `size`."""
    return torch.arange(rows * steps).reshape(rows, steps) % size


def _json(value: Any) -> str:
    return json.dumps(list(value), ensure_ascii=False)


def _classifier(run: RunFolder) -> _Example:
    from textkit.tasks.classification.network import load_network_classifier
    from textkit.tasks.classification.saved import config_of

    config = config_of(run)
    if config.linear:
        raise UsageError(
            f"{run.path}: the preset '{config.preset}' is fitted without a network; there is no graph"
        )
    classifier = load_network_classifier(run, config)
    module = cast(nn.Module, classifier.network).cpu()
    size = len(classifier.vocab)
    return _Example(
        module,
        ("ids", "lengths"),
        (_ids(size, ROWS, STEPS), torch.tensor([STEPS, STEPS - 3])),
        ((_ids(size, ROWS + 1, STEPS + 4), torch.tensor([1, STEPS + 4, STEPS])),),
        {
            "vocabulary": _json(classifier.vocab.tokens),
            "labels": _json(classifier.labels),
            "slope": str(classifier.calibration.slope),
            "biases": _json(classifier.calibration.biases.tolist()),
            "noise": str(classifier.calibration.noise),
        },
    )


class _Tagging(nn.Module):
    """A tagger of plain tensors."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, places: Tensor, lengths: Tensor, words: Tensor, letters: Tensor) -> Tensor:
        from textkit.models.tagger import Sentences

        scores: Tensor = self.network(Sentences(places, lengths, words=words, letters=letters))
        return scores


def _tagger(run: RunFolder) -> _Example:
    from textkit.tasks.tagging.saved import load_tagger

    tagger = load_tagger(run)
    words, letters = len(tagger.inventory.words), len(tagger.inventory.letters)

    def sentences(lengths: list[int], longest: int) -> tuple[Tensor, ...]:
        places = _ids(len(lengths) * max(lengths), len(lengths), max(lengths))
        spellings = places.numel()
        known = _ids(words, 1, spellings)[0]
        return places, torch.tensor(lengths), known, _ids(letters, spellings, longest)

    names = ("places", "lengths", "words", "letters")
    others = sentences([1, STEPS + 4, STEPS], 9)
    inventory, chain = tagger.inventory, tagger.network.chain.chain()
    metadata = {
        "vocabulary": _json(inventory.words.tokens),
        "letters": _json(inventory.letters.tokens),
        "tags": _json(inventory.tags.tokens),
        **{name: _json(part.detach().tolist()) for name, part in chain._asdict().items()},
    }
    inputs = sentences([STEPS, STEPS - 3], 5)
    return _Example(_Tagging(tagger.network), names, inputs, (others,), metadata, wrapped=True)


class _Translating(nn.Module):
    """Log probabilities (B, T, V) of a given target, by a translator of plain tensors."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, source: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        from textkit.tasks.translation.source_batch import SourceBatch

        features = self.network(SourceBatch(source, lengths), target)
        log_probs: Tensor = self.network.output.log_probs(features.flatten(0, 1))
        return log_probs.view(*target.shape, -1)


def _translator(run: RunFolder) -> _Example:
    from textkit.tasks.translation.saved import load_translator

    translator = load_translator(run)
    sides = translator.sides
    inputs = (
        _ids(len(sides.source_vocab), ROWS, STEPS),
        torch.tensor([STEPS, STEPS - 3]),
        _ids(len(sides.target_vocab), ROWS, STEPS - 1),
    )
    return _Example(_Translating(translator.network), ("source", "lengths", "target"), inputs, wrapped=True)


class _Reading(nn.Module):
    """Log probabilities (B, T, V) of what follows each id, by a language model's network."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor) -> Tensor:
        features = self.network.read(ids, self.network.zero_state(len(ids))).features
        log_probs: Tensor = self.network.output.log_probs(features.flatten(0, 1))
        return log_probs.view(*ids.shape, -1)


def _language_model(run: RunFolder) -> _Example:
    from textkit.tasks.language_model.saved import load_model

    if run.kind == "ngram":
        raise UsageError(f"{run.path}: an n-gram model is tables and no network; there is no graph")
    model = cast(Any, load_model(run).model)
    return _Example(_Reading(model.module.cpu()), ("ids",), (_ids(len(model.vocab), ROWS, STEPS),))
