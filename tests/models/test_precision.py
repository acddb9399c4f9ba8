from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from textkit.errors import UsageError
from textkit.models import precision
from textkit.models.precision import Precision, choose_precision


def native(monkeypatch: pytest.MonkeyPatch, *, supported: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)


def test_float32_when_asked_for() -> None:
    chosen = choose_precision("fp32", device="cpu")
    assert chosen == Precision("fp32", "cpu", "fp32 was asked for")
    assert isinstance(chosen.autocast(), nullcontext)


def test_auto_takes_bfloat16_where_the_machine_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    native(monkeypatch, supported=True)
    monkeypatch.setattr(precision, "_probe_fault", lambda device: None)
    chosen = choose_precision("auto", device="cpu")
    assert chosen.name == "bf16"
    with chosen.autocast():
        assert torch.is_autocast_enabled("cpu")
        assert torch.get_autocast_dtype("cpu") == torch.bfloat16


def test_auto_leaves_bfloat16_where_the_machine_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    native(monkeypatch, supported=False)
    chosen = choose_precision("auto", device="cpu")
    assert chosen.name == "fp32"
    assert chosen.reason == "bf16 is not used: the processor has neither avx512_bf16 nor AMX"


def test_bfloat16_can_be_had_where_it_is_only_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    native(monkeypatch, supported=False)
    assert choose_precision("bf16", device="cpu").name == "bf16"


@pytest.mark.parametrize("wanted", ["auto", "bf16"])
def test_a_trial_that_fails_means_float32_and_says_so(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    native(monkeypatch, supported=True)

    def broken(*arguments: object) -> list[torch.Tensor]:
        raise RuntimeError("could not create a primitive descriptor\nand more")

    monkeypatch.setattr(precision, "_probe", broken)
    chosen = choose_precision(wanted, device="cpu")
    assert chosen.name == "fp32"
    assert chosen.reason == (
        "bf16 is not used: a trial failed with RuntimeError: could not create a primitive descriptor"
    )


@pytest.mark.parametrize(
    ("factor", "reason"),
    [(float("nan"), "a trial gave numbers that are not finite"), (1.5, "a trial gave wrong numbers")],
)
def test_a_trial_with_bad_numbers_means_float32(
    monkeypatch: pytest.MonkeyPatch, factor: float, reason: str
) -> None:
    real = precision._probe

    def off(device: torch.device, context: object) -> list[torch.Tensor]:
        results = real(device, nullcontext())
        return results if isinstance(context, nullcontext) else [part * factor for part in results]

    monkeypatch.setattr(precision, "_probe", off)
    chosen = choose_precision("bf16", device="cpu")
    assert chosen == Precision("fp32", "cpu", f"bf16 is not used: {reason}")


def test_choosing_leaves_the_generator_and_the_choice_as_they_were() -> None:
    before = torch.get_rng_state()
    first = choose_precision("auto", device="cpu")
    assert torch.equal(torch.get_rng_state(), before)
    assert choose_precision("auto", device="cpu") == first


def test_an_unknown_device_has_no_bfloat16() -> None:
    assert (
        choose_precision("auto", device="meta").reason == "bf16 is not used: nothing is known of bf16 on meta"
    )


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown precision 'fp16': did you mean 'bf16'"):
        choose_precision("fp16", device="cpu")
