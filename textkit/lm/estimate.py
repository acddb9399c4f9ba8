"""From lines of text to an n-gram model in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textkit.data.interned import InternedText
from textkit.errors import InputError
from textkit.lm.counts import NgramCounts
from textkit.lm.language_model import language_model_vocab
from textkit.lm.ngram import NgramModel
from textkit.lm.smoothing.modified_kneser_ney import ModifiedKneserNey
from textkit.lm.smoothing.protocol import Smoothing
from textkit.lm.training_text import training_corpus
from textkit.text.tokenizers.whitespace import WhitespaceTokenizer

_BLANKS = WhitespaceTokenizer(unicode=False)
_MODIFIED_KNESER_NEY = ModifiedKneserNey()


def estimate(
    lines: Iterable[str],
    *,
    order: int,
    tokenize: Callable[[str], list[str]] = _BLANKS,
    smoothing: Smoothing = _MODIFIED_KNESER_NEY,
) -> NgramModel:
    """The smoothed n-gram model of `lines`, each a sentence; words are those that occur.

    Raises InputError for a text without a token.

    >>> import math
    >>> model = estimate(["the cat sat", "the dog sat", "a cat ran"], order=3)
    >>> state = model.begin()
    >>> log_prob, state = model.score(state, "the")
    >>> round(math.exp(log_prob), 2)
    0.39
    """
    text = InternedText.of(lines, tokenize)
    if not len(text.corpus.ids):
        raise InputError("the text is empty: there is not a single token to count")
    vocab = language_model_vocab(text.counts())
    counts = NgramCounts.count(training_corpus(text, vocab), order=order, vocab_size=len(vocab))
    return smoothing.estimate(counts, vocab)
