"""Stages and pipelines: typed composition of small values.

A stage is a callable value: a frozen dataclass whose fields are its whole recipe. A pipeline is a
tuple of stages; it can be called, mapped over records, signed, saved and loaded without pickle.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from textkit import atomic
from textkit.errors import (
    CheckpointError,
    StageError,
    TextkitError,
    UsageError,
    newer_advice,
    unknown_name,
    unreadable,
)
from textkit.plain_files import check_regular
from textkit.text.alignment import Alignment
from textkit.text.tokenizer import BatchTokenizer

In = TypeVar("In")
Out = TypeVar("Out")
New = TypeVar("New")
InContra = TypeVar("InContra", contravariant=True)
OutCo = TypeVar("OutCo", covariant=True)

FORMAT = 1


class Stage(Protocol[InContra, OutCo]):
    """A callable value: a frozen dataclass with plain fields, no input or output of its own.

    Fields may be bool, int, float, str, None, bytes and tuples of them. A `bytes` field (a trained
    model, a user dictionary) is saved as a file beside the recipe. Attributes made in
    `__post_init__` are caches, not part of the recipe.
    """

    def __call__(self, value: InContra, /) -> OutCo: ...


def recipe(stage: object) -> dict[str, Any]:
    """The stage as plain data: its class name and its fields, bytes as their sha256.

    Raises UsageError for a stage that is not a dataclass (a lambda, a function): it could not be
    saved or signed.
    """
    if not dataclasses.is_dataclass(stage) or isinstance(stage, type):
        raise UsageError(f"a pipeline stage must be a frozen dataclass instance, not {stage!r}")
    fields = {f.name: getattr(stage, f.name) for f in dataclasses.fields(stage) if f.init}
    return {"stage": type(stage).__name__} | {
        name: {"sha256": hashlib.sha256(value).hexdigest()} if isinstance(value, bytes) else value
        for name, value in fields.items()
    }


@dataclass(frozen=True)
class Pipeline(Generic[In, Out]):
    """Stages applied one after the other.

    >>> from textkit.text.clean import Lowercase
    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> pipeline = Pipeline.of(Lowercase()).then(WhitespaceTokenizer())
    >>> pipeline("Hello World")
    ['hello', 'world']
    >>> list(pipeline.map(["A b", "C"]))
    [['a', 'b'], ['c']]
    """

    stages: tuple[Callable[[Any], Any], ...] = ()

    @staticmethod
    def of(stage: Callable[[In], Out]) -> Pipeline[In, Out]:
        """A pipeline of one stage."""
        return Pipeline((stage,))

    def then(self, stage: Callable[[Out], New]) -> Pipeline[In, New]:
        """This pipeline followed by one more stage (or by the stages of another pipeline)."""
        more = stage.stages if isinstance(stage, Pipeline) else (stage,)
        return Pipeline((*self.stages, *more))

    def __call__(self, value: In) -> Out:
        """Apply every stage; raises StageError naming the stage that failed."""
        return self._apply(value, "")

    def map(self, items: Iterable[In]) -> Iterator[Out]:
        """Apply the pipeline to each item, lazily; raises StageError naming stage and record (from 1)."""
        for number, item in enumerate(items, 1):
            yield self._apply(item, f" on record {number}")

    def batch(
        self: Pipeline[str, str], lines: Sequence[str], *, place: Callable[[int], str] | None = None
    ) -> list[str]:
        """What `map` makes of cleaning `lines`, in less time: for stages from string to string.

        A stage with a method `batch`, from lines to as many lines, gets all of them at once; a pipeline
        that ends in such a tokenizer gives its TokenBatch. Raises StageError as `map` does; `place(index)`
        says where a line comes from, if not "record 1".

        >>> from textkit.text.clean import preset
        >>> preset("basic").batch([" a  b", "ä½\xa0å¥½"])
        ['a b', '你好']
        """
        values = list(lines)
        try:
            for stage in self.stages:
                at_once = getattr(stage, "batch", None)
                values = [stage(line) for line in values] if at_once is None else at_once(values)
        except Exception:
            # Again line by line, which finds the stage and the record that `map` would name.
            where = place or (lambda index: f"record {index + 1}")
            values = [self._apply(line, f" on {where(index)}") for index, line in enumerate(lines)]
            if self.stages and isinstance(self.stages[-1], BatchTokenizer):
                return cast(list[str], _token_batch(values))
        return values

    def aligned(self: Pipeline[str, str], text: str) -> tuple[str, Alignment]:
        """The cleaned text, and which span of `text` each of its characters stands for.

        Raises UsageError for a stage that cannot say (it has no method `aligned`), StageError as a call does.

        >>> from textkit.text.clean import preset
        >>> text, alignment = preset("web").aligned("<p>caf&eacute;  http://a.cn ok")
        >>> text, alignment.span(0, 4), alignment.span(5, 7)
        ('café ok', (3, 14), (28, 30))
        """
        alignment = Alignment.identity(len(text))
        for position, stage in enumerate(self.stages, 1):
            work = getattr(stage, "aligned", None)
            if work is None:
                raise UsageError(
                    f"stage {position} ({type(stage).__name__}) keeps no map back to the raw text; "
                    "leave it out, or give it a method 'aligned'"
                )
            try:
                text, step = work(text)
            except Exception as error:
                raise _failure(stage, position, "", error) from error
            alignment = alignment.then(step)
        return text, alignment

    def _apply(self, value: Any, where: str) -> Out:
        for position, stage in enumerate(self.stages, 1):
            try:
                value = stage(value)
            except Exception as error:
                raise _failure(stage, position, where, error) from error
        return cast(Out, value)

    def recipe(self) -> list[dict[str, Any]]:
        """Every stage as plain data, in order."""
        return [recipe(stage) for stage in self.stages]

    def digest(self) -> str:
        """A hash of the whole recipe, equal on every machine: 12 hexadecimal digits."""
        text = json.dumps(self.recipe(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def signature(self) -> str:
        """The whole recipe in one line, with its hash.

        >>> from textkit.text.clean import Lowercase
        >>> Pipeline.of(Lowercase()).signature()
        'Lowercase() #...'
        """
        return " | ".join(repr(stage) for stage in self.stages) + f" #{self.digest()}"

    def save(self, folder: Path | str) -> None:
        """Write `pipeline.json`, and a file for each bytes field, into `folder` (made if missing)."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        stages = self.recipe()
        for position, (stage, data) in enumerate(zip(self.stages, stages, strict=True), 1):
            for name, value in data.items():
                if isinstance(value, dict):
                    value["file"] = f"stage{position}.{name}"
                    atomic.write_bytes(folder / value["file"], getattr(stage, name))
        document = {"format": FORMAT, "digest": self.digest(), "stages": stages}
        atomic.write_json(folder / "pipeline.json", document)

    @staticmethod
    def load(folder: Path | str, *, stages: Sequence[type] = ()) -> Pipeline[Any, Any]:
        """Read what `save` wrote. `stages` are classes of your own besides textkit's.

        Raises CheckpointError when the folder is missing, damaged, or of another version.
        """
        from textkit.text.catalog import STAGES

        folder = Path(folder)
        path = folder / "pipeline.json"
        known = {cls.__name__: cls for cls in (*STAGES, *stages)}
        document = _read_document(path)
        pipeline: Pipeline[Any, Any] = Pipeline(
            tuple(_build(data, known, folder, path) for data in document["stages"])
        )
        if pipeline.digest() != document["digest"]:
            raise CheckpointError(
                f"{path}: the recipe does not match its digest; the file was edited or damaged"
            )
        return pipeline


