"""The tokens of many lines as flat arrays: no Python object a token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from textkit.text.lines import Lines

_MANY = 10_000  # tokens, from which on it pays to look for equal ones


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Token t is `buffer[starts[t]:ends[t]]`; line l has the tokens `offsets[l]` to `offsets[l+1]`-1.

    `buffer` (N,) uint8, UTF-8; `starts`, `ends` (T,) int32, in bytes; `offsets` (L+1,) int64. `lines`
    are the lines that were tokenized when the tokens are slices of them (`buffer` is then theirs),
    None when the tokenizer spells its tokens otherwise.

    >>> from textkit.text.tokenizers.whitespace import WhitespaceTokenizer
    >>> batch = WhitespaceTokenizer().batch(Lines.of(["to be", "", "or not"]))
    >>> batch.lists(), batch.offsets.tolist()
    ([['to', 'be'], [], ['or', 'not']], [0, 2, 2, 4])
    """

    buffer: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    lines: Lines | None = None

    def __post_init__(self) -> None:
        self.buffer.flags.writeable = False  # bytes are so anyway: one type of array for the compiled code

    @staticmethod
    def of(sequences: Iterable[Sequence[str]]) -> TokenBatch:
        """Tokens that are strings already, a sequence of them for each line."""
        sequences = list(sequences)
        offsets = np.zeros(len(sequences) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, sequences), np.int64, len(sequences)), out=offsets[1:])
        tokens = Lines.of(list(chain.from_iterable(sequences)))
        return TokenBatch(tokens.buffer, tokens.starts, tokens.ends, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lists(self) -> list[list[str]]:
        """The tokens as strings, a list for each line."""
        strings = self.strings() if len(self.starts) < _MANY else self._shared_strings()
        return [strings[begin:end] for begin, end in pairwise(self.offsets.tolist())]

    def strings(self) -> list[str]:
        """All tokens as strings, of one line after the other."""
        text = self.buffer.tobytes()
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [text[start:end].decode() for start, end in spans]

    def _shared_strings(self) -> list[str]:
        """The same, equal tokens being one string: less memory, and a third of the time."""
        from textkit.text.token_table import TokenTable

        table = TokenTable()
        codes = table.add(self)
        strings: list[str] = np.array(table.batch().strings(), dtype=object)[codes].tolist()
        return strings

    def joined(self, separator: str = " ") -> bytes:
        r"""One line of UTF-8 for each line, its tokens with `separator` between, ended by \n.

        A line end inside a token becomes a space.

        >>> TokenBatch.of([["to", "be"], [], ["or"]]).joined("|")
        b'to|be\n\nor\n'
        """
        from textkit.text.kernels.joining import join_tokens

        mark = np.frombuffer(separator.encode(), np.uint8)
        out = np.empty(self._bytes() + len(self.starts) * len(mark) + len(self) + 7, np.uint8)
        size = join_tokens(self.buffer, self.starts, self.ends, self.offsets, mark, out)
        joined = out[:size].tobytes()
        if joined.count(b"\n") == len(self):
            return joined
        lines = (separator.join(tokens).replace("\n", " ") for tokens in self.lists())
        return "".join(f"{line}\n" for line in lines).encode()

    def json(self, *, prefix: str = '{"tokens": ', suffix: str = "}\n") -> bytes:
        r"""For each line a JSON array of its tokens, between `prefix` and `suffix`, as json.dumps writes it.

        >>> TokenBatch.of([["to", '"be"']]).json()
        b'{"tokens": ["to", "\\"be\\""]}\n'
        """
        from textkit.text.kernels.joining import json_strings

        before, after = (np.frombuffer(mark.encode(), np.uint8) for mark in (prefix, suffix))
        room = 6 * self._bytes() + 4 * len(self.starts) + (2 + len(before) + len(after)) * len(self)
        out = np.empty(room, np.uint8)
        size = json_strings(self.buffer, self.starts, self.ends, self.offsets, before, after, out)
        return out[:size].tobytes()

    def character_places(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Where each token starts and ends in its line, in characters: two arrays (T,).

        Only for tokens that are slices of the lines (`lines` is not None).
        """
        from textkit.text.kernels.utf8 import character_places

        assert self.lines is not None
        starts, ends = np.empty_like(self.starts), np.empty_like(self.ends)
        character_places(self.buffer, self.lines.starts, self.offsets, self.starts, starts)
        character_places(self.buffer, self.lines.starts, self.offsets, self.ends, ends)
        return starts, ends

    def _bytes(self) -> int:
        return int((self.ends - self.starts).sum(dtype=np.int64))


def joined_ids(ids: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64]) -> bytes:
    r"""One line for each line, its ids (T,), none negative, in decimal with a space between.

    >>> joined_ids(np.array([3, 10, 2], np.int32), np.array([0, 2, 2, 3]))
    b'3 10\n\n2\n'
    """
    from textkit.text.kernels.joining import join_ids

    out = np.empty(11 * len(ids) + len(offsets), np.uint8)
    return out[: join_ids(ids, offsets, out)].tobytes()
