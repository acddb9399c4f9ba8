"""Whether an exported tokenizer does what the original does, line by line."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from textkit.errors import TextkitError

if TYPE_CHECKING:
    from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer
    from textkit.text.vocab import Vocab

_TOGETHER = 48  # characters, or tokens, in a line that is made to look at them
_TOKENS = 20_000  # of a vocabulary that are looked at


def check_words(made: Any, tokenizer: Callable[[str], list[str]], vocab: Vocab, probe: Iterable[str]) -> Any:
    """`made`, when it gives ids and places of `tokenizer` and `vocab`; raises TextkitError otherwise.

    Lines that spell a special are compared by their ids: the library loses places where it replaces.
    """
    offsets = tokenizer.offsets  # type: ignore[attr-defined]
    spelled = (" ".join(some) for some in _groups(vocab.tokens[:_TOKENS]))
    glued = ("".join(some) for some in _groups(vocab.tokens[:_TOKENS]))

    for line in chain(alphabet_lines(), spelled, glued, probe):
        if not _writable(line):
            continue
        found = made.encode(line, add_special_tokens=False)
        tokens = offsets(line)
        _compare(line, vocab.encode([token.text for token in tokens]), found.ids, what="ids")
        if made.normalizer is None or made.normalizer.normalize_str(line) == line:
            _compare(line, [(token.start, token.end) for token in tokens], found.offsets, what="places")
    return made


def check_subwords(
    made: Any, tokenizer: SentencePieceTokenizer, probe: Iterable[str], *, allow_ties: bool
) -> Any:
    """`made`, when it gives the ids of the model; raises TextkitError otherwise.

    With `allow_ties` a line may be cut otherwise when that is as likely, as far as 32 bits can tell.
    """
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor()
    processor.LoadFromSerializedProto(tokenizer.model)
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    scores = [processor.get_score(number) for number in range(len(pieces))]
    some = pieces[:_TOKENS]
    spelled = ("".join(group).replace("\u2581", " ") for group in _groups(some))
    apart = (" ".join(group) for group in _groups(some))
    alone = (f"\ufdfd{text} {text}\ufdfd" for text in pieces if text.startswith("<"))
    for line in chain(["", " ", "  a  b "], alone, spelled, apart, alphabet_lines(), probe):
        if not _writable(line):
            continue
        wanted, found = processor.encode(line), made.encode(line, add_special_tokens=False).ids
        if wanted != found and _tied(wanted, found, scores, unknown=processor.unk_id()):
            if allow_ties:
                continue
            shown = line if len(line) <= 60 else f"{line[:57]}..."
            raise TextkitError(
                f"the exported tokenizer differs, and was not written: {shown!r} can be cut in two ways that "
                "are as likely, and it takes the other one; allow_ties accepts such lines"
            )
        _compare(line, wanted, found, what="ids")
    return made


def _tied(one: Sequence[int], other: Sequence[int], scores: Sequence[float], *, unknown: int) -> bool:
    """Whether two ways to cut a line are as likely, but for rounding in 32 bits."""
    if one.count(unknown) != other.count(unknown):
        return False
    first, second = (sum(scores[number] for number in ids) for ids in (one, other))
    return abs(first - second) <= 1e-6 * max(1.0, abs(first))


def _compare(line: str, wanted: Sequence[Any], found: Sequence[Any], *, what: str) -> None:
    if list(wanted) == list(found):
        return
    pairs = enumerate(zip(wanted, found, strict=False))
    place = next((n for n, (one, other) in pairs if one != other), min(len(wanted), len(found)))
    shown = line if len(line) <= 60 else f"{line[:57]}..."
    raise TextkitError(
        f"the exported tokenizer differs, and was not written: {what} of {shown!r} are "
        f"{list(found[place : place + 4])} from token {place + 1} on where "
        f"{list(wanted[place : place + 4])} are due"
    )


@functools.lru_cache(maxsize=1)
def alphabet_lines() -> tuple[str, ...]:
    """Lines in which every assigned character stands before and after letters, digits and spaces."""
    import regex  # which knows more of them than unicodedata

    everything = "".join(map(chr, chain(range(0xD800), range(0xE000, sys.maxunicode + 1))))
    assigned = regex.findall(r"[^\p{Cn}\p{Co}]", everything)  # no private ones
    return tuple("".join(f"{each}a{each}1 " for each in some) for some in _groups(assigned))


def _groups(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[begin : begin + _TOGETHER] for begin in range(0, len(items), _TOGETHER))


def _writable(line: str) -> bool:
    """Whether the other library can read it: lone surrogates cannot be written in UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in line)
