"""Translators as CTranslate2 models: the library itself, and its scores, are the oracle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from textkit.errors import CheckpointError, InputError, TextkitError, UsageError
from textkit.tasks import translation
from textkit.tasks.translation import TranslatorConfig, ctranslate2_export
from textkit.tasks.translation.ctranslate2_export import export_ctranslate2
from textkit.tasks.translation.saved import load_translator
from textkit.text.pairs import Pair

ctranslate2 = pytest.importorskip("ctranslate2")

LINES = ["der hund sah die katze", "eine katze lief", "", "der kleine zebra", "auf der matte sass der hund"]


@pytest.fixture(scope="module", params=["pre", "post"])
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, make_translator: Any
) -> Path:
    path: Path = make_translator(tmp_path_factory.mktemp("runs") / "run", norm=request.param)
    return path


def test_both_give_the_same_tokens_and_probabilities(run: Path, tmp_path: Path) -> None:
    agreement = export_ctranslate2(run, tmp_path / "model", sentences=LINES)
    assert (agreement.sentences, agreement.same + agreement.ties) == (4, 4)
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert {"model.bin", "config.json", "source_vocabulary.json", "README.txt"} <= names
    translator = ctranslate2.Translator(str(tmp_path / "model"))
    saved = load_translator(run)
    pairs = [
        (line, target) for line in LINES if line for target in ("the dog saw", "a small mat sat on the cat")
    ]
    scored = translator.score_batch(
        [source.split() for source, _ in pairs], [target.split() for _, target in pairs]
    )
    for found, wanted in zip(scored, saved.score(pairs), strict=True):
        assert found.log_probs == pytest.approx(list(wanted.token_log_probs), abs=1e-4)


@pytest.mark.parametrize("quantization", ["int8", "float16"])
def test_rounded_weights_are_smaller(run: Path, tmp_path: Path, quantization: str) -> None:
    export_ctranslate2(run, tmp_path / "whole", sentences=LINES)
    agreement = export_ctranslate2(run, tmp_path / "small", sentences=LINES, quantization=quantization)
    assert agreement.sentences == 4
    assert agreement.same + agreement.ties >= 2
    sizes = [(tmp_path / name / "model.bin").stat().st_size for name in ("small", "whole")]
    assert sizes[0] < sizes[1]
    assert f"weights: {quantization}" in (tmp_path / "small" / "README.txt").read_text()


def test_the_folder_says_how_it_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [
        Pair(f"der {one} sah die {two}", f"the {one} saw the {two}")
        for one in ("hund", "wolf", "bär", "fuchs")
        for two in ("katze", "maus", "gans", "ente", "kuh")
    ]
    settings = {
        "width": 8,
        "heads": 2,
        "layers": 1,
        "feed_forward": 8,
        "vocab_size": 300,
        "max_steps": 2,
        "dev_fraction": 0.2,
    }
    translation.train(pairs, TranslatorConfig.model_validate(settings), out=tmp_path / "run")
    agreement = export_ctranslate2(tmp_path / "run", tmp_path / "model")  # compared on held-out pairs
    assert agreement.same + agreement.ties == agreement.sentences > 0
    text = (tmp_path / "model" / "README.txt").read_text()
    code = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    "))
    capsys.readouterr()
    exec(code.replace("FOLDER", str(tmp_path / "model")), {"line": pairs[0].source})
    assert capsys.readouterr().out.endswith("\n")


def test_nothing_is_written_when_the_translations_differ(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(spec: Any, network: Any, places: Any) -> None:
        fill(spec, network, places)
        spec.decoder.projection.weight = -spec.decoder.projection.weight

    fill = ctranslate2_export.fill
    monkeypatch.setattr(ctranslate2_export, "fill", spoil)
    with pytest.raises(TextkitError, match=r"model: not written: CTranslate2 translates only \d of 4"):
        export_ctranslate2(run, tmp_path / "model", sentences=LINES)
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused(run: Path, tmp_path: Path, make_translator: Any, monkeypatch: Any) -> None:
    recurrent = make_translator(tmp_path / "gru", "gru")
    with pytest.raises(UsageError, match="CTranslate2 has no recurrent layers, and this"):
        export_ctranslate2(recurrent, tmp_path / "model", sentences=LINES)
    with pytest.raises(UsageError, match="unknown quantization 'int4'"):
        export_ctranslate2(run, tmp_path / "model", quantization="int4")
    with pytest.raises(InputError, match="no validation text to check the conversion with"):
        export_ctranslate2(run, tmp_path / "model")
    with pytest.raises(InputError, match="there is no sentence to check the conversion with"):
        export_ctranslate2(run, tmp_path / "model", sentences=["", " "])
    with pytest.raises(CheckpointError, match="no such folder"):
        export_ctranslate2(tmp_path / "none", tmp_path / "model")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(TextkitError, match="already exists"):
        export_ctranslate2(run, tmp_path / "taken", sentences=LINES)
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(UsageError, match=r"pip install 'textkit-nlp\[ctranslate2\]'"):
        export_ctranslate2(run, tmp_path / "model", sentences=LINES)
