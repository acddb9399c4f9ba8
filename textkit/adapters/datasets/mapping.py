"""Mapping and filtering data sets by pipelines, so that the library's cache knows equal work again.

The library names its cache by a hash of the pickled function. That of a pipeline would depend on what its
stages have loaded so far; here it is the recipe that is hashed, with the data set's own fingerprint and the
versions of textkit and of the packages behind the stages: the same work in another process finds the cache,
another recipe does not.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets

import textkit
from textkit.adapters.datasets.rows import Classifying, Cleaning, Encoding, Keeping, Tokenizing, Work
from textkit.adapters.runs import NamedRun
from textkit.errors import UsageError, unknown_name
from textkit.text.pipeline import Pipeline

if TYPE_CHECKING:
    from textkit.text.vocab import Vocab

_DICTS = (datasets.DatasetDict, datasets.IterableDatasetDict)
TOGETHER = 1000  # rows of a batch


def tokenize(
    dataset: Any,
    pipeline: Any,
    *,
    column: str = "text",
    output: str = "tokens",
    places: bool = False,
    num_proc: int | None = None,
) -> Any:
    """The data set with the tokens of a column, and with `places` `output`_starts and _ends, in characters.

    `dataset` is a Dataset, an IterableDataset or a dictionary of them; `pipeline` a pipeline or tokenizer.
    Raises UsageError for a column that is not there, InputError, naming the row, for what is no text.

    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> rows = datasets.Dataset.from_dict({"text": ["to be", "or"]})
    >>> tokenize(rows, WhitespaceTokenizer(), places=True)[0]
    {'text': 'to be', 'tokens': ['to', 'be'], 'tokens_starts': [0, 3], 'tokens_ends': [2, 5]}
    """
    new = {output: datasets.List(datasets.Value("string"))}
    if places:
        new |= {f"{output}_{end}": datasets.List(datasets.Value("int32")) for end in ("starts", "ends")}
    return _map(dataset, Tokenizing(column, _pipeline(pipeline), output, places), new, num_proc)


def encode(
    dataset: Any,
    pipeline: Any,
    vocab: Vocab,
    *,
    column: str = "text",
    output: str = "ids",
    num_proc: int | None = None,
) -> Any:
    """The data set with the ids of a column's tokens, as `tokenize`.

    >>> from textkit.text import Vocab
    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> rows = datasets.Dataset.from_dict({"text": ["to be", "or"]})
    >>> encode(rows, WhitespaceTokenizer(), Vocab.build([["be", "to"]]))["ids"][:]
    [[2, 1], [0]]
    """
    new = {output: datasets.List(datasets.Value("int32"))}
    return _map(dataset, Encoding(column, _pipeline(pipeline), vocab, output), new, num_proc)


def clean(
    dataset: Any, pipeline: Pipeline[str, str], *, column: str = "text", num_proc: int | None = None
) -> Any:
    """The data set with a column cleaned, as `tokenize`.

    >>> from textkit.text.clean import preset
    >>> clean(datasets.Dataset.from_dict({"text": [" to  be "]}), preset("basic"))["text"][:]
    ['to be']
    """
    return _map(dataset, Cleaning(column, _pipeline(pipeline)), {column: datasets.Value("string")}, num_proc)


def keep(
    dataset: Any,
    pipeline: Any,
    *,
    column: str = "text",
    least: int = 1,
    most: int | None = None,
    num_proc: int | None = None,
) -> Any:
    """The rows whose column has from `least` to `most` tokens, as `tokenize`.

    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> rows = datasets.Dataset.from_dict({"text": ["to be", "", "or"]})
    >>> keep(rows, WhitespaceTokenizer())["text"][:]
    ['to be', 'or']
    """
    if least < 0 or (most is not None and most < least):
        raise UsageError(f"least must be at least 0 and at most `most`, not {least} and {most}")
    work = Keeping(column, _pipeline(pipeline), least, most)
    return _on_each(dataset, lambda part: _filter(part, work, num_proc))


def classify(dataset: Any, run: Path | str, *, column: str = "text", num_proc: int | None = None) -> Any:
    """The data set with the answers of a classifier's run: `prediction`, a ClassLabel, and `probability`.

    The fingerprint has the run's signature, not its path. Raises CheckpointError, and what `tokenize` raises.
    """
    named = NamedRun.of(run, "classifier")
    labels = datasets.ClassLabel(names=list(named.model.labels))
    new = {"prediction": labels, "probability": datasets.Value("float64")}
    return _map(dataset, Classifying(column, named), new, num_proc)


def fingerprint(dataset: Any, work: Work) -> str:
    """The name under which the library keeps the result of `work` on `dataset`: 32 hexadecimal digits."""
    known = {"from": dataset._fingerprint, "textkit": textkit.__version__, **work.recipe()}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:32]


def _map(dataset: Any, work: Work, new: dict[str, Any], num_proc: int | None) -> Any:
    def one(part: Any) -> Any:
        _check(part, work.column)
        options: dict[str, Any] = {"batched": True, "batch_size": TOGETHER, "with_indices": True}
        if part.features is not None:
            options["features"] = features = datasets.Features({**part.features, **new})
            if isinstance(part, datasets.Dataset) and not len(part):  # map would leave out the new columns
                return datasets.Dataset.from_dict({name: [] for name in features}, features, split=part.split)
        return part.map(work, **options, **_stored(part, work, num_proc))

    return _on_each(dataset, one)


def _filter(part: Any, work: Work, num_proc: int | None) -> Any:
    _check(part, work.column)
    stored = _stored(part, work, num_proc)
    return part.filter(work, batched=True, batch_size=TOGETHER, with_indices=True, **stored)


def _stored(part: Any, work: Work, num_proc: int | None) -> dict[str, Any]:
    """What only data sets with a cache are told."""
    if not isinstance(part, datasets.Dataset):
        if num_proc is not None:
            raise UsageError("num_proc is for a Dataset; an IterableDataset is read as it comes")
        return {}
    return {"new_fingerprint": fingerprint(part, work), "num_proc": num_proc}


def _on_each(dataset: Any, work: Any) -> Any:
    if isinstance(dataset, _DICTS):
        return type(dataset)({name: work(part) for name, part in dataset.items()})
    if not isinstance(dataset, datasets.Dataset | datasets.IterableDataset):
        raise UsageError(f"a Dataset, an IterableDataset or a dictionary of them is wanted, not {dataset!r}")
    return work(dataset)


def _check(part: Any, column: str) -> None:
    if part.column_names is not None and column not in part.column_names:
        raise unknown_name("column", column, part.column_names)


def _pipeline(given: Any) -> Pipeline[Any, Any]:
    if isinstance(given, str):
        raise UsageError(
            f"a pipeline or a tokenizer is wanted, not {given!r}: textkit.text.clean.preset gives the one, "
            "textkit.text.catalog.make_tokenizer the other, by its name"
        )
    pipeline: Pipeline[Any, Any] = given if isinstance(given, Pipeline) else Pipeline.of(given)
    pipeline.recipe()  # raises UsageError for what has none
    return pipeline
