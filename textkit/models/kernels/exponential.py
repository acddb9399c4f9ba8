"""e to the power of float32 numbers, as arithmetic that the processor does side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from textkit.models.kernels.floats import power_of_two
from textkit.text.kernels.compiled import inlined

_F = np.float32
LOWEST = _F(-87.0)  # exp of less is nearly the smallest float32: taken for zero
_LOG2_E = _F(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = _F(0.693359375), _F(-2.12194440e-4)  # their sum is ln 2; the first is short
_ROUNDER = _F(12582912.0)  # 1.5 * 2^23: to add and take it away rounds to a whole number
# exp(r) on [-ln 2 / 2, ln 2 / 2] by its series with the last terms adjusted (Cephes, expf).
_P5, _P4, _P3 = _F(1.9875691500e-4), _F(1.3981999507e-3), _F(8.3334519073e-3)
_P2, _P1, _P0 = _F(4.1665795894e-2), _F(1.6666665459e-1), _F(5.0000001201e-1)
_ONE, _ZERO = _F(1), _F(0)


@inlined
def _exp(x: Any) -> Any:
    """e to the power of x from LOWEST to 0, to a relative 2e-7."""
    whole = (x * _LOG2_E + _ROUNDER) - _ROUNDER
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    power = ((((_P5 * r + _P4) * r + _P3) * r + _P2) * r + _P1) * r + _P0
    return (power * r * r + r + _ONE) * power_of_two(whole)


@inlined
def exponential(x: Any) -> Any:
    """e to the power of x <= 0, a float32, to a relative 2e-7; 0 below LOWEST, and nan of nan."""
    value = _exp(LOWEST if x < LOWEST else x)  # put so, nan stays nan
    return _ZERO if x < LOWEST else value
