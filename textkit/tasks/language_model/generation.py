"""Text that a language model makes up: drawn or searched for, whole or as it comes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, cast

from textkit.errors import UsageError
from textkit.lm.language_model import END, LanguageModel
from textkit.tasks.language_model.decoding import Decoding
from textkit.tasks.language_model.growing_text import GrowingText
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import Tokenizer
from textkit.text.vocab import UNKNOWN

if TYPE_CHECKING:
    from textkit.lm.neural import NeuralLanguageModel
    from textkit.lm.ngram import NgramModel
    from textkit.models.step_model import StepModel

_SMALL = 30_000_000  # parameters; for a network of less, one thread is as quick as two


@dataclass(frozen=True)
class Generated:
    """A text with its prompt; the new `tokens`, line ends as `</s>`, and their natural `log_prob`.

    The probability is the model's, whatever reshaped it before the draw; it includes that of the line end
    that ended the text. Tokens that hold a stop string are among `tokens`, and not in `text`.
    """

    text: str
    tokens: tuple[str, ...]
    log_prob: float

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {"text": self.text, "tokens": list(self.tokens), "log_prob": self.log_prob}


def generate(
    model: LanguageModel[Any], pipeline: Pipeline[str, list[str]], prompt: str, *, decoding: Decoding
) -> list[Generated]:
    """Continuations of `prompt`, which goes through `pipeline` as the training text did.

    A line end among the tokens becomes a newline. Unknown words are never generated. Raises InputError
    when nothing can follow.
    """
    lines, ids = _encode(model, pipeline, prompt)
    begun = partial(_Text, model, pipeline, lines, decoding)
    if decoding.beam is not None:
        return _search(model, ids, begun, decoding)
    texts = [begun() for _ in range(decoding.samples)]
    for drawn in _draw(model, ids, decoding):
        for text, (i, log_prob) in zip(texts, drawn, strict=True):
            text.add(i, log_prob)
        if all(text.ended for text in texts):
            break
    return [text.generated() for text in texts]


def stream(
    model: LanguageModel[Any], pipeline: Pipeline[str, list[str]], prompt: str, *, decoding: Decoding
) -> Iterator[str]:
    """The text of one sample piece by piece, as it is drawn; together the pieces are what `generate` gives.

    A piece is given out when no further token can change it. Raises UsageError for a beam and for more
    than one sample, else as `generate`.
    """
    if decoding.beam is not None or decoding.samples > 1:
        raise UsageError("only a single sample can be streamed: drop the beam or ask for one text")
    lines, ids = _encode(model, pipeline, prompt)
    text, given = _Text(model, pipeline, lines, decoding), 0
    for drawn in chain([()], _draw(model, ids, decoding)):  # the prompt comes before the first draw
        for i, log_prob in drawn:
            text.add(i, log_prob)
        settled = text.growing.settled()
        if len(settled) > given:
            yield settled[given:]
            given = len(settled)
        if text.ended:
            break
    yield text.growing.text()[given:]


class _Text:
    """One continuation in the making."""

    def __init__(
        self,
        model: LanguageModel[Any],
        pipeline: Pipeline[str, list[str]],
        prompt: Sequence[list[str]],
        decoding: Decoding,
    ) -> None:
        self._vocab, self._end = model.vocab, model.vocab.id(END)
        self._one_line, self._stops = decoding.one_line, bool(decoding.stop)
        self._tokens: list[str] = []
        self.log_prob = 0.0
        self.growing = GrowingText(prompt, cast(Tokenizer, pipeline.stages[-1]), stops=decoding.stop)
        self.ended = False

    def add(self, i: int, log_prob: float) -> None:
        """The next id, unless the text has ended."""
        if self.ended:
            return
        self.log_prob += log_prob
        if i == self._end and self._one_line:
            self.ended = True
            return
        self._tokens.append(self._vocab.tokens[i])
        self.growing.add(None if i == self._end else self._vocab.tokens[i])
        self.ended = self._stops and self.growing.ended

    def generated(self) -> Generated:
        """What has come together."""
        return Generated(self.growing.text(), tuple(self._tokens), self.log_prob)


def _encode(
    model: LanguageModel[Any], pipeline: Pipeline[str, list[str]], prompt: str
) -> tuple[list[list[str]], list[int]]:
    """The tokens of each line of a prompt, and the ids of all; each line begins with a line end."""
    lines = [pipeline(line) for line in prompt.split("\n")]
    end = model.vocab.id(END)
    return lines, [i for line in lines for i in (end, *model.vocab.encode(line))]


_Steps = Iterator[list[tuple[int, float]]]  # at each step an id and its log probability for each sample


def _draw(model: LanguageModel[Any], prompt: Sequence[int], decoding: Decoding) -> _Steps:
    """The draws that continue a prompt. N-gram models do not need torch for most of them."""
    from textkit.lm.ngram import NgramModel

    if isinstance(model, NgramModel) and decoding.plain:
        yield from _draw_ngrams(model, prompt, decoding)
        return
    import torch

    from textkit.decode.sample import draw

    filters = decoding.filters(unknown=model.vocab.id(UNKNOWN), end=model.vocab.id(END))
    generator = torch.Generator().manual_seed(decoding.seed)
    with _stepping(model) as steps:
        for drawn in draw(
            steps, prompt, length=decoding.length, generator=generator, filters=filters, rows=decoding.samples
        ):
            yield list(zip(drawn.ids.tolist(), drawn.log_probs.tolist(), strict=True))


def _draw_ngrams(model: NgramModel, prompt: Sequence[int], decoding: Decoding) -> _Steps:
    """The same from an n-gram model without its whole distributions: all are drawn at once."""
    import numpy as np

    from textkit.lm.ngram.sampling import NgramSampler

    end = model.vocab.id(END)
    rows = NgramSampler(model, temperature=decoding.temperature).sample(
        prompt,
        length=decoding.length,
        rows=decoding.samples,
        generator=np.random.default_rng(decoding.seed),
        stop=end if decoding.one_line else None,
    )
    whole = [row if len(row) == decoding.length else [*row, end] for row in rows]
    logs = _log_probs(model, prompt, whole)
    drawn = (list(zip(row, log, strict=True)) for row, log in zip(whole, logs, strict=True))
    for step in zip_longest(*drawn, fillvalue=(end, 0.0)):  # a row that has ended takes nothing more
        yield list(step)


def _log_probs(model: NgramModel, prompt: Sequence[int], rows: Sequence[list[int]]) -> list[list[float]]:
    """The natural log probabilities of what was drawn, row by row."""
    from textkit.data.encoded import EncodedCorpus

    end = model.vocab.id(END)
    begun = list(prompt[len(prompt) - list(reversed(prompt)).index(end) :])  # the prompt's last line
    sentences: list[list[int]] = []
    for row in rows:
        sentence = list(begun)
        for i in row:
            sentence.append(i)
            if i == end:
                sentences.append(sentence)
                sentence = []
        if sentence:
            sentences.append(sentence)
    logs, at, result = model.log_probs(EncodedCorpus.from_sequences(sentences)).tolist(), 0, []
    for row in rows:
        at += len(begun)
        result.append(logs[at : at + len(row)])
        at += len(row)
    return result


def _search(
    model: LanguageModel[Any], prompt: Sequence[int], begun: Callable[[], _Text], decoding: Decoding
) -> list[Generated]:
    """The best texts that a beam finds, the best first; fewer when there are no more."""
    from textkit.decode.beam import beam_search

    end = model.vocab.id(END)
    assert decoding.beam is not None
    with _stepping(model) as steps:
        found = beam_search(
            steps,
            prompt,
            width=decoding.beam,
            length=decoding.length,
            stop=end if decoding.one_line else None,
            filters=decoding.filters(unknown=model.vocab.id(UNKNOWN), end=end),
            length_penalty=decoding.length_penalty,
            n_best=decoding.beam if decoding.stop else decoding.samples,
        )
    results: list[Generated] = []
    for hypothesis in found:
        text = begun()
        ids = (*hypothesis.ids, end) if hypothesis.finished else hypothesis.ids
        for i, log_prob in zip(ids, hypothesis.token_log_probs, strict=True):
            text.add(i, log_prob)
        result = text.generated()
        # What differs only from a stop string on is one text, which the best of them has given already.
        if not decoding.stop or all(result.text != other.text for other in results):
            results.append(result)
    return results[: decoding.samples]


@contextlib.contextmanager
def _stepping(model: LanguageModel[Any]) -> Iterator[StepModel[Any]]:
    """A model ready for many steps: a network's weights laid out for them, and as many threads as pay."""
    if not hasattr(model, "network"):  # asking for its class would import torch
        yield model
        return
    import torch

    from textkit.lm.stepping import SteppingLines, SteppingNetwork

    network = cast("NeuralLanguageModel", model)
    steps, threads = SteppingNetwork(network.network), torch.get_num_threads()
    if steps.parameters < _SMALL:
        torch.set_num_threads(1)
    try:
        yield SteppingLines(steps, end=model.vocab.id(END)) if network.context == "line" else steps
    finally:
        torch.set_num_threads(threads)
