"""The two sides of a translator: how text becomes ids on either, and ids become text again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textkit.data.encoded import EncodedCorpus
from textkit.errors import CheckpointError
from textkit.lm.language_model import SPECIALS
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizer import Tokenizer
from textkit.text.vocab import Vocab
from textkit.train.checkpoint import RunFolder

UNKNOWN_ID, END_ID = 0, 1  # the places of SPECIALS
SOURCE_VOCAB = "source-vocab.txt"
TARGET_PIPELINE = "data/target_pipeline"


@dataclass(frozen=True)
class Sides:
    """Cleaning, tokenizer and vocabulary of source and target; with one vocabulary they are the same.

    Every vocabulary begins with `<unk>` (0) and `</s>` (1).
    """

    source: Pipeline[str, list[str]]
    target: Pipeline[str, list[str]]
    source_vocab: Vocab
    target_vocab: Vocab

    @property
    def joint(self) -> bool:
        """Whether both sides speak of the same ids."""
        return self.source_vocab is self.target_vocab

    def encode_source(self, texts: Iterable[str]) -> EncodedCorpus:
        """The ids of each text and `</s>`; raises StageError for text that the pipeline cannot take."""
        return _encode(texts, self.source, self.source_vocab)

    def encode_target(self, texts: Iterable[str]) -> EncodedCorpus:
        """The same of texts in the target's language."""
        return _encode(texts, self.target, self.target_vocab)

    def target_tokens(self, ids: Sequence[int]) -> list[str]:
        """The tokens of ids (T,) up to `</s>`, which need not come."""
        ids = list(ids)
        return self.target_vocab.decode(ids[: ids.index(END_ID)] if END_ID in ids else ids)

    def decode_target(self, ids: Sequence[int]) -> str:
        """The text of ids (T,) up to `</s>`, which need not come."""
        tokenizer = self.target.stages[-1]
        assert isinstance(tokenizer, Tokenizer)
        return tokenizer.detokenize(self.target_tokens(ids))

    def save(self, run: RunFolder) -> None:
        """Write what a run that is being made lacks besides its pipeline (the source's) and vocabulary
        (the target's)."""
        if not self.joint:
            self.source_vocab.save(run.path / SOURCE_VOCAB)
            self.target.save(run.path / TARGET_PIPELINE)

    @staticmethod
    def load(run: RunFolder) -> Sides:
        """Those of a run; raises CheckpointError when they are missing, damaged or no translator's."""
        source, vocab = run.pipeline(), run.vocab()
        separate = SOURCE_VOCAB in run.document["files"]
        sides = Sides(source, source, vocab, vocab)
        if separate:
            run.read(f"{TARGET_PIPELINE}/pipeline.json")
            of_source = Vocab.parse(run.read(SOURCE_VOCAB), source=run.path / SOURCE_VOCAB)
            sides = Sides(source, Pipeline.load(run.path / TARGET_PIPELINE), of_source, vocab)
        for name, each in ((SOURCE_VOCAB, sides.source_vocab), ("vocab.txt", vocab)):
            if each.specials != len(SPECIALS) or each.tokens[: len(SPECIALS)] != SPECIALS:
                raise CheckpointError(
                    f"{run.path / name}: not a translator's vocabulary: its first ids must be "
                    f"{' and '.join(SPECIALS)}"
                )
        for pipeline in (sides.source, sides.target):
            if not isinstance(pipeline.stages[-1] if pipeline.stages else None, Tokenizer):
                raise CheckpointError(f"{run.path}: a translator's pipeline must end in a tokenizer")
        return sides


def _encode(texts: Iterable[str], pipeline: Pipeline[str, list[str]], vocab: Vocab) -> EncodedCorpus:
    return EncodedCorpus.from_sequences([*vocab.encode(tokens), END_ID] for tokens in pipeline.map(texts))
