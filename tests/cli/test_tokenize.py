"""`textkit tokenize`: what comes out for what goes in."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textkit.text import Vocab
from textkit.text.catalog import TOKENIZERS, make_tokenizer
from textkit.text.clean import preset
from textkit.text.tokenizers.jieba_dictionary import jieba_package
from textkit_cli.rendering import Rendering
from textkit_cli.tokenizing import Cleaning, Tokenizing
from textkit_corpora.blocks import Block, read_blocks
from textkit_corpora.readers import read_lines

LINES = [
    "Hello,  world!",
    "",
    "我来到北京清华大学 ABC",
    "tab\there\u2028and\x0cthere\rnow",
    "  ",
    "Mr. Chen doesn't agree.",
]
TEXT = "\n".join(LINES) + "\n"
Textkit = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "f.txt"
    path.write_bytes(TEXT.encode())
    return path


@pytest.mark.parametrize("name", sorted(set(TOKENIZERS) - {"sentencepiece"}))
def test_tokens_joined_by_a_space(textkit: Textkit, file: Path, name: str) -> None:
    tokenize = make_tokenizer(name)
    ran = textkit("tokenize", file, "--tokenizer", name)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.split("\n") == [*(" ".join(tokenize(line)) for line in LINES), ""]


def test_the_usual_tokenizer_suits_chinese_and_english(textkit: Textkit) -> None:
    assert textkit("tokenize", stdin="It's 3.50元!\n").out == "It's 3.50 元 !\n"


def test_white_space_of_ascii_only(textkit: Textkit, file: Path) -> None:
    ran = textkit("tokenize", "--tokenizer", "whitespace", "-t", "unicode=false", file)
    words = [[word.decode() for word in line.encode().split()] for line in LINES]
    assert "here\u2028and" in words[3]
    assert ran.out == "".join(" ".join(line) + "\n" for line in words)


def test_jieba_is_jieba(textkit: Textkit, file: Path) -> None:
    jieba = jieba_package()  # without the warnings of its age

    ran = textkit("tokenize", "--tokenizer", "jieba", file)
    assert ran.out == "".join(" ".join(jieba.cut(line)) + "\n" for line in LINES)
    ran = textkit("tokenize", "--tokenizer", "jieba", "-t", "mode=search", "-t", "hmm=false", file)
    assert ran.out == "".join(" ".join(jieba.cut_for_search(line, HMM=False)) + "\n" for line in LINES)


@pytest.mark.data
@pytest.mark.parametrize("name", ["jd/dev.tsv", "waimai/dev.tsv"])
def test_jieba_is_jieba_on_real_reviews(textkit: Textkit, name: str) -> None:
    jieba = jieba_package()  # without the warnings of its age

    folder = os.environ.get("TEXTKIT_DATA")
    if folder is None:
        pytest.skip("TEXTKIT_DATA is not set: no real data")
    path = Path(folder, "sentiment", name)
    ran = textkit("tokenize", "--tokenizer", "jieba", "-j", "2", path)
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    assert ran.out == "".join(" ".join(jieba.cut(line)) + "\n" for line in lines)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from("ab \n\r\u2028\x0b\x0c\x85中文，.&#10;"), max_size=60))
@pytest.mark.parametrize("name", ["jieba", "nltk", "spacy"])
def test_one_line_out_for_each_line_in(textkit: Textkit, text: str, name: str) -> None:
    ran = textkit("tokenize", "--tokenizer", name, "--clean", "web", stdin=text)
    assert ran.status == 0
    assert ran.out.count("\n") == text.count("\n") + (text[-1:] not in ("", "\n"))


def test_a_token_with_a_line_end_makes_no_line() -> None:
    class Odd:
        def __call__(self, text: str) -> list[str]:
            return [text, "\n", "x\ny"]

    work = Rendering(Tokenizing(Cleaning(preset("none")), Odd()))  # type: ignore[arg-type]
    assert work(Block("f", 1, ["a", "b"])).data == b"a   x y\nb   x y\n"


def test_cleaning_comes_first(textkit: Textkit) -> None:
    ran = textkit("tokenize", "--clean", "sentiment", stdin="<b>GOOD</b>！质量\n")
    assert ran.out == "good 质 量\n"


# Formats


def test_json_lines(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    tokenizer = make_tokenizer("regex")
    ran = textkit("tokenize", "--format", "jsonl", file)
    assert [json.loads(row) for row in ran.out.split("\n")[:-1]] == [
        {"tokens": tokenizer(line)} for line in LINES
    ]
    assert textkit("tokenize", file, "-o", tmp_path / "out.jsonl").out == ""
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == ran.out


@pytest.mark.parametrize("clean", ["none", "zh"])
def test_offsets_point_into_the_text(textkit: Textkit, file: Path, clean: str) -> None:
    ran = textkit(
        "tokenize", "--format", "jsonl", "--offsets", "--clean", clean, "--tokenizer", "jieba", file
    )
    for line, row in zip(LINES, ran.out.split("\n")[:-1], strict=True):
        record = json.loads(row)
        # The offsets count in the raw line, whatever was cleaned away before the tokens were cut.
        slices = [preset(clean)(line[start:end]) for start, end in record["offsets"]]
        assert [s.strip() for s in slices] == [token.strip() for token in record["tokens"]]


def test_ids_are_the_vocabularys(textkit: Textkit, file: Path, tmp_path: Path) -> None:
    vocab = Vocab.build([["Hello", ",", "world", "北"]])
    vocab.save(tmp_path / "v.txt")
    ran = textkit("tokenize", "--format", "ids", "--vocab", tmp_path / "v.txt", file)
    expected = [vocab.encode(make_tokenizer("regex")(line)) for line in LINES]
    assert [list(map(int, row.split())) for row in ran.out.split("\n")[:-1]] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "ids"], "--format ids and --vocab FILE go together"),
        (["--vocab", "v.txt"], "--format ids and --vocab FILE go together"),
        (["--offsets"], "--offsets needs --format jsonl or parquet"),
        (
            ["--format", "jason"],
            "unknown format 'jason': did you mean 'jsonl'? (known: csv, ids, jsonl, parquet, text, tsv)",
        ),
        (
            ["--errors", "strikt"],
            "unknown way with undecodable bytes 'strikt': did you mean 'strict'? (known: ",
        ),
        (
            ["--clean", "sentimant"],
            "unknown preset 'sentimant': did you mean 'sentiment'? (known: basic, en, ",
        ),
        (["--tokenizer", "jeiba"], "unknown tokenizer 'jeiba': did you mean 'jieba'? (known: characters, "),
        (["-t", "pattern"], "--tokenizer-option is KEY=VALUE, not 'pattern'"),
        (["-t", "pattern=a", "-t", "pattern=b"], "--tokenizer-option pattern is given twice"),
        (["-t", "patern=a"], "tokenizer 'regex' takes no option 'patern' (its options: pattern)"),
        (["-t", "pattern=("], "not a valid regular expression: '(': "),
        (["--tokenizer", "sentencepiece"], "tokenizer 'sentencepiece' needs the option 'model'"),
        (
            ["--tokenizer", "jieba", "-t", "hmm=maybe"],
            "tokenizer 'jieba': option 'hmm' must be true or false, not 'maybe'",
        ),
    ],
)
def test_bad_options(textkit: Textkit, file: Path, arguments: list[str], message: str) -> None:
    ran = textkit("tokenize", file, *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"textkit: error: {message}")
    assert ran.err.endswith(" (try 'textkit tokenize --help')\n")
    assert ran.err.count("\n") == 1


# Input and output


def test_many_files_and_standard_input_in_order(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"b\n"))
    ran = textkit("tokenize", tmp_path / "a.txt", "-", tmp_path / "b.txt.gz", stdin="in")
    assert ran == (0, "a\nin\nb\n", "")
    assert textkit("tokenize") == (0, "", "")


def test_fields(textkit: Textkit, tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text('{"text": "a,b", "body": "c\\nd"}\n')
    assert textkit("tokenize", tmp_path / "f.jsonl").out == "a , b\n"
    assert textkit("tokenize", tmp_path / "f.jsonl", "--field", "body").out == "c d\n"
    assert textkit("tokenize", "--field", "body", stdin='{"body": "x"}').out == "x\n"
    (tmp_path / "f.tsv").write_text("label\ttext\n1\tgood\n")
    assert textkit("tokenize", tmp_path / "f.tsv").out == "label text\n1 good\n"
    assert textkit("tokenize", tmp_path / "f.tsv", "--field", "text").out == "good\n"
    assert textkit("tokenize", tmp_path / "f.tsv", "--field", "1").out == "label\n1\n"


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_output_packed_by_suffix(textkit: Textkit, file: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out.txt{suffix}"
    assert textkit("tokenize", file, "-o", out) == (0, "", "")
    assert "".join(line + "\n" for line in read_lines(out)) == textkit("tokenize", file).out


def test_a_file_may_replace_itself(textkit: Textkit, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_text("a,b\n")
    assert textkit("tokenize", path, "-o", path).status == 0
    assert path.read_text() == "a , b\n"


def test_blocks_hold_whole_lines_and_know_their_place(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.jsonl"]
    paths[0].write_text("".join(f"line {i}\n" for i in range(7)))
    paths[1].write_text('{"text": "one"}\n')
    read = list(read_blocks([str(p) for p in paths], field=None, errors="strict", size=10))
    assert [line for block in read for line in block.strings()[0]] == [
        *(f"line {i}" for i in range(7)),
        "one",
    ]
    assert [block.first for block in read] == [1, 3, 5, 7, 1]
    assert [read[1].place(1), read[-1].place(0)] == [f"{paths[0]}:4", f"{paths[1]}: record 1"]


# Several processes


@pytest.mark.parametrize("name", ["regex", "jieba"])
def test_same_output_for_any_number_of_jobs(textkit: Textkit, tmp_path: Path, name: str) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(
        ("".join(f"{i} {line}\n" for i in range(700) for line in LINES) + "中" * 90_000).encode()
    )
    arguments = ["tokenize", path, "--tokenizer", name, "--format", "jsonl", "--offsets"]
    outputs = [textkit(*arguments, "-j", jobs) for jobs in (1, 2, 3)]
    assert outputs[0].status == 0
    assert outputs[0].out.count("\n") == 4_201
    assert outputs[1:] == outputs[:1] * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_line_that_fails_is_named_and_nothing_is_written(
    textkit: Textkit, tmp_path: Path, jobs: int
) -> None:
    Vocab.build([["a"]], specials=(), unknown=None).save(tmp_path / "v.txt")
    path, out = tmp_path / "f.txt", tmp_path / "out.txt"
    path.write_text("a\n" * 40_000 + "b\n" + "a\n" * 40_000)
    ran = textkit("tokenize", path, "-o", out, "-j", jobs, "--format", "ids", "--vocab", tmp_path / "v.txt")
    message = f"{path}:40001: the token 'b' is not in this vocabulary without unknown"
    assert ran == (1, "", f"textkit: error: {message}\n")
    assert not out.exists()
