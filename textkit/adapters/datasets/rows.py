"""What is done with batches of rows: values that know their own recipe, and pickle as nothing else."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textkit.adapters.runs import NamedRun
from textkit.errors import InputError, TextkitError
from textkit.text.package_versions import package_versions
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import Vocab

Batch = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Work(ABC):
    """From a batch of rows, and their numbers from 0, to new columns, or to whether each row stays."""

    column: str

    def __call__(self, batch: Batch, rows: Sequence[int]) -> Any:
        """The work on one batch; raises InputError naming the row that holds no text."""
        if self.column not in batch:
            raise InputError(f"the rows have no column {self.column!r}; they have {', '.join(batch)}")
        texts = batch[self.column]
        for row, text in zip(rows, texts, strict=True):
            if not isinstance(text, str):
                raise InputError(f"row {row + 1}: column {self.column!r} holds no text but {text!r}")
        return self.of(texts, rows)

    @abstractmethod
    def of(self, texts: Sequence[str], rows: Sequence[int]) -> Any:
        """The work on texts."""

    def recipe(self) -> dict[str, Any]:
        """All that the result depends on, versions of packages included, as plain data."""
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {"work": type(self).__name__} | {name: _plain(value) for name, value in values.items()}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """The fields alone, without what stages have made of them: equal recipes, equal pickles."""
        values = [getattr(self, each.name) for each in dataclasses.fields(self)]
        return _made, (type(self), *(_Stages.of(v) if isinstance(v, Pipeline) else v for v in values))


@dataclass(frozen=True)
class Tokenizing(Work):
    """Tokens of each text, and with `places` where each stands in it."""

    pipeline: Pipeline[str, list[str]]
    output: str
    places: bool = False

    def of(self, texts: Sequence[str], rows: Sequence[int]) -> Any:
        """The columns `output`, and `output`_starts and _ends."""
        if not self.places:
            return {self.output: _each(self.pipeline, texts, rows)}
        found = _each(self._placed, texts, rows)
        return {
            self.output: [[token[0] for token in line] for line in found],
            f"{self.output}_starts": [[token[1] for token in line] for line in found],
            f"{self.output}_ends": [[token[2] for token in line] for line in found],
        }

    def _placed(self, text: str) -> list[tuple[str, int, int]]:
        tokenizer: Any = self.pipeline.stages[-1]
        cleaned, alignment = Pipeline[str, str](self.pipeline.stages[:-1]).aligned(text)
        return [(token.text, *alignment.span(token.start, token.end)) for token in tokenizer.offsets(cleaned)]


@dataclass(frozen=True)
class Encoding(Work):
    """Ids of each text's tokens."""

    pipeline: Pipeline[str, list[str]]
    vocab: Vocab
    output: str

    def of(self, texts: Sequence[str], rows: Sequence[int]) -> Any:
        """The column `output`."""
        return {self.output: self.vocab.encode_batch(_each(self.pipeline, texts, rows))}


@dataclass(frozen=True)
class Cleaning(Work):
    """Each text cleaned."""

    pipeline: Pipeline[str, str]

    def of(self, texts: Sequence[str], rows: Sequence[int]) -> Any:
        """The column itself."""
        cleaned = self.pipeline.batch(texts, place=lambda index: f"row {rows[index]}")
        return {self.column: cleaned}


@dataclass(frozen=True)
class Keeping(Work):
    """Whether a text has neither too few tokens nor too many."""

    pipeline: Pipeline[str, list[str]]
    least: int
    most: int | None

    def of(self, texts: Sequence[str], rows: Sequence[int]) -> Any:
        """True for the rows that stay."""
        counts = map(len, _each(self.pipeline, texts, rows))
        return [self.least <= count and (self.most is None or count <= self.most) for count in counts]


@dataclass(frozen=True)
class Classifying(Work):
    """A classifier's answer to each text: the number of its label, and its probability."""

    run: NamedRun
    UNSURE: ClassVar[int] = -1

    def of(self, texts: Sequence[str], rows: Sequence[int]) -> Any:  # noqa: ARG002 - all at once
        """The columns prediction and probability."""
        saved = self.run.model
        numbers = {label: number for number, label in enumerate(saved.labels)}
        answers = saved.predict(texts)
        return {
            "prediction": [numbers.get(answer.label, self.UNSURE) for answer in answers],
            "probability": [answer.probability for answer in answers],
        }


@dataclass(frozen=True)
class _Stages:
    """A pipeline as the classes of its stages and their fields."""

    stages: tuple[tuple[type, tuple[tuple[str, Any], ...]], ...]

    @staticmethod
    def of(pipeline: Pipeline[Any, Any]) -> _Stages:
        pipeline.recipe()  # raises UsageError for what is no dataclass
        return _Stages(
            tuple(
                (
                    type(stage),
                    tuple((f.name, getattr(stage, f.name)) for f in dataclasses.fields(stage) if f.init),
                )
                for stage in map(_any, pipeline.stages)
            )
        )

    def pipeline(self) -> Pipeline[Any, Any]:
        return Pipeline(tuple(kind(**dict(fields)) for kind, fields in self.stages))


def _any(value: Any) -> Any:
    return value


def _made(kind: type, *values: Any) -> Any:
    return kind(*(value.pipeline() if isinstance(value, _Stages) else value for value in values))


def _plain(value: Any) -> Any:
    match value:
        case Pipeline():
            return {"stages": value.recipe(), "versions": package_versions(value)}
        case Vocab():
            return [value.digest(), value.specials, value.unknown]
        case NamedRun():
            return [value.signature, package_versions(value.model.pipeline)]
    return value


def _each(work: Callable[[str], Any], texts: Sequence[str], rows: Sequence[int]) -> list[Any]:
    """`work` on each text; what textkit raises names the row, counted from 1."""
    done = []
    for row, text in zip(rows, texts, strict=True):
        try:
            done.append(work(text))
        except TextkitError as error:
            raise type(error)(f"row {row + 1}: {error}") from error
    return done
