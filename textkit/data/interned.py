"""A tokenized text kept as ids of its own types: four bytes a token, before any vocabulary exists.

One pass over the text serves counting, building the vocabulary and encoding.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textkit.data.encoded import EncodedCorpus
from textkit.errors import TextkitError

_BLANK = " \t\r\u3000\u2581"  # the last is how sentencepiece writes a space


@dataclass(frozen=True, eq=False)
class InternedText:
    """`corpus` holds, for each line, indices into `types`, which stand in order of first appearance.

    `characters` and `bytes` (UTF-8) are (S,), the size of each line as it was read, its end included.

    >>> text = InternedText.of(["b a", "", "a"], str.split)
    >>> text.types, text.corpus.ids.tolist(), text.counts()
    (('b', 'a'), [0, 1, 1], {'b': 1, 'a': 2})
    >>> text.characters.tolist()
    [4, 1, 2]
    """

    types: tuple[str, ...]
    corpus: EncodedCorpus
    characters: npt.NDArray[np.int64]
    bytes: npt.NDArray[np.int64]

    @staticmethod
    def of(lines: Iterable[str], tokenize: Callable[[str], list[str]]) -> InternedText:
        """Tokenize lines (without their ends), in one pass; an error names the line, counted from 1."""
        index: dict[str, int] = {}
        ids, offsets, characters, sizes = array("i"), array("q", [0]), array("q"), array("q")
        for number, line in enumerate(lines, 1):
            try:
                tokens = tokenize(line)
            except TextkitError as error:
                raise type(error)(f"line {number}: {error}") from error
            ids.extend([index.setdefault(token, len(index)) for token in tokens])
            offsets.append(len(ids))
            characters.append(len(line) + 1)
            sizes.append(len(line.encode()) + 1)
        corpus = EncodedCorpus(np.array(ids, dtype=np.int32), np.array(offsets, dtype=np.int64))
        columns = (np.array(column, dtype=np.int64) for column in (characters, sizes))
        return InternedText(tuple(index), corpus, *columns)

    def __len__(self) -> int:
        return len(self.corpus)

    def counts(self) -> dict[str, int]:
        """How often each type occurs, in order of first appearance; types of other parts are left out."""
        counts = np.bincount(self.corpus.ids, minlength=len(self.types)).tolist()
        return {token: n for token, n in zip(self.types, counts, strict=True) if n}

    def part(self, begin: int, end: int) -> InternedText:
        """Lines `begin` to `end`-1, sharing the types."""
        offsets = self.corpus.offsets[begin : end + 1]
        corpus = EncodedCorpus(self.corpus.ids[offsets[0] : offsets[-1]], offsets - offsets[0])
        return InternedText(self.types, corpus, self.characters[begin:end], self.bytes[begin:end])

    def repeated_in(self, other: InternedText) -> int:
        """How many lines here, blank ones apart, stand word for word in `other` too: a leak if held out."""
        mine = [tuple(self.types[i] for i in line) for line in self.corpus]
        mine = [line for line in mine if "".join(line).strip(_BLANK)]
        wanted = set(mine)
        found = {key for line in other.corpus if (key := tuple(other.types[i] for i in line)) in wanted}
        return sum(key in found for key in mine)
