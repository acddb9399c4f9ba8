"""An n-gram model asked for one word at a time."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from textkit.errors import UsageError
from textkit.lm.ngram.addresses import TableAddresses
from textkit.lm.ngram.state import NgramState
from textkit.lm.trie import BEGIN, LONGEST
from textkit.text.vocab import Vocab


class FullScore(NamedTuple):
    """A word's log probability, the length of the longest n-gram it ends, and whether it is unknown."""

    log_prob: float
    ngram_length: int
    oov: bool


class WordScorer:
    """Log10 probabilities of words after states.

    A word outside the vocabulary is `<unk>`; `</s>`, `<s>` and `<unk>` stand for themselves. Raises
    UsageError for a model of n-grams longer than a state has room for.
    """

    def __init__(self, addresses: TableAddresses, vocab: Vocab) -> None:
        from textkit.lm.kernels.memory import entry
        from textkit.lm.kernels.state import begin, run, step

        if addresses.order > LONGEST:
            raise UsageError(f"states hold n-grams of up to {LONGEST} words, not {addresses.order}")
        self.addresses = addresses  # kept alive: the compiled code knows only where they are
        self.table = addresses.address
        self.ids = {token: i for i, token in enumerate(vocab.tokens)} | {BEGIN: len(vocab)}
        self.step: Callable[[int, int, int, int], float] = entry(step, 4)
        self._begin, self._run = begin, run
        self._vocab = vocab

    def __reduce__(self) -> tuple[type[WordScorer], tuple[TableAddresses, Vocab]]:
        """Addresses hold in one process only: where it is sent, it is made anew."""
        return type(self), (self.addresses, self._vocab)

    def write_begin(self, state: NgramState) -> None:
        """Make a state that of the beginning of a sentence."""
        self._begin(self.table, state.address)

    def length(self, state: NgramState) -> int:
        """The length of the longest n-gram of the model that ends with the word last read."""
        return state.numbers[self.addresses.order]

    def run(self, state: NgramState, ids: Iterable[int]) -> tuple[float, Sequence[float], Sequence[int]]:
        """Read words, changing `state`: their log10 probability, that of each, and the n-grams' lengths."""
        words = array("i", ids)
        logs, lengths = array("d", bytes(8 * len(words))), array("B", bytes(len(words)))
        total = self._run(
            self.table, state.address, _address(words), len(words), _address(logs), _address(lengths)
        )
        return total, logs, lengths


def _address(numbers: array[int] | array[float]) -> int:
    return numbers.buffer_info()[0]
