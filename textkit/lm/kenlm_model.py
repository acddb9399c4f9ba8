"""A class that stands in for `kenlm.Model`: `from textkit.lm.kenlm_model import Model, State`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

from textkit.lm.ngram.state import NgramState as State
from textkit.lm.ngram.word_scorer import FullScore as FullScoreReturn
from textkit.lm.ngram.word_scorer import WordScorer

_END_ID = 1
_named = partial(tuple.__new__, FullScoreReturn)  # as FullScoreReturn._make does, in less time


class Model:
    """An n-gram model asked as KenLM's Python binding is asked: decimal logarithms, its method names.

    Reads an ARPA file, gzipped or not, or a model or run folder that textkit wrote, but no binary file of
    KenLM's. Words stand between ASCII white space; probabilities are summed in double precision, where
    KenLM's are single. Raises InputError or CheckpointError for what cannot be read.
    """

    path: bytes
    order: int

    def __init__(self, path: str | bytes | os.PathLike[str]) -> None:
        from textkit.lm.arpa import read_arpa
        from textkit.lm.ngram.folder import load_ngram

        name = Path(os.fsdecode(path))
        self.path = os.fsencode(name.absolute())
        folder = name / "model" if (name / "model").is_dir() else name  # of a run
        model = load_ngram(folder) if name.is_dir() else read_arpa(name)
        self.order = model.order
        self._scorer = WordScorer(model.addresses, model.vocab)
        self._step, self._table = self._scorer.step, self._scorer.table
        self._id = self._scorer.ids.get

    def score(self, sentence: str | bytes, bos: bool = True, eos: bool = True) -> float:
        """The log10 probability of a sentence, after `<s>` with `bos`, with that of `</s>` with `eos`."""
        return self._scorer.run(self._start(bos), self._encode(sentence, eos))[0]

    def full_scores(
        self, sentence: str | bytes, bos: bool = True, eos: bool = True
    ) -> Iterator[FullScoreReturn]:
        """For each word, and `</s>` with `eos`: log10 probability, n-gram length, whether it is unknown."""
        ids = self._encode(sentence, eos)
        _, logs, lengths = self._scorer.run(self._start(bos), ids)
        return map(_named, zip(logs, lengths, [i == 0 for i in ids], strict=True))

    def perplexity(self, sentence: str | bytes) -> float:
        """That of a sentence, its end counted as a word."""
        ids = self._encode(sentence, True)
        total = self._scorer.run(self._start(True), ids)[0]
        return float(10.0 ** (-total / len(ids)))

    def BeginSentenceWrite(self, state: State) -> None:  # noqa: N802
        """Make `state` that of the beginning of a sentence."""
        self._scorer.write_begin(state)

    def NullContextWrite(self, state: State) -> None:  # noqa: N802
        """Make `state` that of no words at all."""
        state.numbers[0] = 0

    def BaseScore(self, in_state: State, word: str, out_state: State) -> float:  # noqa: N802
        """The log10 probability of `word` after `in_state`; `out_state` becomes the state after it."""
        return self._step(self._table, in_state.address, self._id(word, 0), out_state.address)

    def BaseFullScore(self, in_state: State, word: str, out_state: State) -> FullScoreReturn:  # noqa: N802
        """The same, with the length of the n-gram found and whether the word is unknown."""
        log_prob = self.BaseScore(in_state, word, out_state)
        return FullScoreReturn(log_prob, self._scorer.length(out_state), self._id(word, 0) == 0)

    def __contains__(self, word: str | bytes) -> bool:
        return self._id(os.fsdecode(word), 0) != 0

    def __repr__(self) -> str:
        return f"<Model from {Path(os.fsdecode(self.path)).name}>"

    def __reduce__(self) -> tuple[type[Model], tuple[bytes]]:
        return type(self), (self.path,)

    def _start(self, bos: bool) -> State:
        state = State()
        if bos:
            self._scorer.write_begin(state)
        return state

    def _encode(self, sentence: str | bytes, eos: bool) -> list[int]:
        words = (sentence.encode() if isinstance(sentence, str) else sentence).split()
        ids = list(map(self._ids.__getitem__, words))
        if eos:
            ids.append(_END_ID)
        return ids

    @cached_property
    def _ids(self) -> _KnownWords:
        """The ids of words as bytes: split so, words are KenLM's."""
        return _KnownWords((word.encode(errors="surrogatepass"), i) for word, i in self._scorer.ids.items())


LanguageModel = Model


class _KnownWords(dict[bytes, int]):
    def __missing__(self, word: bytes) -> int:
        return 0
