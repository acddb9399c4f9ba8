"""One vocabulary for several language models, and what each of them calls its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textkit.errors import UsageError
from textkit.lm.language_model import SPECIALS
from textkit.lm.stream import Bools, Ints
from textkit.text.vocab import UNKNOWN, Vocab


@dataclass(frozen=True, eq=False)
class SharedVocab:
    """The union of vocabularies, and for each of them how its ids and those of the union go together.

    `own[i]` (V+1,): the id, in vocabulary i, of each word of the union; that of `<unk>` (0) for words it
    lacks, since that is what a model reads for them; V, for `<s>`, becomes its V. `lacks[i]` (V+1,): which
    words those are. `joint[i]` (V_i+1,): the ids of vocabulary i's words in the union.

    >>> one, two = (Vocab(("<unk>", "</s>", *words), (0,) * 4, specials=2) for words in ("ab", "bc"))
    >>> shared = SharedVocab.of([one, two])
    >>> shared.vocab.tokens, shared.own[1].tolist(), shared.joint[1].tolist()
    (('<unk>', '</s>', 'a', 'b', 'c'), [0, 1, 0, 2, 3, 4], [0, 1, 3, 4, 5])
    """

    vocab: Vocab
    own: tuple[Ints, ...]
    lacks: tuple[Bools, ...]
    joint: tuple[Ints, ...]

    @staticmethod
    def of(vocabs: Sequence[Vocab]) -> SharedVocab:
        """The union: by summed count, then in the order of the vocabularies; just theirs if all are equal.

        Raises UsageError for a vocabulary that does not begin with `<unk>` and `</s>`.
        """
        for vocab in vocabs:
            if vocab.tokens[: len(SPECIALS)] != SPECIALS:
                raise UsageError(
                    f"a language model's vocabulary begins with {' and '.join(SPECIALS)}, "
                    f"not with {' '.join(vocab.tokens[: len(SPECIALS)])}"
                )
        union = vocabs[0] if len({vocab.tokens for vocab in vocabs}) == 1 else _union(vocabs)
        ids = {token: i for i, token in enumerate(union.tokens)}
        joint = tuple(np.array([*(ids[t] for t in vocab.tokens), len(union)]) for vocab in vocabs)
        own, lacks = [], []
        for there in joint:
            here = np.zeros(len(union) + 1, dtype=np.int64)
            here[there] = np.arange(len(there))
            own.append(here)
            lacks.append(~np.isin(np.arange(len(here)), there))
        return SharedVocab(union, tuple(own), tuple(lacks), joint)


def _union(vocabs: Sequence[Vocab]) -> Vocab:
    counts: dict[str, int] = {}
    for vocab in vocabs:
        for token, count in zip(vocab.tokens, vocab.counts, strict=True):
            counts[token] = counts.get(token, 0) + count
    words = [token for token in counts if token not in SPECIALS]
    tokens = (*SPECIALS, *sorted(words, key=lambda token: -counts[token]))
    return Vocab(tokens, tuple(counts[t] for t in tokens), specials=len(SPECIALS), unknown=UNKNOWN)
