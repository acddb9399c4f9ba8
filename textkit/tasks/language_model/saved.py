"""A trained language model out of its run folder: score lines, continue prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from textkit.data.interned import InternedText
from textkit.errors import UsageError
from textkit.lm.language_model import LanguageModel
from textkit.lm.score import MeasuredText, Score, per_line, score
from textkit.tasks.configuration import of_a_run, parse_settings
from textkit.tasks.kinds import check_kind
from textkit.tasks.language_model.config import make_config
from textkit.tasks.language_model.settings.network import Context
from textkit.text.pipeline import Pipeline
from textkit.text.vocab import UNKNOWN
from textkit.train.checkpoint import MANIFEST, RunFolder


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A model with the pipeline it was trained behind."""

    model: LanguageModel[Any]
    pipeline: Pipeline[str, list[str]]

    def measure(self, lines: Iterable[str]) -> MeasuredText:
        """Clean, tokenize and encode lines as in training."""
        return MeasuredText.of(InternedText.of(lines, self.pipeline), self.model.vocab)

    def score(self, lines: Iterable[str]) -> Score:
        """The measures of the model on a text; raises InputError when it is empty."""
        return score(self.model, self.measure(lines))

    def score_lines(self, lines: Iterable[str]) -> Iterator[Score]:
        """The measures of each line."""
        text = self.measure(lines)
        return per_line(self.model.log_probs(text.corpus), text, unknown=self.model.vocab.id(UNKNOWN))

    def in_context(self, context: Context) -> SavedModel:
        """The same model with lines scored one after the other ("stream") or each alone ("line").

        An n-gram model always scores each line alone.
        """
        if hasattr(self.model, "context"):  # a network's; asking for its class would import torch
            return replace(self, model=replace(cast(Any, self.model), context=context))
        if context == "stream":
            raise UsageError(
                "an n-gram model sees one line at a time; only a neural one has the context 'stream'"
            )
        return self

    def write_arpa(self, path: Path | str) -> None:
        """Write an n-gram model as ARPA text; raises UsageError for a model the format cannot hold."""
        from textkit.lm.arpa import write_arpa
        from textkit.lm.ngram import NgramModel

        if not isinstance(self.model, NgramModel):
            raise UsageError(f"{path}: ARPA files hold n-gram models, not neural ones")
        write_arpa(self.model, path)

    def generate(
        self,
        prompt: str = "",
        *,
        length: int = 50,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        beam: int | None = None,
        length_penalty: float = 0.0,
        stop: Sequence[str] = (),
        seed: int = 0,
        samples: int = 1,
        one_line: bool = False,
    ) -> list[str]:
        """`samples` continuations of `prompt`, each with the prompt, `length` tokens more.

        The settings are those of `textkit.tasks.language_model.decoding.Decoding`. A line end among the
        tokens becomes a newline, or with `one_line` the end of the sample. Unknown words are never
        generated.
        """
        from textkit.tasks.language_model.decoding import Decoding
        from textkit.tasks.language_model.generation import generate

        decoding = Decoding(
            length=length,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            repetition_penalty=repetition_penalty,
            beam=beam,
            length_penalty=length_penalty,
            stop=tuple(stop),
            seed=seed,
            samples=samples,
            one_line=one_line,
        )
        return [text.text for text in generate(self.model, self.pipeline, prompt, decoding=decoding)]


def load_model(source: RunFolder | Path | str) -> SavedModel:
    """The best model of a run folder; or the n-gram model of a model folder or an ARPA file.

    Raises CheckpointError when it is missing or damaged, InputError for a faulty ARPA file.
    """
    if not isinstance(source, RunFolder):
        path = Path(source)
        if not (path / MANIFEST).exists():
            from textkit.tasks.language_model.ngram_file import read_ngram_file

            saved = read_ngram_file(path)
            return SavedModel(saved.model, saved.pipeline)
        source = RunFolder.open(path)
    check_kind(source, "language model")
    where = str(source.path / "config.toml")
    with of_a_run(where):
        config = make_config(parse_settings(source.config(), source=where), source=where)
    if config.model == "ngram":
        from textkit.tasks.language_model.ngram import load_ngram

        return SavedModel(load_ngram(source), source.pipeline())
    from textkit.tasks.language_model.network import load_network

    return SavedModel(load_network(source, config, source.vocab()), source.pipeline())
