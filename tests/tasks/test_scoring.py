"""BLEU, chrF and TER: sacrebleu called directly is the oracle; the splitting follows the language."""

from __future__ import annotations

import importlib.util
import os
import random

import pytest
import sacrebleu
from sacrebleu.significance import PairedTest

from textkit.errors import InputError, UsageError
from textkit.tasks.translation.scoring import Scorer, bleu
from textkit.tasks.translation.splitting import choose_splitting, look_for_language

WORDS = ["A", "the", "small", "Green", "dog,", "cat", "sat", "ran.", "on", "under", "a", "mat", "log"]
GENERATOR = random.Random(5)
REFERENCES = [" ".join(GENERATOR.choices(WORDS, k=GENERATOR.randrange(3, 12))) for _ in range(40)]
OTHERS = [" ".join(reversed(line.split())) for line in REFERENCES]


def spoilt(share: float, *, seed: int) -> list[str]:
    generator = random.Random(seed)
    return [
        " ".join(generator.choice(WORDS) if generator.random() < share else word for word in line.split())
        for line in REFERENCES
    ]


GOOD, BAD = spoilt(0.15, seed=1), spoilt(0.6, seed=2)


@pytest.mark.parametrize("lowercase", [False, True])
def test_scores_are_those_of_sacrebleu(lowercase: bool) -> None:
    scorer = Scorer(("bleu", "chrf", "ter"), resamples=0, lowercase=lowercase)
    found = {each.name: each for each in scorer.measure(BAD, [REFERENCES, OTHERS])}
    both = [REFERENCES, OTHERS]
    assert found["BLEU"].score == sacrebleu.corpus_bleu(BAD, both, lowercase=lowercase).score
    chrf = sacrebleu.CHRF(lowercase=lowercase)
    assert found["chrF2"].score == chrf.corpus_score(BAD, both).score
    ter = sacrebleu.TER(case_sensitive=not lowercase)
    assert found["TER"].score == ter.corpus_score(BAD, both).score
    case = "lc" if lowercase else "mixed"
    version = sacrebleu.__version__
    signature = f"nrefs:2|case:{case}|eff:no|tok:13a|smooth:exp|version:{version}"
    assert (found["BLEU"].signature, found["BLEU"].interval) == (signature, None)
    assert bleu(GOOD, REFERENCES) == sacrebleu.corpus_bleu(GOOD, [REFERENCES]).score


def test_intervals_are_those_of_sacrebleu_and_its_seed_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SACREBLEU_SEED", "99")
    (found,) = Scorer(("bleu",), resamples=50, seed=7).measure(GOOD, [REFERENCES])
    assert os.environ["SACREBLEU_SEED"] == "99"
    assert "|bs:50|seed:7|" in "|" + found.signature
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    wanted = sacrebleu.BLEU(force=True).corpus_score(GOOD, [REFERENCES], n_bootstrap=50)
    assert found.interval is not None
    assert found.mean == pytest.approx(sum(found.interval) / 2)
    assert f"{found.mean:.3f} ± {(found.interval[1] - found.interval[0]) / 2:.3f}" in wanted.format(width=3)


def test_an_interval_ends_where_the_measure_does() -> None:
    few = ["the cat sat on the mat", "no dog was there at all"]
    (found,) = Scorer(("bleu",), resamples=50).measure(few, [[few[0], "a bird sang in the tree"]])
    assert found.interval is not None
    assert found.interval[1] == 100


def test_a_comparison_is_the_paired_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SACREBLEU_SEED", raising=False)
    scorer = Scorer(("bleu", "chrf"), resamples=60, seed=12345)
    found = scorer.compare(GOOD, BAD, [REFERENCES])
    metrics = {"bleu": sacrebleu.BLEU(force=True), "chrf": sacrebleu.CHRF()}
    test = PairedTest([("b", BAD), ("s", GOOD)], metrics, [REFERENCES], test_type="bs", n_samples=60)
    _, wanted = test()
    for each in found:
        old, new = wanted[each.name]
        assert (each.baseline, each.difference, each.p) == (old.score, new.score - old.score, new.p_value)
        assert each.difference > 0
        assert each.p < 0.1
    assert "SACREBLEU_SEED" not in os.environ
    assert scorer.compare(GOOD, GOOD, [REFERENCES])[0].difference == 0


def test_chinese_is_never_measured_as_13a_unless_forced() -> None:
    lines, said = ["他在北京学习中文。", "我 们 喜 欢 Python。"], list[str]()
    (found,) = Scorer(("bleu",), resamples=0).measure(lines, [lines])
    assert "|tok:zh|" in found.signature
    (found,) = Scorer(("bleu",), resamples=0, language="zh_CN").measure(["x"], [["y"]])
    assert "|tok:zh|" in found.signature
    forced = Scorer(("bleu",), resamples=0, splitting="13a", say=said.append)
    assert "|tok:13a|" in forced.measure(lines, [lines])[0].signature
    assert said == [
        "13a takes whole Chinese sentences for one word: the score says little; leave out the tokenizer, "
        "or take zh"
    ]
    (ter,) = Scorer(("ter",), resamples=0).measure(["他在北京学。"], [["他在北京学习。"]])
    assert 0 < ter.score < 100  # by characters


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我们在学习", "zh"),
        ("私は学校に行きます", "ja"),
        ("나는 학교에 갑니다", "ko"),
        ("Wir lernen heute viel (北京).", ""),
        ("", ""),
    ],
)
def test_the_language_is_looked_at(text: str, language: str) -> None:
    assert look_for_language([text] * 3) == language


def test_japanese_and_korean_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert choose_splitting(None, "ja", [], say=said.append) == "char"
    assert choose_splitting(None, "kor", [], say=said.append) == "char"
    assert said == [
        "ja-mecab is not installed: BLEU counts characters (char); pip install 'sacrebleu[ja]'",
        "ko-mecab is not installed: BLEU counts characters (char); pip install 'sacrebleu[ko]'",
    ]
    with pytest.raises(UsageError, match=r"pip install 'sacrebleu\[ja\]', or take char"):
        choose_splitting("ja-mecab", "ja", [], say=said.append)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    assert choose_splitting(None, "ko-KR", [], say=said.append) == "ko-mecab"
    assert choose_splitting("zh", "de", [], say=said.append) == "zh"
    assert "not meant for the language 'de'" in said[-1]
    assert choose_splitting(None, "de", [["今天天气很好。"]], say=said.append) == "13a"
    assert said[-1] == "the references are in the letters of 'zh', not 'de': the score says little"
    with pytest.raises(UsageError, match="languages go by their codes, such as zh, ja or de, not 'chinese'"):
        choose_splitting(None, "chinese", [], say=said.append)


def test_what_cannot_be_measured() -> None:
    scorer = Scorer(resamples=0)
    with pytest.raises(InputError, match="2 translations do not match 1 lines of reference 2"):
        scorer.measure(["a", "b"], [["a", "b"], ["a"]])
    with pytest.raises(InputError, match="there is nothing to measure"):
        scorer.measure([], [[]])
    assert scorer.measure(["", ""], [["a b", ""]])[0].score == 0
    with pytest.raises(UsageError, match="unknown metric 'blue': did you mean 'bleu'"):
        Scorer(("blue",))
    with pytest.raises(UsageError, match="name at least one metric"):
        Scorer(())
    with pytest.raises(UsageError, match="2 resamples or more"):
        Scorer(resamples=1)
    with pytest.raises(UsageError, match="unknown tokenizer '13b'"):
        Scorer(resamples=0, splitting="13b").measure(["a"], [["a"]])
