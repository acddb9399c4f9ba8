"""`textkit bleu` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sacrebleu

RIGHT = ["The small dog sat on the mat.", "A cat ran under the old table.", "", "They went home late."] * 5
FOUND = ["The small dog sat on a mat.", "A cat ran under a table.", "x", "They went home late."] * 5


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, lines in {"ref": RIGHT, "hyp": FOUND, "zh": ["他在北京学习。"] * 4}.items():
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_scores_with_signatures_and_intervals(files: Path, textkit) -> None:
    said = textkit("bleu", "--ref", files / "ref", files / "hyp")
    assert (said.status, said.err) == (0, "")
    heads, first, second, blank, *signatures = said.out.splitlines()
    assert heads.split() == ["score", "95", "%", "interval"]
    wanted = sacrebleu.corpus_bleu(FOUND, [RIGHT])
    assert first.split()[:2] == ["BLEU", f"{wanted.score:.2f}"]
    assert (second.split()[0], blank) == ("chrF2", "")
    assert signatures[0].startswith("BLEU|nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|")
    assert signatures[1].startswith("chrF2|nrefs:1|")
    piped = textkit("bleu", "--ref", files / "ref", stdin=(files / "hyp").read_bytes())
    assert piped == said


def test_json_without_intervals(files: Path, textkit) -> None:
    said = textkit(
        "bleu", "--ref", files / "ref", "--ref", files / "hyp", files / "hyp", "--json", "--no-confidence",
        "--metric", "ter", "--metric", "bleu", "--lowercase",
    )  # fmt: skip
    result = json.loads(said.out)
    assert list(result) == ["TER", "BLEU"]
    assert result["BLEU"]["score"] == pytest.approx(100)
    assert list(result["TER"]) == ["score", "signature"]


def test_a_comparison_with_a_baseline(files: Path, textkit) -> None:
    said = textkit("bleu", "--ref", files / "ref", files / "ref", "--baseline", files / "hyp", "--json")
    result = json.loads(said.out)["BLEU"]
    assert result["difference"] == pytest.approx(result["score"] - result["baseline"])
    assert result["difference"] > 0
    assert 0 < result["p"] < 0.05
    table = textkit("bleu", "--ref", files / "ref", files / "ref", "--baseline", files / "hyp", "-q").out
    assert table.splitlines()[0].split()[-3:] == ["baseline", "difference", "p"]


def test_chinese_is_split_as_chinese(files: Path, textkit) -> None:
    said = textkit("bleu", "--ref", files / "zh", files / "zh", "--no-confidence")
    assert "|tok:zh|" in said.out
    assert said.err == ""
    forced = textkit("bleu", "--ref", files / "zh", files / "zh", "--no-confidence", "--tokenize", "13a")
    assert "|tok:13a|" in forced.out
    assert forced.err.count("\n") == 1
    assert "takes whole Chinese sentences for one word" in forced.err


def test_what_is_refused(files: Path, textkit) -> None:
    def refused(*arguments: object, status: int = 1) -> str:
        said = textkit("bleu", *arguments)
        assert (said.status, said.out, said.err.count("\n")) == (status, "", 1)
        return said.err

    assert "name a file with the right translations: --ref F" in refused(files / "hyp", status=2)
    message = refused("--ref", files / "zh", files / "hyp")
    assert f"{files / 'hyp'} has 20 lines, {files / 'zh'} has 4" in message
    message = refused("--ref", files / "ref", files / "hyp", "--baseline", files / "zh")
    assert f"{files / 'zh'} has 4" in message
    (files / "empty").write_text("")
    assert "is empty" in refused("--ref", files / "empty", files / "empty")
    assert "no such file" in refused("--ref", files / "none", files / "hyp")
    assert "standard input can be read once only" in refused("--ref", "-", "-", status=2)
    assert "unknown metric 'rouge'" in refused("--ref", files / "ref", "--metric", "rouge", status=2)
    assert "unknown tokenizer 'zhh'" in refused(
        "--ref", files / "ref", files / "ref", "--tokenize", "zhh", status=2
    )
