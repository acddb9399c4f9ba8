"""The vocabulary: tokens to ids and back, immutable, ordered by count and then by first appearance."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkit import atomic
from textkit.errors import CheckpointError, InputError, UsageError
from textkit.text import vocab_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from textkit.text.token_batch import TokenBatch
    from textkit.text.token_table import TokenTable
    from textkit.text.vocab_arena import VocabArena

UNKNOWN = "<unk>"


@dataclass(frozen=True)
class Vocab:
    """Ids 0 to V-1 for V tokens: the specials first, then count descending, then first seen.

    `counts[i]` is how often token i was seen when the vocabulary was built; the unknown word's is the
    number of tokens that fell to it. A token of the text that spells a special is unknown, so no text
    can smuggle in an end of sentence; the spelled-out unknown word is the unknown word.

    >>> vocab = Vocab.build([["a", "b", "a"], ["c", "a", "b"]], min_count=2)
    >>> vocab.tokens
    ('<unk>', 'a', 'b')
    >>> vocab.encode(["b", "zebra"])
    [2, 0]
    >>> vocab.decode([1, 0])
    ['a', '<unk>']
    """

    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    specials: int = 1
    unknown: str | None = UNKNOWN

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.tokens):
            raise UsageError(
                f"a vocabulary needs a count for each token: {len(self.tokens)}, {len(self.counts)}"
            )
        if len(set(self.tokens)) != len(self.tokens):
            token, times = Counter(self.tokens).most_common(1)[0]
            raise InputError(f"a vocabulary holds each token once; {token!r} stands {times} times")
        if self.unknown is not None and self.unknown not in self.tokens:
            raise UsageError(f"the unknown word {self.unknown!r} must be one of the tokens")

    @staticmethod
    def build(
        sequences: Iterable[Iterable[str]],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = (UNKNOWN,),
        unknown: str | None = UNKNOWN,
        always: Iterable[str] = (),
    ) -> Vocab:
        """Count the tokens of a stream of sequences, in one pass, and keep the frequent ones.

        `max_size` bounds the whole vocabulary, specials included. Tokens in `always` (all pieces of a
        subword model, say) are kept even when never seen.
        """
        counter: Counter[str] = Counter()
        for sequence in sequences:
            counter.update(sequence)
        return Vocab.from_counts(
            counter, min_count=min_count, max_size=max_size, specials=specials, unknown=unknown, always=always
        )

    @staticmethod
    def from_counts(
        counts: Mapping[str, int],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = (UNKNOWN,),
        unknown: str | None = UNKNOWN,
        always: Iterable[str] = (),
        total: int | None = None,
    ) -> Vocab:
        """The vocabulary of given counts; the mapping's order breaks ties (first seen first).

        Tokens in `always` are kept whatever their count, which may be nought. `total` is how many
        tokens the text has, where `counts` leaves some of them out.

        >>> Vocab.from_counts({"a": 1, "b": 2}, always=["c"]).tokens
        ('<unk>', 'b', 'a', 'c')
        """
        always = dict.fromkeys(always, 0)
        counts = {**counts, **{token: 0 for token in always if token not in counts}}
        if unknown is not None and unknown not in specials:
            specials = (unknown, *specials)
        if max_size is not None and max_size < len(specials):
            raise UsageError(f"max_size must leave room for the {len(specials)} specials, not {max_size}")
        ranked = sorted(
            (
                token
                for token, n in counts.items()
                if (n >= min_count or token in always) and token not in specials
            ),
            key=lambda token: -counts[token],  # sorted() is stable: first seen stays first
        )
        room = None if max_size is None else max_size - len(specials)
        ranked = ranked[:room]
        known = sum(counts[token] for token in ranked)
        fallen = {unknown: (sum(counts.values()) if total is None else total) - known}
        return Vocab(
            tokens=(*specials, *ranked),
            counts=(*(fallen.get(token, 0) for token in specials), *(counts[token] for token in ranked)),
            specials=len(specials),
            unknown=unknown,
        )

    @cached_property
    def _arena(self) -> VocabArena | None:
        """The file's bytes, of a vocabulary that `parse` made of them."""
        return None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Tokens and counts of a vocabulary from a file become strings and numbers when asked for."""
            arena = self.__dict__.get("_arena")
            if arena is None or name not in ("tokens", "counts"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            made = {"tokens": arena.tokens, "counts": arena.counts.tolist}[name]
            return self.__dict__.setdefault(name, tuple(made()))

    def __len__(self) -> int:
        return len(self.tokens if self._arena is None else self._arena)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Ids of what text can name: every token but the specials, and the unknown word."""
        ids = {token: i for i, token in enumerate(self.tokens) if i >= self.specials}
        if self.unknown is not None:
            ids[self.unknown] = self.tokens.index(self.unknown)
        return ids

    def id(self, token: str) -> int:
        """The id of a token or special; raises UsageError when there is none."""
        arena, places = self._arena, range(self.specials)
        specials = self.tokens[: self.specials] if arena is None else tuple(map(arena.token, places))
        try:
            return specials.index(token) if token in specials else self._ids[token]
        except KeyError:
            raise UsageError(f"the token {token!r} is not in the vocabulary") from None

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The ids of tokens; an unseen one becomes the unknown word's id.

        Raises InputError for an unseen token when the vocabulary has no unknown word.
        """
        ids = self._ids
        if self.unknown is None:
            try:
                return [ids[token] for token in tokens]
            except KeyError as error:
                raise InputError(
                    f"the token {error.args[0]!r} is not in this vocabulary without unknown"
                ) from None
        get, unknown = ids.get, ids[self.unknown]
        return [get(token, unknown) for token in tokens]

    def encode_flat(self, batch: TokenBatch) -> npt.NDArray[np.int32]:
        """The ids of all tokens of a batch, (T,) int32: what `encode` gives, by compiled code.

        `EncodedCorpus(vocab.encode_flat(batch), batch.offsets)` is the batch encoded. Raises
        InputError for an unseen token when the vocabulary has no unknown word.

        >>> from textkit.text.token_batch import TokenBatch
        >>> vocab = Vocab(("<unk>", "to", "be"), (0, 1, 1))
        >>> vocab.encode_flat(TokenBatch.of([["be"], ["or", "to"]])).tolist()
        [2, 0, 1]
        """
        table, ids = self._table
        found = table.find(batch, numbers=ids)
        if self.unknown is None and (found < 0).any():
            unseen = (found < 0).argmax()
            start, end = batch.starts[unseen], batch.ends[unseen]
            token = batch.buffer[start:end].tobytes().decode()
            raise InputError(f"the token {token!r} is not in this vocabulary without unknown")
        return found

    @cached_property
    def _table(self) -> tuple[TokenTable, npt.NDArray[np.int32]]:
        """What text can name, and the id of each code; the last id is that of code -1, the unseen."""
        from textkit.text.vocab_table import make_table

        unknown = -1 if self.unknown is None else self.id(self.unknown)
        if self._arena is None:
            return make_table(self._ids, unknown=unknown)
        return self._arena.table(specials=self.specials, unknown=unknown)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what is made from them is made anew where it is wanted."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def encode_batch(self, sequences: Iterable[Iterable[str]]) -> list[list[int]]:
        """`encode` for each sequence."""
        return [self.encode(tokens) for tokens in sequences]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids; raises InputError for an id outside 0 to V-1."""
        tokens, size = self.tokens, len(self.tokens)
        result = []
        for i in ids:
            if not 0 <= i < size:
                raise InputError(f"ids run from 0 to {size - 1} in this vocabulary, not {i}")
            result.append(tokens[i])
        return result

    def decode_batch(self, sequences: Iterable[Iterable[int]]) -> list[list[str]]:
        """`decode` for each sequence."""
        return [self.decode(ids) for ids in sequences]

    def merge(self, other: Vocab) -> Vocab:
        """One vocabulary of both: counts added, specials of both; on ties this one's tokens come first."""
        counts: Counter[str] = Counter()
        for vocab in (self, other):
            counts.update(
                dict(zip(vocab.tokens[vocab.specials :], vocab.counts[vocab.specials :], strict=True))
            )
        fallen = sum(v.counts[v.tokens.index(v.unknown)] for v in (self, other) if v.unknown is not None)
        unknown = self.unknown or other.unknown
        specials = tuple(dict.fromkeys((*self.tokens[: self.specials], *other.tokens[: other.specials])))
        if unknown is not None:
            counts[unknown] = fallen
        return Vocab.from_counts(counts, min_count=0, specials=specials, unknown=unknown)

    def prune(self, *, min_count: int = 1, max_size: int | None = None) -> Vocab:
        """The same vocabulary with rare tokens gone; their counts fall to the unknown word."""
        specials = self.tokens[: self.specials]
        counts = {
            t: n
            for t, n in zip(self.tokens, self.counts, strict=True)
            if t not in specials or t == self.unknown
        }
        return Vocab.from_counts(
            counts, min_count=min_count, max_size=max_size, specials=specials, unknown=self.unknown
        )

    def digest(self) -> str:
        """A hash of tokens and their order, equal on every machine: 12 hexadecimal digits."""
        return vocab_file.digest(self.tokens) if self._arena is None else self._arena.digest

    def save(self, path: Path | str) -> None:
        r"""Write one token a line, `token<TAB>count`, with \\, \n, \r and \t escaped, after a header line."""
        atomic.write_bytes(path, vocab_file.content(self))

    @staticmethod
    def load(path: Path | str) -> Vocab:
        """Read what `save` wrote, or a plain list of one token a line (`<unk>` in it is the unknown word).

        Raises CheckpointError when the file is missing, damaged, or of another version.
        """
        return Vocab.parse(vocab_file.read_bytes(Path(path)), source=path)

    @staticmethod
    def parse(data: bytes, *, source: Path | str) -> Vocab:
        """The vocabulary of a file's bytes, as `load`; what is raised names `source`."""
        from textkit.text.vocab_arena import open_arena

        opened = open_arena(data, source=source)
        if opened is not None:
            heading, arena = opened
            vocab = object.__new__(Vocab)
            vocab.__dict__.update(specials=heading.specials, unknown=heading.unknown, _arena=arena)
            return vocab
        file = vocab_file.parse(data, source=source, unknown=UNKNOWN)
        if not 0 <= file.specials <= len(file.tokens):
            raise CheckpointError(
                f"{source}: not a vocabulary: {file.specials} specials among {len(file.tokens)} tokens"
            )
        try:
            vocab = Vocab(file.tokens, file.counts, specials=file.specials, unknown=file.unknown)
        except (InputError, UsageError) as error:
            raise CheckpointError(f"{source}: {error}") from error
        if file.fault:
            raise CheckpointError(f"{source}: {file.fault}")
        return vocab
