"""What a size of memory may look like on the command line."""

from __future__ import annotations

import pytest

from textkit.errors import UsageError
from textkit_cli.options import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1M", 10**6),
        ("500m", 5 * 10**8),
        ("500MB", 5 * 10**8),
        ("2G", 2 * 10**9),
        ("1.5GiB", 3 << 29),
        ("1 MiB", 1 << 20),
        ("1024KiB", 1 << 20),
        ("1000000", 10**6),
        ("1000000B", 10**6),
        (" 1T ", 10**12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "M", "many", "-5M", "5X", "1,5G", "1e9", "0x10M", "٣M", "9" * 400 + "T", "5MM", "inf"]
)
def test_nonsense_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="a size is a number of bytes with K, M, G, KiB"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0", "999K", "0.9MB", "500"])
def test_too_small_a_size_is_told(text: str) -> None:
    with pytest.raises(UsageError, match=f"a size must be 1M at least, not '{text}'"):
        parse_size(text)
