"""Training sentencepiece in a process of its own: `python -m textkit.text.tokenizers.sentencepiece_trainer`.

The C++ trainer does not let Python handle signals while it works, and can abort the whole process on text
it does not expect. In a child process Ctrl-C ends it at once and an abort becomes an error.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

# sentencepiece is quadratic in the length of a line (10 MB took over ten minutes), so long ones are cut.
LONGEST = 4000
# sentencepiece's own mark; it would leave out every line that holds one.
_RESERVED = "\u2585"


class TrainingFailed(Exception):  # noqa: N818 - carries sentencepiece's own words to whoever explains them
    """The trainer gave up; the message is its own."""


def train(lines: Iterable[str], settings: dict[str, Any]) -> bytes:
    """The model, as sentencepiece stores it, of `lines`; raises TrainingFailed with the trainer's message.

    Whatever ends the work early, an error in `lines` or Ctrl-C, ends the child too.
    """
    command = [
        sys.executable,
        "-P",
        "-m",
        __name__,
        json.dumps(settings),
    ]  # -P: nothing from the current folder
    pipe = subprocess.PIPE
    # A group of its own: Ctrl-C in a terminal reaches us alone, and we end the child.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0) as child:
        try:
            assert child.stdin is not None
            try:
                for piece in _pieces(lines):
                    child.stdin.write(json.dumps(piece).encode() + b"\n")
            except BrokenPipeError:
                pass  # it died; its message says why
            model, message = child.communicate()
        except BaseException:
            child.kill()
            with contextlib.suppress(BrokenPipeError):  # it would hide what ended the work
                if child.stdin is not None:
                    child.stdin.close()
            raise
    if child.returncode != 0:
        reason = message.decode("utf-8", "replace").strip() or f"it ended with status {child.returncode}"
        raise TrainingFailed(reason)
    return model


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """The lines that hold text, long ones cut, at a space where there is one."""
    for line in lines:
        line = line.replace(_RESERVED, " ")
        start = 0
        while len(line) - start > LONGEST:
            space = line.rfind(" ", start + 1, start + LONGEST + 1)
            end = space if space > 0 else start + LONGEST
            yield line[start:end]
            start = end + (space > 0)  # the space comes back as the one that begins every piece
        if line[start:].strip():
            yield line[start:]


def _main() -> int:
    """In the child: settings as an argument, lines as JSON in, the model out."""
    import sentencepiece

    written = io.BytesIO()
    lines = (json.loads(line) for line in sys.stdin.buffer)
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines, model_writer=written, minloglevel=3, **json.loads(sys.argv[1])
        )
    except Exception as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    sys.stdout.buffer.write(written.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(_main())
