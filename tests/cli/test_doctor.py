"""`textkit doctor`: all is well here, and where it is not that is said, whatever breaks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from textkit_cli import diagnosis, selfcheck_process
from textkit_cli.findings import DoubtError, Finding, checked
from textkit_cli.selfchecks import CHECKS, TORCH_CHECKS, Check

NATIVE = [*CHECKS, *TORCH_CHECKS]


def doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it in a process."""
    command = [sys.executable, "-m", "textkit_cli", "doctor", *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_all_is_well_here() -> None:
    ran = doctor("--json")
    findings = {each["what"]: each for each in map(json.loads, ran.stdout.splitlines())}
    assert [each for each in findings.values() if each["state"] == "fault"] == []
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {"python", "textkit", "libraries", "processor", "memory", "encoding", *NATIVE} <= findings.keys()
    assert "float32 and bfloat16 are right" in findings["torch"]["found"]


SABOTAGE = {
    "torch": "raise RuntimeError('two\\nlines of \\x1b[31m')",
    "sentencepiece": "import os; os.abort()",
    "opencc": "raise SystemExit(0)",
    "spacy": "raise ModuleNotFoundError('no spacy')",
    "pyarrow": "print('noise'); import os; os._exit(0)",
    "safetensors": "1 +",
    "scipy": "",
}


def test_broken_packages_are_told(tmp_path: Path) -> None:
    for name, code in SABOTAGE.items():
        (tmp_path / f"{name}.py").write_text(code)
    ran = doctor(PYTHONPATH=str(tmp_path))
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert "Traceback" not in ran.stdout
    lines = {line.split(": ")[0]: line for line in ran.stdout.splitlines()}
    for name in (
        "torch",
        "gpu",
        "compiled search",
        "compiled attention",
        "sentencepiece",
        "opencc",
        "spacy",
        "pyarrow",
    ):
        assert f"fault    {name}" in lines
    assert "ok       numpy" in lines
    assert "fault    safetensors" in lines
    assert "ended by SIGABRT: install it again: pip install" in lines["fault    sentencepiece"]
    assert lines["fault    spacy"].endswith("install it again: pip install --force-reinstall --no-deps spacy")
    assert "ended with status 0" in lines["fault    pyarrow"]
    assert "RuntimeError: two: " in lines["fault    torch"]
    assert ran.stdout.splitlines()[-1].startswith(
        f"{len([each for each in lines if 'fault ' in each])} faults"
    )


def raising(error: BaseException) -> Any:
    """A check that raises."""

    def check() -> str:
        raise error

    return check


def test_findings() -> None:
    assert checked("x", lambda: "well") == Finding("ok", "x", "well")
    assert checked("x", raising(DoubtError("so", "do"))) == Finding("warning", "x", "so", "do")
    fault = checked("x", raising(AssertionError()), package="p q")
    assert (fault.state, fault.found) == ("fault", "AssertionError")
    assert fault.do.endswith("--no-deps p q")


def test_a_process_that_gives_no_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("python", options["timeout"], output=b'{"begun": "a"}\n{"beg')

    monkeypatch.setattr(subprocess, "run", hang)
    checks = {name: Check(lambda: "", "p") for name in ("a", "b")}
    found = selfcheck_process._ask({"a": checks["a"]}, timeout=3)
    assert found[0].line().startswith("fault    a: gave no answer in 3 seconds: install it again")
    monkeypatch.setattr(subprocess, "run", raising_run := raising(OSError(11, "No more processes")))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: raising_run())
    found = selfcheck_process._ask(checks, timeout=3)
    assert [each.what for each in found] == ["a", "b"]
    assert "no process could be started: no more processes" in found[0].line()


def found_by_name() -> dict[str, Finding]:
    """What is found without other processes."""
    return {finding.what: finding for finding in diagnosis.diagnose()}


def test_a_full_disk_is_a_fault_and_little_room_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((1e6, "fault"), (5e8, "warning"), (5e9, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: SimpleNamespace(free=free))
        found = found_by_name()
        assert found["temporary folder"].state == found["room for caches"].state == state


def test_missing_and_foreign_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    real = diagnosis._version
    monkeypatch.setattr(diagnosis, "_version", lambda name: "" if name in ("ftfy", "onnx") else real(name))
    found = found_by_name()
    assert (
        found["libraries"].line().startswith("fault    libraries: ModuleNotFoundError: not installed: ftfy")
    )
    assert "pip install 'textkit-nlp[onnx]' gives ONNX" in found["extra onnx"].line()
    monkeypatch.setattr(diagnosis, "_version", lambda name: "0.0.1" if name == "ftfy" else real(name))
    assert "ftfy 0.0.1 (" in found_by_name()["libraries"].line()
    assert found_by_name()["libraries"].state == "warning"


def test_machine_and_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = "MemTotal: 9000000 kB\nMemAvailable: 500000 kB\n"
    monkeypatch.setattr(diagnosis, "_read", lambda path: memory if path == "/proc/meminfo" else "")
    monkeypatch.setattr(diagnosis.locale, "getpreferredencoding", lambda _do: "ANSI_X3.4-1968")
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    found = found_by_name()
    assert [found[name].state for name in ("memory", "encoding", "processor")] == ["warning"] * 3
    assert "9.2 GB, 0.5 GB free" in found["memory"].line()
    assert "OMP_NUM_THREADS=4096: more threads than cores" in found["processor"].line()