def _token_batch(tokens: Sequence[Sequence[str]]) -> Any:
    """What a tokenizer's batch gives, of tokens that were found line by line."""
    from textkit.text.lines import Lines
    from textkit.text.token_batch import TokenBatch

    Lines.of(["".join(line) for line in tokens])  # raises InputError, naming the line that is no text
    return TokenBatch.of(tokens)


def _failure(stage: object, position: int, where: str, error: Exception) -> TextkitError:
    """What a pipeline raises when a stage does: an error of textkit keeps its kind."""
    name = f"stage {position} ({type(stage).__name__}) failed{where}"
    if isinstance(error, TextkitError):
        return type(error)(f"{name}: {error}")
    return StageError(f"{name}: {type(error).__name__}: {error}")


def _read_document(path: Path) -> dict[str, Any]:
    check_regular(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a pipeline: {error}") from error
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("stages"), list)
        or "digest" not in document
    ):
        raise CheckpointError(f"{path}: not a pipeline: needs the keys 'format', 'digest' and 'stages'")
    if document.get("format") != FORMAT:
        found = document.get("format")
        raise CheckpointError(
            f"{path}: format {found!r}; this version reads format {FORMAT}{newer_advice(found, FORMAT)}"
        )
    return document


def _build(data: Any, known: dict[str, type], folder: Path, path: Path) -> Callable[[Any], Any]:
    if not isinstance(data, dict) or not isinstance(data.get("stage"), str):
        raise CheckpointError(f"{path}: a stage must be an object with the key 'stage', not {data!r}")
    name = data["stage"]
    if name not in known:
        raise CheckpointError(f"{path}: {unknown_name('stage', name, known)}")
    fields = {key: _value(value, folder) for key, value in data.items() if key != "stage"}
    try:
        return cast(Callable[[Any], Any], known[name](**fields))
    except (TypeError, TextkitError) as error:
        raise CheckpointError(f"{path}: stage {name}: {error}") from error


def _value(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return tuple(_value(item, folder) for item in value)
    if not isinstance(value, dict):
        return value
    file = folder / Path(str(value.get("file"))).name  # the name alone: never outside the folder
    check_regular(file)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise unreadable(file, error) from error
    if hashlib.sha256(content).hexdigest() != value.get("sha256"):
        raise CheckpointError(f"{file}: checksum differs from the one in pipeline.json; the file is damaged")
    return content
