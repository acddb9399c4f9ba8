"""Text that was decoded with the wrong encoding."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any


@functools.lru_cache(maxsize=1)
def _config() -> Any:
    from ftfy import TextFixerConfig

    # The lossy repair would put U+FFFD where bytes are missing; what cannot be restored should stay as it is.
    return TextFixerConfig(replace_lossy_sequences=False, explain=False)


@dataclass(frozen=True)
class RepairEncoding:
    """Undo mojibake: UTF-8 that was read as Latin-1, Windows-1252 and the like, by ftfy.

    Only ftfy's repair of encodings runs. Width, quotes, ligatures, entities, control characters and
    normal forms are left to other stages. UTF-8 read as GBK (浣犲ソ for 你好) is beyond ftfy.

    >>> RepairEncoding()("cafÃ© â€“ ä½\xa0å¥½")
    'café – 你好'
    >>> RepairEncoding()("“ＡＢ” ﬁ &amp;")
    '“ＡＢ” ﬁ &amp;'
    """

    def __call__(self, text: str) -> str:
        if text.isascii():
            return text
        import ftfy

        return ftfy.fix_encoding(text, _config())
