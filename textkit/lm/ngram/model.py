"""The n-gram model: probabilities of n-grams, and what becomes of those that were never seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.lm.history import History
from textkit.lm.ngram.addresses import TableAddresses
from textkit.lm.ngram.log_table import LN10, LogTable
from textkit.lm.ngram.scores import Scores, score_corpus, score_sentences
from textkit.lm.ngram.state import NgramState
from textkit.lm.ngram.word_scorer import FullScore, WordScorer
from textkit.lm.stream import Ints
from textkit.lm.trie import END_ID, NgramTrie
from textkit.text.vocab import Vocab

if TYPE_CHECKING:
    from torch import Tensor

    from textkit.lm.ngram.sampling import NgramSampler

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Miss:
    """What a word costs that was never seen after a history.

    With `shorter`, the history's weight times the probability after the next shorter history: back-off
    and interpolated models. Without, the weight is itself the probability: add-k. `unseen` is the
    natural log weight of a history that was never seen.
    """

    shorter: bool = True
    unseen: float = 0.0


@dataclass(frozen=True, eq=False)
class NgramModel:
    """A smoothed n-gram model over the ids 0 to V-1 of `vocab`; V stands for `<s>` in histories.

    `log_prob[k-1]` (rows of `trie`'s order k,) holds the logarithms of the probabilities of the n-grams'
    last words, `log_backoff[k-1]`, for the orders below the longest, those of the weights of n-grams as
    histories: decimal in the tables, natural in what the methods give unless they say otherwise.
    `smoothing` says how they came about, `notes` what had to be replaced.
    """

    vocab: Vocab
    trie: NgramTrie
    log_prob: tuple[LogTable, ...]
    log_backoff: tuple[LogTable, ...]
    smoothing: str
    miss: Miss = Miss()
    notes: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        """The length of the longest n-grams: one word and order - 1 words of history."""
        return self.trie.order

    @cached_property
    def addresses(self) -> TableAddresses:
        """Where the tables lie, for compiled code."""
        return TableAddresses(
            self.trie, self.log_prob, log_backoff=self.log_backoff,
            shorter=self.miss.shorter, unseen=self.miss.unseen,
        )  # fmt: skip

    @cached_property
    def words(self) -> WordScorer:
        """The model asked for one word at a time, in decimal logarithms."""
        return WordScorer(self.addresses, self.vocab)

    def scores(self, corpus: EncodedCorpus, *, jobs: int = 1) -> Scores:
        """For every token its log10 probability (N,) float32 and the length (N,) uint8 of the longest n-gram.

        The probability is that after the words before it in its sentence; the n-gram ends with the token.
        `jobs` threads share the work. Raises InputError for ids outside the vocabulary.
        """
        return score_corpus(self.addresses, corpus, vocab_size=len(self.vocab), jobs=jobs)

    def log_probs(self, corpus: EncodedCorpus) -> Floats:
        """The natural log probability of every token given the words before it in its sentence, (N,).

        A token with probability zero has -inf. Raises InputError for ids outside the vocabulary.
        """
        return self.scores(corpus)[0].astype(np.float64) * LN10

    def ngram_lengths(self, corpus: EncodedCorpus) -> Ints:
        """The length of the longest n-gram of the model that ends at each token, (N,), 1 to order."""
        return self.scores(corpus)[1].astype(np.int64)

    def score_sentences(self, sentences: Sequence[str], *, jobs: int = 1) -> Floats:
        """The log10 probability of each sentence of words with blanks between, its end included, (S,).

        Sentences are split where KenLM splits them, at ASCII white space. What the vocabulary lacks, and
        what spells `<s>` or `</s>`, is an unknown word.
        """
        return score_sentences(self.addresses, sentences, vocab=self.vocab, jobs=jobs)

    def null(self) -> NgramState:
        """The state of no words at all."""
        return NgramState()

    def begin(self) -> NgramState:
        """The state at the beginning of a sentence."""
        state = NgramState()
        self.words.write_begin(state)
        return state

    def score(self, state: NgramState, word: str) -> tuple[float, NgramState]:
        """The natural log probability of `word` after `state`, and the state after it.

        `</s>` is the end of the sentence; a word that the vocabulary lacks is `<unk>`.
        """
        scorer, after = self.words, NgramState()
        log10 = scorer.step(scorer.table, state.address, scorer.ids.get(word, 0), after.address)
        return log10 * LN10, after

    def full_scores(self, words: Iterable[str], *, bos: bool = True, eos: bool = True) -> list[FullScore]:
        """For each word natural log probability, length of the longest n-gram, and whether it is unknown.

        With `bos` the words begin a sentence, with `eos` `</s>` follows them.
        """
        ids = [self.words.ids.get(word, 0) for word in words] + [END_ID] * eos
        _, logs, lengths = self.words.run(self.begin() if bos else self.null(), ids)
        return [FullScore(log * LN10, n, i == 0) for log, n, i in zip(logs, lengths, ids, strict=True)]

    def distribution_after(self, words: Iterable[str], *, begin: bool = True) -> Floats:
        """Natural log probabilities of every word after `words`, (V,), `</s>` and `<unk>` included.

        With `begin` the words begin a sentence. A word that the vocabulary lacks is `<unk>`.
        """
        state = self.begin() if begin else self.null()
        self.words.run(state, [self.words.ids.get(word, 0) for word in words])
        return self.state_distribution(state)

    def state_distribution(self, state: NgramState) -> Floats:
        """Natural log probabilities of every word after a state that `begin` or `score` gave, (V,)."""
        from textkit.lm.kernels.sampling import fill_distributions

        result = np.empty(len(self.vocab))
        fill_distributions(self.addresses.address, state.address, len(state.numbers), result[None])
        result *= LN10
        return result

    def sampler(self, *, temperature: float = 1.0) -> NgramSampler:
        """What draws text from the model, ready for many draws; see `textkit.lm.ngram.sampling`."""
        from textkit.lm.ngram.sampling import NgramSampler

        return NgramSampler(self, temperature=temperature)

    def distribution(self, history: History) -> Floats:
        """Natural log probabilities of every word after each history, (R, V)."""
        from textkit.lm.kernels.sampling import fill_distributions

        states = np.concatenate([history.lengths[:, None], history.rows], axis=1)
        result = np.empty((len(history), len(self.vocab)))
        fill_distributions(self.addresses.address, states.ctypes.data, states.shape[1], result)
        result *= LN10
        return result

    def start(self, rows: int) -> History:
        """The state of `rows` sequences of which nothing was read; feed `</s>` to begin a sentence."""
        return History.empty(rows, order=self.order)

    def step(self, ids: Tensor, state: History) -> tuple[Tensor, History]:
        """Read `ids` (R,) int64 and give float32 natural log probabilities (R, V) of what follows.

        Every row reads one id; `</s>` (1) begins a new sentence.
        """
        import torch

        after = self.trie.advance(state, ids.cpu().numpy(), end=END_ID)
        return torch.from_numpy(self.distribution(after)).to(ids.device, torch.float32), after

    def reorder(self, state: History, rows: Tensor) -> History:
        """The state whose row i is the old row `rows[i]`; `rows` (R',) int64 may repeat and drop rows."""
        return state.select(rows.cpu().numpy())
