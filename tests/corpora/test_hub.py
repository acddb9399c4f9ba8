"""Reading through the datasets library."""

from __future__ import annotations

from pathlib import Path

import pytest

from textkit.errors import InputError
from textkit_corpora.hub import from_datasets
from textkit_corpora.readers import read_lines
from textkit_corpora.tables import read_rows


def write(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    # Where another test has imported it, the environment comes too late, and it retries for half a minute.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("offline")
def test_datasets_reads_local_files(tmp_path: Path) -> None:
    text = write(tmp_path, "f.txt", "a\n中\u2028b\n")
    assert [row["text"] for row in from_datasets(text)] == list(read_lines(text))
    for name, data in {
        "f.jsonl": '{"text": "a", "n": 1}\n{"text": "b", "n": 2}\n',
        "f.csv": 'text,n\n"a, b",1\nb,2\n',
        "f.tsv": 'text\tn\n"a\t1\nb\t2\n',
    }.items():
        path = write(tmp_path, name, data)
        rows = [{"text": row["text"], "n": int(row["n"])} for row in read_rows(path)]
        assert list(from_datasets(str(path))) == rows
    assert len(list(from_datasets([text, text]))) == 4
    with pytest.raises(InputError, match=r"none.txt: no such file$"):
        from_datasets("none.txt")


@pytest.mark.usefixtures("offline")
def test_datasets_offline_says_so_in_one_line() -> None:
    with pytest.raises(InputError, match=r"^nobody/nothing: cannot be loaded: ") as caught:
        list(from_datasets("nobody/nothing", revision="abc"))
    assert "\n" not in str(caught.value)
