"""`textkit audit`: files of all kinds, what is found in them, and the exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Textkit = Callable[..., Any]

SOUND = "".join(f"{n % 2}\t第{n}间房，住了{n * n}天\n" for n in range(40))


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_sound_files(textkit: Textkit, tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", SOUND)
    ran = textkit("audit", path, "--strict")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "nothing was found"
    assert ran.out.splitlines()[1].split()[1] == "40"


def test_findings_for_people(textkit: Textkit, tmp_path: Path) -> None:
    train = write(tmp_path, "a.tsv", SOUND + "1\t第3间房，住了9天！\n")
    test = write(tmp_path, "b.tsv", "0\t第4间房，住了16天\n1\t别的\n")
    ran = textkit("audit", train, test)
    assert ran.status == 0
    assert f"! near copies · {train}" in ran.out
    assert f"! overlap · {train} and {test}" in ran.out
    assert f"    {test}:1: [0] 第4间房，住了16天" in ran.out
    assert "50.0 points of an accuracy" in " ".join(ran.out.split())
    assert textkit("audit", train, test, "--strict").status == 1


def test_findings_for_machines(textkit: Textkit, tmp_path: Path) -> None:
    train = write(tmp_path, "a.tsv", SOUND + "1\t第0间房，住了0天\n")
    found = json.loads(textkit("audit", train, "--json").out)
    kinds = [finding["kind"] for finding in found["findings"]]
    assert (found["sound"], kinds) == (False, ["copies", "both labels"])
    assert found["files"][0]["labels"] == {"0": 20, "1": 21}


def test_an_encoding_that_is_not_utf8(textkit: Textkit, tmp_path: Path) -> None:
    text = "1\t房间很干净，服务员的态度也不错，下次我们还会来的。\n" * 3
    path, other = write(tmp_path, "a.tsv", text.encode("gb18030")), write(tmp_path, "b.tsv", SOUND)
    ran = textkit("audit", path, other, "--strict")
    assert ran.status == 1
    said = " ".join(ran.out.split())
    assert "is not UTF-8; it seems to be GB18030" in said
    assert "iconv -f GB18030 -t UTF-8" in said
    assert json.loads(textkit("audit", path, other, "--json").out)["files"][1]["texts"] == 40


def test_records_that_cannot_be_read_do_not_stop_it(textkit: Textkit, tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", SOUND + "no tab\n\tno label\n")
    (finding,) = json.loads(textkit("audit", path, "--json").out)["findings"]
    assert (finding["kind"], finding["count"]) == ("unreadable records", 2)
    assert finding["examples"][0].startswith(f"{path}:41: has 1 columns")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("u.txt", "一行\n另一行\n一行\n"),
        ("u.csv", "id,text\n1,一行\n2,另一行\n3,一行\n"),
        ("u.jsonl", '{"text":"一行"}\n{"text":"另一行"}\n{"text":"一行"}\n'),
    ],
)
def test_files_without_labels(textkit: Textkit, tmp_path: Path, name: str, data: str) -> None:
    found = json.loads(textkit("audit", write(tmp_path, name, data), "--json").out)
    assert "labels" not in found["files"][0]
    assert [finding["kind"] for finding in found["findings"]] == ["copies"]


def test_a_report_in_a_file(textkit: Textkit, tmp_path: Path) -> None:
    path, out = write(tmp_path, "a.tsv", SOUND), tmp_path / "report.txt"
    assert textkit("audit", path, "-o", out).out == ""
    assert out.read_text().endswith("nothing was found\n")


def test_what_is_wrong_takes_one_line(textkit: Textkit, tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", SOUND)
    assert "no such file" in textkit("audit", tmp_path / "none.tsv").err
    assert "a file is named twice" in textkit("audit", path, path).err
    assert "is empty" in textkit("audit", write(tmp_path, "e.tsv", "")).err
    ran = textkit("audit", write(tmp_path, "c.csv", "text,label\na,1\n"), "--label-column", "lable")
    assert "did you mean 'label'" in ran.err
    assert ran.err.count("\n") == 1


def test_records_without_a_text_are_an_error(textkit: Textkit, tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"tokens": ["a"]}\n' * 3)
    ran = textkit("audit", path)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"textkit: error: {path}:1: has no field")


def test_bytes_that_are_no_text(textkit: Textkit, tmp_path: Path) -> None:
    ran = textkit("audit", write(tmp_path, "a.tsv", bytes(range(253, 127, -1)) * 20))
    assert "is not UTF-8, nor anything likely" in ran.out
    assert "is it text at all?" in " ".join(ran.out.split())


def test_long_labels_are_shown_by_their_beginning(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_text("label\ttext\n" + f"{'l' * 50_000}\tgood\nm\tbad\n" * 3)
    ran = textkit("audit", tmp_path / "f.tsv")
    assert ran.status == 0
    assert "l" * 39 + "… 3, m 3" in ran.out
    assert len(ran.out) < 10_000


def test_labels_cannot_steer_the_terminal(textkit: Textkit, tmp_path: Path) -> None:
    text = SOUND.replace("1\t", "\x1b[31m\t")
    ran = textkit("audit", write(tmp_path, "a.tsv", text), write(tmp_path, "b.tsv", "x\t第3间房，住了9天\n"))
    assert "\x1b" not in ran.out
    assert "\\x1b[31m 20" in ran.out
