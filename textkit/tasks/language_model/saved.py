"""A trained language model out of its run folder: score lines, continue prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textkit.data.interned import InternedText
from textkit.errors import UsageError
from textkit.lm.language_model import END, LanguageModel
from textkit.lm.score import MeasuredText, Score, per_line, score
from textkit.tasks.language_model.config import make_config, parse_config
from textkit.tasks.language_model.settings.network import Context
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import Tokenizer
from textkit.text.vocab import UNKNOWN
from textkit.train.checkpoint import MANIFEST, RunFolder

if TYPE_CHECKING:
    from textkit.decode.filters import Filter

_LEAST = 0.05  # the temperature below which powers of probabilities come near the smallest number


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
        seed: int = 0,
        samples: int = 1,
        one_line: bool = False,
    ) -> list[str]:
        """`samples` continuations of `prompt`, each with the prompt, `length` tokens more.

        A temperature of 0 takes the most probable token each time. A line end among the tokens becomes
        a newline, or with `one_line` the end of the sample. Unknown words are never generated.
        """
        import numpy as np

        from textkit.lm.ngram import NgramModel
        from textkit.lm.ngram.sampling import NgramSampler

        if length < 1 or samples < 1:
            raise UsageError(f"length and samples must be at least 1, not {length} and {samples}")
        if not 0 <= temperature < float("inf"):
            raise UsageError(f"temperature must be 0 or a positive number, not {temperature}")
        words = [self.pipeline(line) for line in prompt.split("\n")]
        end = self.model.vocab.id(END)
        ids = [i for line in words for i in (end, *self.model.vocab.encode(line))]
        stop, model = end if one_line else None, self.model
        if isinstance(model, NgramModel) and temperature >= _LEAST and top_k is None and top_p is None:
            drawn = NgramSampler(model, temperature=temperature).sample(
                ids, length=length, rows=samples, generator=np.random.default_rng(seed), stop=stop
            )
        else:
            reshape = _filters(model.vocab.id(UNKNOWN), temperature=temperature, top_k=top_k, top_p=top_p)
            drawn = _sample(model, ids, length=length, rows=samples, filters=reshape, seed=seed, stop=stop)
        return [self._text(words, row, end) for row in drawn]

    def _text(self, prompt: Sequence[list[str]], ids: Sequence[int], end: int) -> str:
        """The prompt's tokens and the new ones as text, a line for each sentence."""
        lines = [list(line) for line in prompt]
        for i in ids:
            if i == end:
                lines.append([])
            else:
                lines[-1].append(self.model.vocab.tokens[i])
        tokenizer = cast(Tokenizer, self.pipeline.stages[-1])
        return "\n".join(tokenizer.detokenize(line) for line in lines)


def _sample(
    model: LanguageModel[Any],
    prompt: Sequence[int],
    *,
    length: int,
    rows: int,
    filters: Sequence[Filter],
    seed: int,
    stop: int | None,
) -> list[list[int]]:
    """Continuations drawn from whole distributions, which filters reshape."""
    import torch

    from textkit.decode.sample import sample

    generator = torch.Generator().manual_seed(seed)
    return sample(model, prompt, length=length, generator=generator, filters=filters, stop=stop, rows=rows)


def _filters(unknown: int, *, temperature: float, top_k: int | None, top_p: float | None) -> list[Filter]:
    from textkit.decode.filters import Forbid, Temperature, TopK, TopP

    filters: list[Filter] = [Forbid((unknown,)), TopK(1) if temperature == 0 else Temperature(temperature)]
    if top_k is not None:
        filters.append(TopK(top_k))
    if top_p is not None:
        filters.append(TopP(top_p))
    return filters


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
    config = make_config(
        parse_config(source.config(), source=str(source.path)), source=str(source.path / "config.toml")
    )
    if config.model == "ngram":
        from textkit.tasks.language_model.ngram import load_ngram

        return SavedModel(load_ngram(source), source.pipeline())
    from textkit.tasks.language_model.network import load_network

    return SavedModel(load_network(source, config, source.vocab()), source.pipeline())
