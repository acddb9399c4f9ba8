"""What a file could make a program do, found by reading our own source: each place is reviewed here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import textkit
import textkit_cli
import textkit_corpora

# Modules that run what they read, start programs, unpack archives, or talk to the network.
MODULES = {
    *("pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "yaml", "copyreg", "xml", "plistlib"),
    *("zipfile", "tarfile", "zipimport", "rarfile", "py7zr"),
    *(
        "subprocess",
        "pty",
        "runpy",
        "code",
        "codeop",
        "imp",
        "ctypes",
        "cffi",
        "multiprocessing",
        "distributed",
    ),
    *(
        "socket",
        "ssl",
        "urllib",
        "urllib3",
        "http",
        "requests",
        "httpx",
        "aiohttp",
        "ftplib",
        "smtplib",
        "fsspec",
    ),
    *("huggingface_hub", "datasets", "xmlrpc", "socketserver", "webbrowser", "asyncio"),
}
CALLS = {
    *("eval", "exec", "compile", "__import__", "input", "os.system", "os.popen", "os.startfile"),
    *("importlib.import_module", "import_module", "importlib.__import__"),
    *(
        "shutil.unpack_archive",
        "tempfile.mktemp",
        "torch.load",
        "torch.jit.load",
        "torch.hub.load",
        "torch.compile",
    ),
    *("numpy.load", "np.load", "np.fromfile", "np.loadtxt", "np.genfromtxt", "spacy.load", "nltk.download"),
    *("datasets.load_dataset", "load_dataset", "spacy.cli.download", "builtins.eval", "builtins.exec"),
}
OPTIONS = {"shell", "trust_remote_code", "allow_pickle", "weights_only", "verify"}

OWN_NAME = "a module of our own by a name from a table in the code"
FIXED_NAME = "a library by a name that stands in the code"
CLUSTER = "asked for with --engine dask, see SECURITY.md"
OWN_COMMAND = "this Python or textkit, with a list of arguments, without a shell"
OWN_PROCESS = "bytes that our own process made, from a pipe to a process that it started"
CALLER = "data sets that the caller has opened; nothing is fetched"
REVIEWED = {
    ("textkit/adapters/datasets/exporting.py", "import datasets"): CALLER,
    ("textkit/adapters/datasets/mapping.py", "import datasets"): CALLER,
    ("textkit/adapters/datasets/reading.py", "import datasets"): CALLER,
    ("textkit/adapters/runs.py", "import multiprocessing"): "asks whether this is a worker",
    ("textkit/adapters/spacy/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/engine/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/tasks/chapters/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/tasks/classification/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/tasks/language_model/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/tasks/report/kinds.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/tasks/tagging/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/tasks/translation/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit_cli/main.py", "importlib.import_module()"): OWN_NAME,
    ("textkit_cli/trainings.py", "importlib.import_module()"): OWN_NAME,
    ("textkit_corpora/__init__.py", "importlib.import_module()"): OWN_NAME,
    ("textkit/models/graph/onnx_graph.py", "importlib.import_module()"): FIXED_NAME,
    ("textkit/tasks/translation/ctranslate2_export.py", "importlib.import_module()"): FIXED_NAME,
    ("textkit/engine/ctrl_c.py", "import multiprocessing"): OWN_PROCESS,
    ("textkit/engine/outcome.py", "import pickle"): OWN_PROCESS,
    ("textkit/engine/worker.py", "import multiprocessing"): OWN_PROCESS,
    ("textkit/engine/dask.py", "import distributed"): CLUSTER,
    ("textkit/engine/dask_workers.py", "import asyncio"): CLUSTER,
    ("textkit/engine/dask_workers.py", "import distributed"): CLUSTER,
    ("textkit/engine/dask_workers.py", "import multiprocessing"): CLUSTER,
    ("textkit/tasks/sweep/running.py", "import subprocess"): OWN_COMMAND,
    ("textkit_cli/selfcheck_process.py", "import subprocess"): OWN_COMMAND,
    ("textkit/text/tokenizers/sentencepiece_trainer.py", "import subprocess"): OWN_COMMAND,
    ("textkit/models/graph/drawing.py", "import xml"): "only escapes text that is written, reads nothing",
    ("textkit/train/tensor_files.py", "import pickle"): "for the name of the error; test_pickles.py",
    (
        "textkit/train/tensor_files.py",
        "torch.load()",
    ): "plain numbers, strings and tensors only; test_pickles.py",
    (
        "textkit/train/tensor_files.py",
        "weights_only=True",
    ): "plain numbers, strings and tensors only; test_pickles.py",
    ("textkit/text/tokenizers/spacy.py", "spacy.load()"): "installed models only; test_code_by_name.py",
    ("textkit_corpora/hub.py", "datasets.load_dataset()"): "the one door to the network; test_downloads.py",
    ("textkit_corpora/hub.py", "import datasets"): "the one door to the network; test_downloads.py",
}


def findings(tree: ast.AST) -> Iterator[str]:
    """The dangerous modules, calls and options in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""] if not node.level else []
        else:
            names = []
        yield from (f"import {name.split('.')[0]}" for name in names if name.split(".")[0] in MODULES)
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in CALLS or name.startswith(("os.exec", "os.spawn", "os.posix_spawn")):
                yield f"{name}()"
            yield from (
                f"{keyword.arg}={ast.unparse(keyword.value)}"
                for keyword in node.keywords
                if keyword.arg in OPTIONS
            )


def sources() -> Iterator[tuple[str, Path]]:
    """The Python files of the three packages."""
    for package in (textkit, textkit_cli, textkit_corpora):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            yield path.relative_to(folder.parent).as_posix(), path


def test_every_dangerous_call_is_reviewed() -> None:
    """Of what is new, say here why no file can make use of it; of what is gone, take the line out."""
    found = {
        (name, finding)
        for name, path in sources()
        for finding in findings(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert sorted(found - REVIEWED.keys()) == []
    assert sorted(REVIEWED.keys() - found) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import os.path, zipfile",
        "from urllib.request import urlopen",
        "eval('1')",
        "torch.load(f, weights_only=False)",
        "np.load(f)",
        "run('ls', shell=True)",
        "os.execv('a', [])",
        "importlib.import_module(name)",
        "datasets.load_dataset(name, trust_remote_code=True)",
    ],
)
def test_the_search_finds_them(source: str) -> None:
    assert list(findings(ast.parse(source)))
    assert not list(findings(ast.parse("import regex; regex.compile('a'); network.eval(); json.loads('1')")))


def test_each_promise_names_a_test_that_exists() -> None:
    root = Path(__file__).parents[2]
    if not (root / "SECURITY.md").exists():
        pytest.skip("SECURITY.md is not beside these tests (a wheel holds none)")
    text = (root / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests/)?[\w/]*test_\w+\.py)`", text))
    assert len(named) > 10
    missing = {
        name for name in named if not ((root if "/" in name else Path(__file__).parent) / name).exists()
    }
    assert missing == set()
    ours = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    assert ours <= {Path(name).name for name in named}
