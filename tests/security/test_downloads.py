"""The one door to the network is `datasets`, for data sets by name; nothing else is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from textkit.errors import InputError
from textkit_corpora.hub import from_datasets


@pytest.mark.parametrize(
    "name",
    [
        *(
            "http://127.0.0.1:1/a.csv",
            "https://127.0.0.1:1/a",
            "ftp://127.0.0.1/a.jsonl",
            "hf://datasets/a/b.csv",
        ),
        *("zip://a.csv::http://127.0.0.1:1/a.zip", "s3://bucket/a.parquet", "file:///etc/passwd"),
    ],
)
def test_addresses_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is asked for, by plain http least of all."""
    import datasets

    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: pytest.fail("was asked for"))
    for source in (name, [name]):
        with pytest.raises(InputError, match="is an address; fetch the file, look at it, and name the file"):
            list(from_datasets(source))


def test_the_page_names_the_door_as_it_is_called() -> None:
    page = Path(__file__).parents[2] / "SECURITY.md"
    if not page.exists():
        pytest.skip("SECURITY.md is not beside these tests")
    assert f"`{from_datasets.__module__}.{from_datasets.__name__}(" in page.read_text(encoding="utf-8")


def test_data_sets_by_name_are_streamed_and_run_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    asked: dict[str, Any] = {}

    def load(*arguments: object, **options: object) -> list[dict[str, str]]:
        asked.update(options, arguments=arguments)
        return [{"text": "to be"}]

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert list(from_datasets("owner/name", revision="abc")) == [{"text": "to be"}]
    assert asked == {
        "arguments": ("owner/name", None),
        "split": "train",
        "revision": "abc",
        "streaming": True,
    }


def test_the_hub_is_asked_by_https() -> None:
    """The address and the time limits are those of huggingface_hub; a plain one would be of HF_ENDPOINT."""
    from huggingface_hub import constants

    assert constants.ENDPOINT.startswith("https://")
    assert 0 < constants.HF_HUB_DOWNLOAD_TIMEOUT <= 60
