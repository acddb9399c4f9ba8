"""An audit finds what was put into the texts, counts it, and keeps quiet about sound ones."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from textkit.tasks.classification.audit import audit_texts
from textkit.tasks.classification.audited import AuditedTexts, Finding, key
from textkit.tasks.classification.audited_text import telling_lengths

WORDS = [
    "房间",
    "早餐",
    "服务",
    "位置",
    "前台",
    "电梯",
    "空调",
    "浴室",
    "阳台",
    "行李",
    "司机",
    "包装",
    "味道",
]
WORDS += ["分量", "屏幕", "电池", "键盘", "音质", "做工", "颜色"]


def sound(size: int, *, seed: int, name: str = "a.tsv", labels: tuple[str, ...] = ("0", "1")) -> AuditedTexts:
    """Texts with nothing to be found: all different, labels by chance, of one length."""
    generator = np.random.default_rng(seed)
    texts = ["".join(generator.choice(WORDS, 8)) + f"第{seed}批{n:06}号" for n in range(size)]
    drawn = [labels[each] for each in generator.integers(0, len(labels), size)]
    return AuditedTexts(name, tuple(texts), tuple(drawn), tuple(f"{name}:{n}" for n in range(1, size + 1)))


def changed(file: AuditedTexts, texts: dict[int, str], labels: dict[int, str] | None = None) -> AuditedTexts:
    """The same with other texts (and labels) at some places."""
    more = labels or {}
    assert file.labels is not None
    return AuditedTexts(
        file.name,
        tuple(texts.get(index, text) for index, text in enumerate(file.texts)),
        tuple(more.get(index, label) for index, label in enumerate(file.labels)),
        file.places,
    )


def found(*files: AuditedTexts) -> dict[str, Finding]:
    return {finding.kind: finding for finding in audit_texts(files).findings}


def test_sound_texts_have_no_findings() -> None:
    audit = audit_texts([sound(200, seed=1), sound(100, seed=2, name="b.tsv")])
    assert audit.findings == ()
    assert audit.sound


def test_copies_near_copies_and_both_labels() -> None:
    file = sound(100, seed=1)
    first, label = file.texts[0], (file.labels or ())[0]
    other = "1" if label == "0" else "0"
    findings = found(
        changed(
            file,
            {5: first, 7: f"{first}！ ", 9: first.replace("第1批", "第１批")},
            {5: label, 7: other, 9: label},
        )
    )
    assert findings["copies"].count == 1
    assert findings["copies"].message == "1 of 100 texts (1.0%) are copies of earlier ones"
    assert findings["near copies"].count == 2
    torn = findings["both labels"]
    assert torn.count == 4
    assert "no classifier can be right on 1 of them: the best accuracy there is is 0.9900" in torn.effect
    assert all(findings[kind].false for kind in ("copies", "near copies", "both labels"))
    assert torn.examples[0].startswith("a.tsv:1: [")


def test_overlap_between_files() -> None:
    train, test = sound(100, seed=1), sound(50, seed=2, name="b.tsv")
    assert train.labels is not None
    other = "1" if train.labels[11] == "0" else "0"
    leaky = changed(test, {3: train.texts[10], 4: f"“{train.texts[11]}”"}, {3: train.labels[10], 4: other})
    findings = found(train, leaky)
    assert findings["overlap"].message == "1 of 50 texts of b.tsv (2.0%) stand in a.tsv too"
    assert findings["near overlap"].message.endswith("in a.tsv too, 1 of them with another label")
    assert findings["overlap"].count == findings["near overlap"].count == 1
    assert findings["overlap"].file == "a.tsv and b.tsv"
    assert "up to 2.0 points of an accuracy are memory" in findings["overlap"].effect
    assert findings["overlap"].examples[0].startswith("b.tsv:4: [")
    assert not audit_texts([train, leaky]).sound


def test_labels_lopsided_rare_and_sorted() -> None:
    file = sound(400, seed=1)
    lopsided = AuditedTexts("a", file.texts, ("1", "1", "1", "0") * 100, file.places)
    assert "accuracy of 0.7500" in found(lopsided)["lopsided labels"].effect
    rare = AuditedTexts("a", file.texts, ("2",) * 3 + ("0", "1") * 198 + ("0",), file.places)
    assert found(rare)["rare labels"].count == 3
    in_order = AuditedTexts("a", file.texts, ("0",) * 200 + ("1",) * 200, file.places)
    assert (
        "changes 1 times from record to record, by chance 200 times"
        in found(in_order)["sorted by label"].message
    )
    alone = AuditedTexts("a", file.texts, ("1",) * 400, file.places)
    assert found(alone)["one label"].false


def test_labels_that_differ_between_files() -> None:
    train, test = sound(100, seed=1), sound(100, seed=2, name="b.tsv")
    foreign = changed(test, {}, {0: "2", 1: "2"})
    assert found(train, foreign)["unknown labels"].count == 2
    moved = AuditedTexts("b.tsv", test.texts, ("0",) + ("1", "1", "1") * 33, test.places)
    assert "other shares" in found(train, moved)


def test_a_label_that_stands_in_its_texts() -> None:
    file = sound(200, seed=3, labels=("好评", "差评"))
    assert file.labels is not None
    named = {
        n: f"{text}{label}"
        for n, (text, label) in enumerate(zip(file.texts, file.labels, strict=True))
        if n < 90
    }
    finding = found(changed(file, named))["label in the text"]
    assert not finding.false
    assert "stands in" in finding.message


def test_lengths_that_tell_the_label() -> None:
    file = sound(100, seed=1)
    assert file.labels is not None
    longer = {n: file.texts[n] * 3 for n in range(100) if file.labels[n] == "1"}
    assert "area under the curve 1.00" in found(changed(file, longer))["telling lengths"].message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (" \u3000", "empty texts"),
        ("东西不错\ufffd\ufffd，下次再来", "lost characters"),
        ("前面锟斤拷后面", "lost characters"),
        ("è¿™ä¸ªä¸œè¥¿å¾ˆå¥½ï¼Œä¸‹æ¬¡è¿˜ä¹°", "wrong decoding"),
        ("看不见\u200b的字", "invisible characters"),
        ("很好<br/>真的&nbsp;很好", "markup"),
        ("這個東西質量很好", "traditional characters"),
    ],
)
def test_damage(text: str, kind: str) -> None:
    file = sound(60, seed=1)
    findings = found(changed(file, {4: text}))
    assert list(findings) == [kind]
    assert findings[kind].count == 1
    assert findings[kind].examples[0].startswith("a.tsv:5:")


def test_files_that_cannot_be_read_and_records_that_cannot() -> None:
    foreign = AuditedTexts("g.tsv", (), None, (), encoding="GB18030")
    finding = found(foreign)["encoding"]
    assert finding.false
    assert "it seems to be GB18030" in finding.message
    assert "iconv -f GB18030 -t UTF-8" in finding.effect
    file = sound(60, seed=1)
    broken = AuditedTexts(file.name, file.texts, file.labels, file.places, faults=("a.tsv:9: has 1 columns",))
    assert found(broken)["unreadable records"].examples == ("a.tsv:9: has 1 columns",)


def test_facts_and_texts_without_labels() -> None:
    file = sound(100, seed=1)
    bare = AuditedTexts("u.txt", (*file.texts[:99], file.texts[0]), None, file.places)
    audit = audit_texts([bare, AuditedTexts("g.tsv", (), None, (), encoding="unknown")])
    facts = audit.as_dict()["files"]
    assert facts[1] == {"file": "g.tsv", "texts": 0}
    assert facts[0]["standard_error"] == pytest.approx(0.03)
    assert facts[0]["characters"]["50"] == int(np.median([len(text) for text in file.texts]))
    assert {finding.kind for finding in audit.findings} == {"encoding", "copies"}


def test_examples_are_as_many_as_asked_for() -> None:
    file = sound(60, seed=1)
    copied = changed(file, dict.fromkeys(range(10), file.texts[20]))
    (copies,) = [f for f in audit_texts([copied], examples=4).findings if f.kind == "copies"]
    assert (copies.count, len(copies.examples)) == (10, 4)


def test_the_key_of_a_text() -> None:
    assert key("Ｇｏｏｄ！！ 很 好。") == key("good很好")
    assert key("很好") != key("很差")
    assert key("👍") != key("👎")
    assert key("。。。") == ""


def test_one_long_label_takes_no_memory_of_the_others() -> None:
    file = sound(20_000, seed=4)
    assert file.labels is not None
    odd = AuditedTexts(file.name, file.texts, ("x" * 1_000_000, *file.labels[1:]), file.places)
    tracemalloc.start()
    list(telling_lengths(odd))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_few_texts_of_a_label_have_no_telling_length() -> None:
    file = sound(60, seed=3)
    few = AuditedTexts(file.name, file.texts, ("rare",) * 3 + ("0",) * 57, file.places)
    short = changed(few, {0: "a", 1: "b", 2: "c"})
    assert "telling lengths" not in found(short)
    many = AuditedTexts(file.name, file.texts, ("rare",) * 30 + ("0",) * 30, file.places)
    assert "telling lengths" in found(changed(many, {index: f"短{index}" for index in range(30)}))


def test_of_very_many_labels_the_frequent_ones_are_looked_at() -> None:
    labels = tuple(f"label{number // 2}" for number in range(300)) + ("most",) * 5
    file = AuditedTexts("a.tsv", labels, labels, labels)
    assert len(file.frequent_labels()) == 100
    assert file.frequent_labels(least=3) == ["most"]
