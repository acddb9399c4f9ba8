"""The cleaning and tokenizer of each side, subword tokenizers trained on the pairs themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from textkit.errors import UsageError
from textkit.tasks.translation.config import TranslatorConfig
from textkit.tasks.translation.stored_pairs import StoredPairs
from textkit.text import clean
from textkit.text.catalog import make_tokenizer
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer, train_sentencepiece

_TRAINED_ON = 1_000_000  # pairs at most, evenly chosen: more of them change little and take memory

Tokenizing = Pipeline[str, list[str]]
Say = Callable[[str], None]


def make_pipelines(
    pairs: StoredPairs, config: TranslatorConfig, notes: list[str]
) -> tuple[Tokenizing, Tokenizing]:
    """Source's and target's, the same one if they are joint; what the user should know is added to `notes`.

    Raises UsageError for a tokenizer that is not known, and for a vocabulary too small for the text.
    """
    some = range(0, len(pairs), -(-max(len(pairs), 1) // _TRAINED_ON))

    def texts(sides: Iterable[Callable[[], Iterator[str]]]) -> Iterator[str]:
        return chain.from_iterable(
            zip(*(islice(side(), some.start, None, some.step) for side in sides), strict=True)
        )

    if config.joint:
        both = _pipeline(
            config.tokenizer, lambda: texts([pairs.sources, pairs.targets]), config, notes, side=""
        )
        return both, both
    target = config.target_tokenizer or config.tokenizer
    return (
        _pipeline(config.tokenizer, lambda: texts([pairs.sources]), config, notes, side="source "),
        _pipeline(target, lambda: texts([pairs.targets]), config, notes, side="target "),
    )


def _pipeline(
    name: str, texts: Callable[[], Iterator[str]], config: TranslatorConfig, notes: list[str], *, side: str
) -> Tokenizing:
    cleaning = clean.preset(config.clean)
    options = config.tokenizer_options if name == config.tokenizer else {}
    if name == "sentencepiece" and "model" not in options:
        if options:
            raise UsageError(
                f"tokenizer 'sentencepiece' takes no option '{next(iter(options))}' (its options: model)"
            )
        return cleaning.then(_trained(lambda: cleaning.map(texts()), config, notes, side=side))
    return cleaning.then(make_tokenizer(name, options))


def _trained(
    texts: Callable[[], Iterator[str]], config: TranslatorConfig, notes: list[str], *, side: str
) -> SentencePieceTokenizer:
    """A tokenizer whose vocabulary, with the specials, has the size asked for, or what the text gives."""

    def train(size: int) -> SentencePieceTokenizer:
        return train_sentencepiece(
            texts(),
            vocab_size=size - 1,  # it counts an unknown piece, and no end of sentence
            model_type=config.subword_type,
            character_coverage=config.character_coverage,
            byte_fallback=config.byte_fallback,
        )

    try:
        return train(config.vocab_size)
    except UsageError as error:
        most = re.search(r"is too large for this text: give at most (\d+)", str(error))
        if most is None:
            raise UsageError(_with_the_end(str(error), config.vocab_size)) from error
        size = int(most[1]) + 1
        notes.append(f"the {side}text gives a vocabulary of {size:,}, not {config.vocab_size:,}")
        return train(size)


def _with_the_end(message: str, size: int) -> str:
    """Why sentencepiece cannot be trained, in sizes that count the end of a sentence too."""
    needed = r"(its characters alone need )(\d+)"
    message = re.sub(needed, lambda found: f"{found[1]}{int(found[2]) + 1}", message)
    return message.replace(f"vocab_size {size - 1}", f"vocab_size {size}")
