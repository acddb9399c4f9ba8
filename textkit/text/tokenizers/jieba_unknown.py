"""jieba's hidden Markov model, which finds words that the dictionary lacks, in time linear in the text.

The tables are jieba's and so are the words. jieba's own search copies its whole path at each character, so
that a run of 40,000 characters takes it 4 seconds and a line of 10 MB hours; this one keeps a byte each.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from textkit.text.tokenizers.jieba_dictionary import jieba_package

IMPOSSIBLE = -3.14e100  # jieba's logarithm of zero
TAGS = "BMES"  # beginning, middle and end of a word; a word of a single character
# The tags that may stand before each; where both are equally good jieba takes the later letter, the second.
_BEFORE = tuple((TAGS.index(first), TAGS.index(second)) for first, second in ("ES", "BM", "BM", "ES"))
_HAN = re.compile("([\u4e00-\u9fd5]+)")
_WESTERN = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")


@functools.lru_cache(maxsize=1)
def _tables() -> tuple[list[float], list[list[float]], list[dict[str, float]]]:
    """Logarithms of start (tag), transition (tag, tag) and emission (tag, character) probabilities."""
    model = jieba_package().finalseg
    start = [model.start_P[tag] for tag in TAGS]
    transition = [[model.trans_P[one].get(other, IMPOSSIBLE) for other in TAGS] for one in TAGS]
    return start, transition, [model.emit_P[tag] for tag in TAGS]


def unknown_words(run: str, *, forbidden: Iterable[str] = ()) -> Iterator[str]:
    """The words of a run of text that the dictionary has no words for; `forbidden` ones as characters.

    >>> list(unknown_words("杭研"))
    ['杭研']
    """
    for part in _HAN.split(run):
        if _HAN.match(part):
            for word in _han_words(part):
                yield from word if word in forbidden else (word,)
        else:
            yield from filter(None, _WESTERN.split(part))


def _han_words(run: str) -> Iterator[str]:
    start = 0
    for end, tag in enumerate(_best_tags(run), 1):
        if tag in "ES":
            yield run[start:end]
            start = end


def _best_tags(run: str) -> list[str]:
    """The most probable tags, by Viterbi's algorithm; each byte of `choices` holds one bit a tag."""
    start, transition, emission = _tables()
    scores = [start[tag] + emission[tag].get(run[0], IMPOSSIBLE) for tag in range(4)]
    choices = bytearray(1)
    for character in run[1:]:
        following = []
        choice = 0
        for tag, (first, second) in enumerate(_BEFORE):
            emitted = emission[tag].get(character, IMPOSSIBLE)
            best = scores[first] + transition[first][tag] + emitted
            other = scores[second] + transition[second][tag] + emitted
            if other >= best:
                best = other
                choice |= 1 << tag
            following.append(best)
        scores = following
        choices.append(choice)
    end, single = TAGS.index("E"), TAGS.index("S")
    tag = single if scores[single] >= scores[end] else end
    tags = []
    for choice in reversed(choices):
        tags.append(TAGS[tag])
        tag = _BEFORE[tag][choice >> tag & 1]
    tags.reverse()
    return tags
