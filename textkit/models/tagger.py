"""A recurrent tagger: every word with its letters, read from both ends, gets a tag.

B rows, T steps, K tags, E width of a word's vector, C of what its letters add, W spellings of L letters,
H width of a direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from textkit.errors import UsageError
from textkit.models.cells import Cell
from textkit.models.crf import LinearChain
from textkit.models.encoder import RecurrentEncoder
from textkit.models.network import PADDING
from textkit.models.recurrent_layer import Backend

Output = Literal["crf", "softmax"]

UNKNOWN = 0  # the id of words that were not seen in training
NO_LETTER = 0  # stands after the last letter of a spelling


class Sentences(NamedTuple):
    """Rows of words: `places` (B, T) int64 says which spelling, `lengths` (B,) how many are real.

    `words` (W,) int64 are the ids of the spellings, UNKNOWN where a word is not known, `letters` (W, L)
    int64 theirs, NO_LETTER after the last one.
    """

    places: Tensor
    lengths: Tensor
    words: Tensor
    letters: Tensor


@dataclass(frozen=True)
class TaggerSettings:
    """The shape of a tagger. `alphabet` counts the ids of letters; `letters` is C, 0 for none of them.

    `dropout` acts on words' vectors, between layers and on features. `rarity` is a of a / (a + n), the
    chance in training that a word seen n times is taken for unknown, so that what surrounds it and its
    letters must do (Kiperwasser and Goldberg 2016, arXiv:1603.04351).
    Raises UsageError for what makes no sense.
    """

    cell: Cell
    vocab_size: int
    tags: int
    embedding: int
    hidden: int
    alphabet: int = 1
    letters: int = 0
    layers: int = 1
    dropout: float = 0.0
    rarity: float = 0.0
    output: Output = "crf"
    backend: Backend = "torch"

    def __post_init__(self) -> None:
        if min(self.vocab_size, self.tags, self.embedding, self.alphabet) < 1 or self.letters < 0:
            raise UsageError("a tagger needs words, tags, letters and widths: at least 1 of each")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must lie in [0, 1), not {self.dropout}")
        if self.rarity < 0:
            raise UsageError(f"rarity must be 0 or more, not {self.rarity}")


class TaggerNetwork(nn.Module):
    """Embedding and letters, bidirectional encoder, a score for each tag, and which tags follow each other.

    With the output "crf" the loss is that of whole paths of tags (Lample et al. 2016, arXiv:1603.01360),
    with "softmax" that of each tag alone. `counts` (V,) says how often each word was seen, once if it is
    not given; `starts` (K,) and `follows` (K, K) bool are rules that decoded tags obey in both cases, see
    `LinearChain`.

    >>> network = TaggerNetwork(TaggerSettings("lstm", vocab_size=9, tags=3, embedding=4, hidden=5))
    >>> words, lengths = torch.arange(9), torch.tensor([3, 2])
    >>> places = torch.tensor([[1, 2, 3], [4, 5, 0]])
    >>> network(Sentences(places, lengths, words=words, letters=words[:, None])).shape
    torch.Size([2, 3, 3])
    """

    unknown_chance: Tensor

    def __init__(
        self,
        settings: TaggerSettings,
        *,
        counts: Tensor | None = None,
        starts: Tensor | None = None,
        follows: Tensor | None = None,
    ) -> None:
        super().__init__()
        counts = torch.ones(settings.vocab_size) if counts is None else counts.float()
        if counts.shape != (settings.vocab_size,):
            raise UsageError(f"{settings.vocab_size} words need as many counts, not {tuple(counts.shape)}")
        chance = settings.rarity / (settings.rarity + counts.clamp(min=1))
        self.register_buffer("unknown_chance", chance, persistent=False)
        self.settings = settings
        self.embedding = nn.Embedding(settings.vocab_size, settings.embedding)
        width = settings.embedding
        if settings.letters:
            self.spelling = Spelling(settings.alphabet, settings.letters)
            width += settings.letters
        self.encoder = RecurrentEncoder(
            settings.cell,
            width,
            hidden=settings.hidden,
            layers=settings.layers,
            dropout=settings.dropout,
            backend=settings.backend,
        )
        self.scores = nn.Linear(2 * settings.hidden, settings.tags)
        self.chain = LinearChain(
            settings.tags, starts=starts, follows=follows, learned=settings.output == "crf"
        )

    def forward(self, sentences: Sentences) -> Tensor:
        """Scores (B, T, K) of each tag at each step, without regard to its neighbours' tags."""
        rate = self.settings.dropout
        vectors = functional.dropout(self._embed(sentences), rate, self.training)
        encoded = self.encoder(vectors, sentences.lengths).outputs
        scored: Tensor = self.scores(functional.dropout(encoded, rate, self.training))
        return scored

    def _embed(self, sentences: Sentences) -> Tensor:
        ids = sentences.words[sentences.places]
        if self.training and self.settings.rarity:
            ids = ids.masked_fill(torch.rand(ids.shape) < self.unknown_chance[ids], UNKNOWN)
        vectors: Tensor = self.embedding(ids)
        if not self.settings.letters:
            return vectors
        return torch.cat([vectors, self.spelling(sentences.letters)[sentences.places]], dim=2)

    def loss(self, sentences: Sentences, tags: Tensor) -> Tensor:
        """Mean negative log probability of a tag, in nats; `tags` (B, T) int64, PADDING beyond lengths."""
        scores = self(sentences)
        if self.settings.output == "softmax":
            return functional.cross_entropy(scores.flatten(0, 1), tags.flatten(), ignore_index=PADDING)
        return -self.chain.log_likelihood(scores, sentences.lengths, tags).sum() / sentences.lengths.sum()


class Spelling(nn.Module):
    """What a word's letters say: convolutions over three neighbours, and the maximum of each over the word
    (Ma and Hovy 2016, arXiv:1603.01354).

    >>> Spelling(26, 4)(torch.tensor([[3, 1, 20, 0, 0]])).shape
    torch.Size([1, 4])
    """

    def __init__(self, alphabet: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(alphabet, width, padding_idx=NO_LETTER)
        self.convolution = nn.Conv1d(width, width, kernel_size=3, padding=1)

    def forward(self, letters: Tensor) -> Tensor:
        """From `letters` (W, L) to features (W, C); letters that are NO_LETTER change nothing."""
        seen = functional.relu(self.convolution(self.embedding(letters).transpose(1, 2)))  # (W, C, L)
        return seen.masked_fill((letters == NO_LETTER)[:, None], 0.0).amax(dim=2)
