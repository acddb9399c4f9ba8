"""Converting a tokenizer, and writing it only when it does the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkit import atomic
from textkit.adapters.huggingface.exactness import check_subwords, check_words
from textkit.adapters.huggingface.subwords import subword_tokenizer
from textkit.adapters.huggingface.words import word_tokenizer
from textkit.errors import UsageError
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import Tokenizer
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer

if TYPE_CHECKING:
    from textkit.text.vocab import Vocab

    Source = Tokenizer | Pipeline[str, list[str]]

_NEVER = {
    "JiebaTokenizer": "jieba's words are the likeliest path through a dictionary, and a hidden Markov model",
    "NltkTokenizer": "NLTK's rules rewrite quotation marks and look at where the text ends",
    "SpacyTokenizer": "spaCy's rules take prefixes and suffixes off again and again, with exceptions between",
}


def convert(
    source: Source, vocab: Vocab | None = None, *, probe: Iterable[str] = (), allow_ties: bool = False
) -> Any:
    """A `tokenizers.Tokenizer` that gives the ids of `source` and `vocab`; a sentencepiece model has its own.

    Both are compared on lines made of all assigned characters and of the vocabulary, and on `probe`, text
    like that which will come. `source` is a tokenizer, or a pipeline of nothing else.

    Unigram models now and then find two ways to cut a line that are equally likely (。 and 。。。, or the
    other way round), and both libraries choose by how they round. That is a difference unless `allow_ties`.

    Raises UsageError for what cannot be exact (jieba, spaCy, NLTK, cleaning) and says why, TextkitError
    with the first line that comes out otherwise.

    >>> from textkit.text import Vocab
    >>> from textkit.text.tokenizers.characters import CharacterTokenizer
    >>> convert(CharacterTokenizer(), Vocab.build([list("我爱你")])).encode("你 爱猫").ids
    [3, 2, 0]
    """
    tokenizer = _alone(source)
    if isinstance(tokenizer, SentencePieceTokenizer):
        if vocab is not None:
            raise UsageError("a sentencepiece model has ids of its own: leave out the vocabulary")
        return check_subwords(
            _reloaded(subword_tokenizer(tokenizer)), tokenizer, probe, allow_ties=allow_ties
        )
    name = type(tokenizer).__name__
    if name in _NEVER:
        raise UsageError(f"{name} cannot be exported: {_NEVER[name]}, which no tokenizer.json can hold")
    if vocab is None:
        raise UsageError(f"{name} has no ids of its own: give the vocabulary that numbers its tokens")
    return check_words(_reloaded(word_tokenizer(tokenizer, vocab)), tokenizer, vocab, probe)


def export_tokenizer(
    source: Source,
    path: Path | str,
    *,
    vocab: Vocab | None = None,
    probe: Iterable[str] = (),
    allow_ties: bool = False,
) -> None:
    """Write what `convert` gives as a `tokenizer.json`, whole or not at all; raises what it raises."""
    atomic.write_text(
        path, convert(source, vocab, probe=probe, allow_ties=allow_ties).to_str(pretty=True) + "\n"
    )


def _alone(source: Source) -> Callable[[str], list[str]]:
    """The tokenizer of a pipeline; raises UsageError when something stands before it."""
    if not isinstance(source, Pipeline):
        return source
    if len(source.stages) != 1:
        names = ", ".join(type(stage).__name__ for stage in source.stages[:-1]) or "nothing"
        raise UsageError(
            f"only a tokenizer alone can be exported, and this pipeline has {names} before it: "
            "clean the text first, and export the last stage"
        )
    return source.stages[0]


def _reloaded(tokenizer: Any) -> Any:
    """As it will be read from the file."""
    from tokenizers import Tokenizer as Loaded

    return Loaded.from_str(tokenizer.to_str())
