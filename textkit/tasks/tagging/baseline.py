"""The tagger that looks at nothing but the word: what any other must beat."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textkit.data.spans import OUTSIDE, TaggedSentence
from textkit.tasks.tagging.spellings import known_as


@dataclass(frozen=True)
class MostFrequentTag:
    """Each word, in lower case and with its digits as 0, has the tag it had most often; a new one has O.

    >>> baseline = MostFrequentTag.of([TaggedSentence(("to", "Oslo"), ("O", "B-city"))])
    >>> baseline.tag(["from", "oslo"])
    ['O', 'B-city']
    """

    tags: dict[str, str]

    @staticmethod
    def of(sentences: Iterable[TaggedSentence]) -> MostFrequentTag:
        """What `sentences` say; of equally frequent tags the one that was seen first."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for tokens, tags in sentences:
            for token, tag in zip(tokens, tags, strict=True):
                counts[known_as(token)][tag] += 1
        return MostFrequentTag({word: counter.most_common(1)[0][0] for word, counter in counts.items()})

    def tag(self, tokens: Sequence[str]) -> list[str]:
        """A tag for each token."""
        return [self.tags.get(known_as(token), OUTSIDE) for token in tokens]
