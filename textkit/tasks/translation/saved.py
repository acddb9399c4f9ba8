"""A trained translator out of its run folder: translations of text, and how probable given ones are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkit.errors import CheckpointError, UsageError
from textkit.models.encoder_decoder import EncoderDecoder
from textkit.tasks.configuration import make_settings, parse_settings
from textkit.tasks.kinds import check_kind
from textkit.tasks.translation.config import TranslatorConfig, of_run
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.forced import ScoredPair, score_pairs
from textkit.tasks.translation.network import load_network
from textkit.tasks.translation.sides import Sides
from textkit.tasks.translation.translating import Translating, Translation
from textkit.train.checkpoint import RunFolder

if TYPE_CHECKING:
    from textkit.tasks.language_model.saved import SavedModel

KIND = "translator"
READ_AHEAD = 2048  # sentences that are sorted by length together


@dataclass(frozen=True, eq=False)
class SavedTranslator:
    """A network with the two sides that it speaks of.

    `others` translate together with it, as an ensemble; `language_model` is asked too where the decoding
    gives it a weight.
    """

    network: EncoderDecoder
    sides: Sides
    config: TranslatorConfig
    others: tuple[SavedTranslator, ...] = ()
    language_model: SavedModel | None = None

    def __repr__(self) -> str:
        sizes = f"source={len(self.sides.source_vocab)}, target={len(self.sides.target_vocab)}"
        return f"SavedTranslator({self.config.model!r}, {sizes})"

    def together(self, others: Sequence[SavedTranslator]) -> SavedTranslator:
        """The ensemble of this and other translators; raises UsageError for other target vocabularies."""
        for number, other in enumerate(others, 2):
            if other.sides.target_vocab.tokens != self.sides.target_vocab.tokens:
                raise UsageError(
                    f"translator {number} of the ensemble has another target vocabulary: train all with the "
                    "same pairs, tokenizer and vocabulary size"
                )
        return replace(self, others=tuple(others))

    def helped_by(self, language_model: SavedModel) -> SavedTranslator:
        """The same with a language model of the target for fusion."""
        return replace(self, language_model=language_model)

    def translate(
        self, sentences: Iterable[str], decoding: TranslationDecoding | None = None
    ) -> Iterator[list[Translation]]:
        """Translate lines of text: for each its best translations, the best first.

        Reads ahead by READ_AHEAD lines. A line without a token, such as an empty one, has the empty
        translation. Raises what the pipeline raises for a line that it cannot read.
        """
        if isinstance(sentences, str):
            raise UsageError("translate takes lines: put a single one into a list")
        translating = self.translating(decoding)
        rest = iter(sentences)
        while block := list(islice(rest, READ_AHEAD)):
            yield from translating(block)

    def translating(self, decoding: TranslationDecoding | None = None) -> Translating:
        """A function that translates a block of lines at a time."""
        members = (self, *self.others)
        return Translating(
            tuple((each.network, each.sides) for each in members),
            decoding or TranslationDecoding(),
            None if self.language_model is None else self.language_model.model,
        )

    def score(self, pairs: Iterable[tuple[str, str]]) -> Iterator[ScoredPair]:
        """How probable the given translations are: (source, target) pairs. Reads ahead."""
        rest = iter(pairs)
        while block := list(islice(rest, READ_AHEAD)):
            yield from score_pairs(self.network, self.sides, block)


def settings_of(run: RunFolder) -> dict[str, Any]:
    """A run's settings, but for those that mean nothing; raises UsageError for what is no TOML."""
    return of_run(parse_settings(run.config(), source=str(run.path / "config.toml")))


def load_config(run: RunFolder) -> TranslatorConfig:
    """The settings of a run; raises CheckpointError when it is no translator's, or they are damaged."""
    check_kind(run, KIND)
    source = str(run.path / "config.toml")
    try:
        return make_settings(TranslatorConfig, settings_of(run), source=source)
    except UsageError as error:
        reason = str(error).removeprefix(f"{source}: ")
        raise CheckpointError(f"{source}: damaged, or of another version of textkit: {reason}") from error


def load_translator(source: RunFolder | Path | str) -> SavedTranslator:
    """The best translator of a run; raises CheckpointError for what is missing, damaged or no translator."""
    run = source if isinstance(source, RunFolder) else RunFolder.open(source)
    config, sides = load_config(run), Sides.load(run)
    return SavedTranslator(load_network(run, config, sides), sides, config)
