"""A trained Transformer as a CTranslate2 model folder, checked before it takes its name.

    model.bin, config.json, *_vocabulary.json   what ctranslate2.Translator loads
    source.spm, target.spm                      sentencepiece models, where the run has them
    README.txt                                  how to use it, the cleaning and tokenizers in one line each

Only the weights are turned into the library's form: nothing is trained or lost. With "int8" and "int16" the
matrices are rounded, and translations may differ.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from textkit import atomic
from textkit.errors import InputError, TextkitError, UsageError, unknown_name
from textkit.models.sinusoids import sinusoid_table
from textkit.models.translators.layers import EPSILON
from textkit.models.translators.transformer import TranslatorTransformer
from textkit.tasks.translation.ctranslate2_layers import fill
from textkit.tasks.translation.decoding import TranslationDecoding
from textkit.tasks.translation.prepare import load_held_out
from textkit.tasks.translation.saved import SavedTranslator, load_translator
from textkit.tasks.translation.sides import END_ID
from textkit.tasks.translation.source_batch import SourceBatch
from textkit.text.pipeline import Pipeline
from textkit.text.tokenizers.sentencepiece import SentencePieceTokenizer
from textkit.train.checkpoint import RunFolder

QUANTIZATIONS = ("none", "int8", "int16", "float16")
PLACES = 2048  # tokens of a sentence, at most: CTranslate2 itself reads 1,024 unless told otherwise
TIE = 1e-3  # of log probabilities of two translations, which rounding may then order either way


@dataclass(frozen=True)
class Agreement:
    """How many of `sentences` CTranslate2 translates greedily as textkit does, and how many by a tie."""

    sentences: int
    same: int
    ties: int


def export_ctranslate2(
    source: Path | str,
    path: Path | str,
    *,
    quantization: str = "none",
    sentences: Sequence[str] | None = None,
    count: int = 50,
) -> Agreement:
    """Write the Transformer of a run folder for CTranslate2, and say how its translations agree.

    Compared are those of `sentences`, or of the first `count` of the run's validation text.

    Raises UsageError for a recurrent translator and where the package is missing, CheckpointError for a
    run that is no translator's, InputError when no sentence has a token, TextkitError when the folder's
    translations are not the run's (then none is written).
    """
    if quantization not in QUANTIZATIONS:
        raise unknown_name("quantization", quantization, QUANTIZATIONS)
    saved = load_translator(source)
    if not isinstance(saved.network, TranslatorTransformer):
        raise UsageError(
            f"{source}: CTranslate2 has no recurrent layers, and this translator is of {saved.config.model}: "
            "only Transformers can be converted"
        )
    library = _package()
    if sentences is None:
        sentences = _held_out(source, saved, count)
    with atomic.writing_folder(path) as folder:
        spec = _specification(saved)
        spec.validate()
        spec.optimize(quantization=None if quantization == "none" else quantization)
        spec.save(str(folder))
        _describe(saved, folder, quantization=quantization)
        agreement = _compare(saved, library, folder, sentences)
        if quantization == "none" and agreement.same + agreement.ties < agreement.sentences:
            raise TextkitError(
                f"{path}: not written: CTranslate2 translates only {agreement.same} of {agreement.sentences} "
                "sentences as the run does"
            )
    return agreement


def _package() -> Any:
    try:
        library = importlib.import_module("ctranslate2")
    except ModuleNotFoundError as error:
        raise UsageError(
            "the conversion needs the package ctranslate2: pip install 'textkit-nlp[ctranslate2]'"
        ) from error
    library.set_log_level(logging.ERROR)  # it warns where it computes in another precision than it stores
    return library


def _held_out(source: Path | str, saved: SavedTranslator, count: int) -> list[str]:
    held_out = load_held_out(RunFolder.open(source), saved.sides)
    if "valid" not in held_out:
        raise InputError(f"{source}: the run has no validation text to check the conversion with: name some")
    return [pair.source for pair in held_out["valid"].pairs[:count]]


def _specification(saved: SavedTranslator) -> Any:
    """The weights where CTranslate2 has them."""
    specs = importlib.import_module("ctranslate2.specs")
    common = importlib.import_module("ctranslate2.specs.common_spec")
    network = cast(TranslatorTransformer, saved.network)
    settings = network.settings
    spec = specs.TransformerSpec.from_config(
        (settings.layers, settings.layers),
        settings.heads,
        pre_norm=settings.norm == "pre",
        activation=common.Activation.RELU,
        alignment_heads=settings.heads,
    )
    fill(spec, network, sinusoid_table(PLACES, settings.width).numpy())
    end = saved.sides.target_vocab.tokens[1]
    spec.config.unk_token = saved.sides.target_vocab.tokens[0]
    spec.config.bos_token = spec.config.eos_token = spec.config.decoder_start_token = end
    spec.config.add_source_eos = True
    spec.config.layer_norm_epsilon = EPSILON
    spec.register_source_vocabulary(list(saved.sides.source_vocab.tokens))
    spec.register_target_vocabulary(list(saved.sides.target_vocab.tokens))
    return spec


def _compare(saved: SavedTranslator, library: Any, folder: Path, sentences: Sequence[str]) -> Agreement:
    """Both translate greedily; what differs by a tie at its first difference is counted apart."""
    decoding = TranslationDecoding(beam=1, length_penalty=0.0)
    found = saved.translate(sentences, decoding)
    own = [best[0] for best in found if 0 < len(best[0].source_tokens) < PLACES // 4]
    if not own:
        raise InputError("there is no sentence to check the conversion with: give a file with some")
    translator = library.Translator(str(folder), device="cpu", intra_threads=torch.get_num_threads())
    same = ties = 0
    for each in own:
        longest = decoding.longest(len(each.source_tokens) + 1)
        (other,) = translator.translate_batch(
            [list(each.source_tokens)], beam_size=1, max_decoding_length=longest
        )
        mine = [*saved.sides.target_vocab.encode(each.tokens), *([END_ID] if each.finished else [])]
        theirs = [*saved.sides.target_vocab.encode(other.hypotheses[0]), END_ID]
        pairs = enumerate(zip(mine, theirs, strict=False))
        place = next((place for place, (one, two) in pairs if one != two), None)
        same += place is None
        ties += place is not None and _is_tie(saved, each.source_tokens, mine[: place + 1], theirs[place])
    return Agreement(len(own), same, ties)


@torch.inference_mode()
def _is_tie(saved: SavedTranslator, source: Sequence[str], chosen: Sequence[int], other: int) -> bool:
    """Whether `other` is as probable as the last of the ids `chosen`, after the ones before."""
    ids = torch.tensor([[*saved.sides.source_vocab.encode(source), END_ID]])
    inputs = torch.tensor([[END_ID, *chosen[:-1]]])
    features = saved.network(SourceBatch(ids, torch.tensor([ids.shape[1]])), inputs)
    log_probs = saved.network.output.log_probs(features[0, -1:])[0]
    return bool((log_probs[chosen[-1]] - log_probs[other]).abs() < TIE)


def _describe(saved: SavedTranslator, folder: Path, *, quantization: str) -> None:
    """What the folder needs to be used elsewhere: sentencepiece models, and words."""
    sides = saved.sides
    known = {"source": sides.source, "target": sides.target}
    pieces = {name: _sentencepiece(pipeline) for name, pipeline in known.items()}
    for name, model in pieces.items():
        if model is not None:
            (folder / f"{name}.spm").write_bytes(model)
    split = "spm.encode(line, out_type=str)" if pieces["source"] else "line.split()  # tokens as in training"
    text = "spm_target.decode(tokens)" if pieces["target"] else '" ".join(tokens)'
    lines = [
        f"A translator of textkit for CTranslate2, weights: {quantization}.",
        f"Source: {sides.source.signature()}",
        f"Target: {sides.target.signature()}",
        "",
        "    import ctranslate2, sentencepiece",
        '    translator = ctranslate2.Translator("FOLDER")',
    ]
    for name, variable in (("source", "spm"), ("target", "spm_target")):
        if pieces[name] is not None:
            call = f'sentencepiece.SentencePieceProcessor(model_file="FOLDER/{name}.spm")'
            lines.append(f"    {variable} = {call}")
    lines += [
        f"    pieces = {split}",
        "    tokens = translator.translate_batch([pieces], beam_size=5)[0].hypotheses[0]",
        f"    print({text})",
        "",
        f"CTranslate2 adds the end of the sentence itself. Sentences have at most {PLACES:,} tokens.",
    ]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sentencepiece(pipeline: Pipeline[str, list[str]]) -> bytes | None:
    """The model that makes the pipeline's tokens, where it is one of sentencepiece."""
    tokenizer = pipeline.stages[-1]
    return tokenizer.model if isinstance(tokenizer, SentencePieceTokenizer) else None
