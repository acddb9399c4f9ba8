"""What shells are told when a user presses Tab, by the protocol that they speak."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from textkit.tasks.chapters import CHAPTERS
from textkit.text.catalog import TOKENIZERS
from textkit.text.clean import PRESETS
from textkit_cli import completion
from textkit_cli.main import COMMANDS, main
from textkit_corpora import available


class Shells:
    """What each shell is told after a line that ends where the user stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def bash(self, line: str) -> list[str]:
        words = line.split(" ")
        return self._told("bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)).split()

    def zsh(self, line: str) -> str:
        return self._told("zsh", _TYPER_COMPLETE_ARGS=line)

    def fish(self, line: str) -> list[str]:
        told = self._told("fish", _TYPER_COMPLETE_ARGS=line, _TYPER_COMPLETE_FISH_ACTION="get-args")
        return [row.split("\t")[0] for row in told.splitlines()]

    def _told(self, shell: str, **variables: str) -> str:
        with self._monkeypatch.context() as patch:
            for name, value in {"_TEXTKIT_COMPLETE": f"complete_{shell}", **variables}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                sys.exit(main([]))
        assert ended.value.code == 0
        out = self._capsys.readouterr()
        assert out.err == ""
        return out.out


@pytest.fixture
def shells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shells:
    """The shells."""
    return Shells(monkeypatch, capsys)


def test_commands(shells: Shells) -> None:
    assert shells.bash("textkit ") == list(COMMANDS)
    assert shells.bash("textkit tok") == shells.fish("textkit tok") == ["tokenize"]
    assert "tokenize" in shells.zsh("textkit tok")
    assert shells.bash("textkit corpora ") == ["list", "show", "path"]


def test_options(shells: Shells) -> None:
    assert shells.bash("textkit tokenize --cl") == shells.fish("textkit tokenize --cl") == ["--clean"]
    assert "--clean" in shells.zsh("textkit tokenize --cl")
    assert {"--model", "--epochs", "--arpa"} <= set(shells.bash("textkit train-lm --"))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("tokenize --tokenizer ", [*TOKENIZERS]),
        ("train-lm text.txt --tokenizer ", [*TOKENIZERS]),
        ("tokenize --tokenizer j", ["jieba"]),
        ("tokenize --clean ", [*PRESETS]),
        ("tokenize --format p", ["parquet"]),
        ("train-lm --model l", ["lstm"]),
        ("train-classifier --preset text", ["textcnn"]),
        ("train-nmt --preset transformer-t", ["transformer-tiny"]),
        ("corpora show ", [*available()]),
        ("chapter run ", [*CHAPTERS]),
    ],
)
def test_values(shells: Shells, line: str, names: list[str]) -> None:
    assert shells.bash(f"textkit {line}") == names
    assert shells.fish(f"textkit {line}") == names
    assert all(name in shells.zsh(f"textkit {line}") for name in names)


def test_where_nothing_is_known_the_shell_offers_files(shells: Shells) -> None:
    assert shells.bash("textkit score te") == []
    assert shells.zsh("textkit score te") == "_files\n"
    # Else it is for the shell that started the tests, and not every shell has completion.
    environment = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    told = subprocess.run(
        [sys.executable, "-m", "textkit_cli", "--show-completion", "bash"],
        capture_output=True,
        check=False,
        env=environment,
    )
    assert b"complete -o default" in told.stdout


@pytest.mark.parametrize("line", ["textkit nonsense ", "textkit tokenize --nonsense x"])
def test_nonsense_is_met_with_silence(shells: Shells, line: str) -> None:
    assert set(shells.bash(line)) <= set(COMMANDS)


def test_a_fault_is_met_with_silence(shells: Shells, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[str]:
        raise ImportError

    monkeypatch.setitem(completion.NAMES, "corpora show name", broken)
    assert shells.bash("textkit corpora show ") == []


@pytest.mark.parametrize("line", ["textkit ", "textkit tokenize --tokenizer ", "textkit corpora show "])
def test_nothing_heavy_is_imported(line: str) -> None:
    code = "import sys, textkit_cli.main as m\ntry: m.main([])\nfinally: print(*sys.modules, file=sys.stderr)"
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_TEXTKIT_COMPLETE": "complete_bash"}
    environment = {"PATH": str(Path(sys.executable).parent), **words}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert ran.stdout
    assert not {"torch", "numpy", "spacy", "numba"} & set(ran.stderr.split())
