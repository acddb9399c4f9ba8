"""Which numbers products are made with: float32, or bfloat16 where the machine multiplies it natively.

In bfloat16 the parameters, the softmax, the loss and the updates stay float32 (mixed precision: Micikevicius
et al. 2018, arXiv:1710.03740; bfloat16 needs no scaling of the loss: Kalamkar et al. 2019, arXiv:1905.12322).
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from textkit.errors import unknown_name
from textkit.models.fused_cross_entropy import fused_cross_entropy

Wanted = Literal["auto", "fp32", "bf16"]
WANTED = ("auto", "fp32", "bf16")
_CLOSE = 0.05  # bfloat16 has 8 bits: results of the probe agree within 0.01 of the largest where all is well


@dataclass(frozen=True)
class Precision:
    """The numbers of products on a device, and in one line why.

    >>> Precision("fp32", "cpu", "asked for").autocast()
    <contextlib.nullcontext ...>
    """

    name: Literal["fp32", "bf16"]
    device: str
    reason: str

    def autocast(self) -> AbstractContextManager[object]:
        """Around a forward pass in training; scoring goes without and is always float32."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, torch.bfloat16)


def choose_precision(wanted: Wanted, *, device: str | torch.device) -> Precision:
    """What `wanted` comes to on `device`: the same on every start, as nothing is timed.

    "auto" takes bfloat16 only where the machine multiplies it natively; both "auto" and "bf16" take it
    only if a tiny LSTM and output layer give right losses and gradients with it, and else float32, with
    a `reason` that begins with "bf16 is not used: ". Raises UsageError for any other name.

    >>> choose_precision("fp32", device="cpu")
    Precision(name='fp32', device='cpu', reason='fp32 was asked for')
    """
    if wanted not in WANTED:
        raise unknown_name("precision", wanted, WANTED)
    where = torch.device(device)
    if wanted == "fp32":
        return Precision("fp32", str(where), "fp32 was asked for")
    fault = _missing(where) if wanted == "auto" else None
    fault = fault or _probe_fault(where)
    if fault:
        return Precision("fp32", str(where), f"bf16 is not used: {fault}")
    found = "bf16 was asked for" if wanted == "bf16" else "the machine multiplies bf16 natively"
    return Precision("bf16", str(where), f"{found}, and a trial gave right results")


def _missing(device: torch.device) -> str | None:
    """What the machine lacks for bfloat16 to pay, if anything."""
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        if capability >= (8, 0):
            return None
        return f"the GPU has compute capability {capability[0]}.{capability[1]}, bf16 needs 8.0"
    if device.type != "cpu":
        return f"nothing is known of bf16 on {device.type}"
    # torch.cpu has no public names for these; where they are gone nothing is known of the processor.
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    if any(getattr(torch.cpu, name, bool)() for name in checks):
        return None
    return "the processor has neither avx512_bf16 nor AMX"


def _probe_fault(device: torch.device) -> str | None:
    """What goes wrong in a forward and a backward pass under autocast, if anything."""
    try:
        exact = _probe(device, nullcontext())
        near = _probe(device, torch.autocast(device.type, torch.bfloat16))
    except Exception as error:  # oneDNN and cuDNN raise what they like
        line = (str(error).splitlines() or [""])[0]
        return f"a trial failed with {type(error).__name__}: {line}"
    for one, other in zip(exact, near, strict=True):
        if not bool(torch.isfinite(other).all()):
            return "a trial gave numbers that are not finite"
        if float((one - other).abs().max()) > _CLOSE * float(one.abs().max()):
            return "a trial gave wrong numbers"
    return None


def _probe(device: torch.device, context: AbstractContextManager[object]) -> list[torch.Tensor]:
    """Loss and gradients of two LSTM layers and an output layer; torch's generator is left as it was."""
    width, vocab, steps, rows = 32, 64, 4, 8
    numbers = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        lstm = nn.LSTM(width, width, 2)
    weight, bias = nn.Parameter(torch.empty(vocab, width)), nn.Parameter(torch.empty(vocab))
    for parameter in (*lstm.parameters(), weight, bias):
        nn.init.uniform_(parameter, -0.2, 0.2, generator=numbers)
    inputs = torch.randn(steps, rows, width, generator=numbers).to(device)
    targets = torch.randint(vocab, (steps * rows,), generator=numbers).to(device)
    lstm = lstm.to(device)
    parameters = [*lstm.parameters(), *(part.detach().to(device).requires_grad_() for part in (weight, bias))]
    with context:
        features = lstm(inputs)[0].flatten(0, 1)
        loss = fused_cross_entropy(features, parameters[-2], bias=parameters[-1], targets=targets)
    return [loss.detach(), *torch.autograd.grad(loss, parameters)]
