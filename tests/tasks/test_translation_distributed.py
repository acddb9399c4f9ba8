"""`torchrun ... textkit train-nmt`: two processes train what one would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from textkit.train.checkpoint import RunFolder

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
TRAIN = ["-m", "textkit_cli", "train-nmt"]
# Of a Transformer's attention the bias of keys has no gradient but rounding, which AdamW makes steps of.
SETTINGS = [
    "--preset=rnn", "--width=16", "--tokenizer=whitespace", "--batch-tokens=60", "--device=cpu",
    "--precision=fp32", "--dropout=0", "--max-steps=12", "--validate-every=6", "--average=0.9",
    "--accumulate=2", "--dev-fraction=0.1", "--warmup=2",
]  # fmt: skip


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    lines = [f"number {n} of {n % 7} {'very ' * (n % 5)}small things" for n in range(80)]
    (tmp_path / "pairs.tsv").write_text("".join(f"{line}\tthe {line} here\n" for line in lines))
    environment = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    environment |= {"OMP_NUM_THREADS": "1"}
    for name, command in (("one", [sys.executable, *TRAIN]), ("two", [*TORCHRUN, *TRAIN])):
        done = subprocess.run(
            [*command, "--pairs", str(tmp_path / "pairs.tsv"), "-o", str(tmp_path / name), *SETTINGS],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("BLEU:") == 1
    one, two = (RunFolder.open(tmp_path / name) for name in ("one", "two"))
    assert one.info("last")["step"] == two.info("last")["step"] == 12
    for role in ("best", "last"):
        alone, together = one.arrays(role), two.arrays(role)
        for name, array in alone.items():
            np.testing.assert_allclose(together[name], array, atol=2e-5, err_msg=name)
    assert len(two.state()["processes"]) == 2
