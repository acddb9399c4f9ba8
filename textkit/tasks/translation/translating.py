"""Sentences to translations: encoded, sorted by length, searched in batches, put back in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from textkit.data.encoded import EncodedCorpus
from textkit.decode.beam import beam_searches
from textkit.decode.combined import Ensemble, Fusion, matching_ids
from textkit.decode.filters import Filter, Forbid, MinimumLength, NoRepeatNgrams, SentenceFilter
from textkit.decode.forced_prefix import ForcedPrefix
from textkit.decode.hypothesis import Hypothesis
from textkit.decode.sample import samples
from textkit.errors import UsageError
from textkit.lm.language_model import LanguageModel
from textkit.models.encoder_decoder import EncoderDecoder
from textkit.models.packed import packed
from textkit.models.precision import Precision, choose_precision
from textkit.models.step_model import StepModel
from textkit.tasks.translation.alignment import Link, align
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.sides import END_ID, UNKNOWN_ID, Sides
from textkit.tasks.translation.source_batch import SourceBatch, by_length
from textkit.tasks.translation.threads import at_once
from textkit.text.vocab import UNKNOWN

_WORTH = 1024  # tokens: smaller batches take longer for each
_PACKED = 32  # sentences from which on it pays to lay the weights out anew
_LINE_ENDS = str.maketrans("\n\r", "  ")  # a translation is one line


@dataclass(frozen=True, eq=False)
class Translation:
    """A translation as one line of `text`, its `tokens`, and how probable they are.

    log_prob:      natural logarithm, the end of the sentence included when it is `finished`.
    score:         what it was ranked by.
    source_tokens: those of the line.
    attention:     (T, S) where it was asked for: what each of the T tokens looked at among the source's
                   S tokens, the last being the end of the sentence.
    """

    text: str
    tokens: tuple[str, ...]
    log_prob: float
    score: float
    finished: bool
    source_tokens: tuple[str, ...] = ()
    attention: npt.NDArray[np.float32] | None = None

    @property
    def alignment(self) -> tuple[Link, ...]:
        """Which source token each token looked most at; none without attention."""
        return () if self.attention is None else align(self.attention)


EMPTY = Translation("", (), 0.0, 0.0, True)  # of a line without a token


@dataclass(frozen=True, eq=False)
class Translating:
    """A function from a block of lines to the translations of each.

    `members`, networks with their sides, translate together. Equal lines are translated once.
    """

    members: tuple[tuple[EncoderDecoder, Sides], ...]
    decoding: TranslationDecoding
    language_model: LanguageModel[Any] | None = None

    def __call__(self, sentences: Sequence[str]) -> list[list[Translation]]:
        """For each line its translations, the best first; raises what a pipeline raises."""
        once = sentences if self.decoding.sample else list(dict.fromkeys(sentences))
        corpora = [sides.encode_source(once) for _, sides in self.members]
        least = np.minimum.reduce([corpus.lengths for corpus in corpora])
        found: list[list[Translation]] = [[EMPTY]] * len(once)
        full = np.array([n for n, text in enumerate(once) if least[n] > 1 and not text.isspace()], np.int64)
        lengths = corpora[0].lengths[full]
        rows, tokens = self.decoding.rows, self.decoding.batch_tokens
        batches = by_length(lengths, rows=rows, tokens=tokens, parts=self._parts(rows * int(lengths.sum())))
        parts = [full[batch].tolist() for batch in batches]
        for numbers, translations in zip(parts, self._decoded(corpora, parts), strict=True):
            for number, hypotheses in zip(numbers, translations, strict=True):
                source = self._sides.source_vocab.decode(corpora[0][number][:-1].tolist())
                found[number] = [self._translation(each, tuple(source)) for each in hypotheses]
        if len(once) == len(sentences):
            return found
        places = {text: number for number, text in enumerate(once)}
        return [found[places[text]] for text in sentences]

    def _parts(self, work: int) -> int:
        """In how many parts so many tokens are decoded at least: as many for each thread, some if it pays."""
        threads = torch.get_num_threads() if self._side_by_side else 1
        parts = max(-(-work // self.decoding.batch_tokens), min(2 * threads, work // _WORTH), 1)
        return -(-parts // threads) * threads

    @property
    def _sides(self) -> Sides:
        return self.members[0][1]

    def _decoded(
        self, corpora: Sequence[EncodedCorpus], parts: Sequence[list[int]]
    ) -> list[list[list[Hypothesis]]]:
        """The hypotheses of each sentence of each part, several parts at once."""
        precision = self._precision  # found out here: its trial needs gradients
        networks = [network for network, _ in self.members]
        if sum(map(len, parts)) >= _PACKED:
            networks = self._packed

        def decode(numbers: list[int]) -> list[list[Hypothesis]]:
            with torch.inference_mode(), precision.autocast():  # a thread's own
                return self._decode(networks, [SourceBatch.of(corpus, numbers) for corpus in corpora])

        return at_once(decode, parts) if self._side_by_side else [decode(part) for part in parts]

    @cached_property
    def _precision(self) -> Precision:
        return choose_precision(self.decoding.precision, device="cpu")

    @cached_property
    def _packed(self) -> list[EncoderDecoder]:
        dtype = torch.bfloat16 if self._precision.name == "bf16" else torch.float32
        modules = [cast(nn.Module, network) for network, _ in self.members]
        return [cast(EncoderDecoder, packed(module, dtype)) for module in modules]

    @property
    def _side_by_side(self) -> bool:
        """Whether batches may be decoded at once: draws are in order, a language model may remember."""
        return not self.decoding.sample and self.language_model is None

    def _decode(
        self, networks: Sequence[EncoderDecoder], sources: Sequence[SourceBatch]
    ) -> list[list[Hypothesis]]:
        decoding, sentences = self.decoding, len(sources[0].lengths)
        model = self._model([each.decoding(source) for each, source in zip(networks, sources, strict=True)])
        own = len(self._prefix)  # which does not shorten what follows it
        lengths = [own + decoding.longest(length) for length in sources[0].lengths.tolist()]
        prompts = torch.full((sentences, 1), END_ID)
        if decoding.sample:
            return self._draw(model, prompts, lengths)
        return beam_searches(
            model,
            prompts,
            width=decoding.beam,
            lengths=lengths,
            stop=END_ID,
            filters=self._filters(sentences),
            length_penalty=decoding.length_penalty,
            coverage_penalty=decoding.coverage_penalty,
            patience=decoding.patience,
            n_best=decoding.n_best,
            attention=decoding.attention,
        )

    def _model(self, models: Sequence[StepModel[Any]]) -> StepModel[Any]:
        together: StepModel[Any] = Ensemble(models) if len(models) > 1 else models[0]
        if self.language_model is None or not self.decoding.lm_weight:
            return together
        return Fusion(
            together,
            self.language_model,
            weight=self.decoding.lm_weight,
            language_model_ids=self._language_model_ids,
        )

    @cached_property
    def _language_model_ids(self) -> Tensor:
        """Its id of each of the translator's tokens; raises UsageError when it knows few of them."""
        assert self.language_model is not None
        own, other = self._sides.target_vocab, self.language_model.vocab
        ids = matching_ids(own, other)
        known = int((ids != other.id(UNKNOWN)).sum()) - 1
        if 2 * known < len(own) - own.specials:
            raise UsageError(
                f"the language model knows {known} of the translator's {len(own) - own.specials} tokens: "
                "train it on the target language with the translator's tokenizer and cleaning"
            )
        return ids

    def _draw(self, model: StepModel[Any], prompts: Tensor, lengths: Sequence[int]) -> list[list[Hypothesis]]:
        return samples(
            model,
            prompts,
            lengths=lengths,
            generator=self._generator,
            stop=END_ID,
            filters=self._filters(len(prompts)),
            count=self.decoding.n_best,
        )

    @cached_property
    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.decoding.seed)

    def _filters(self, sentences: int) -> list[Filter | SentenceFilter]:
        decoding, vocab = self.decoding, self._sides.target_vocab
        filters: list[Filter | SentenceFilter] = []
        # Where no translation in training had an unknown token, a search finds none, and this takes time.
        if vocab.counts[UNKNOWN_ID] or decoding.sample:
            filters.append(Forbid((UNKNOWN_ID,)))
        if decoding.min_length:
            filters.append(MinimumLength(decoding.min_length, end=END_ID, prompt=1))
        if decoding.no_repeat_ngram:
            filters.append(NoRepeatNgrams(decoding.no_repeat_ngram, spared=(END_ID,)))
        if decoding.sample:
            filters += decoding.sampling_filters()
        if self._prefix:
            filters.append(ForcedPrefix((self._prefix,) * sentences, prompt=1))
        return filters

    @cached_property
    def _prefix(self) -> tuple[int, ...]:
        """The ids that every translation begins with; raises UsageError for a token that has none."""
        ids = self._sides.encode_target([self.decoding.prefix])[0][:-1].tolist()
        if UNKNOWN_ID in ids:
            token = self._sides.target(self.decoding.prefix)[ids.index(UNKNOWN_ID)]
            raise UsageError(f"the prefix has a token that the translator does not know: '{token}'")
        return tuple(ids)

    def _translation(self, found: Hypothesis, source: tuple[str, ...]) -> Translation:
        text = self._sides.decode_target(found.ids).translate(_LINE_ENDS)
        tokens = tuple(self._sides.target_tokens(found.ids))
        attention = None
        if found.attention is not None:
            attention = found.attention[: len(tokens), : len(source) + 1].float().cpu().numpy()
        return Translation(text, tokens, found.log_prob, found.score, found.finished, source, attention)
