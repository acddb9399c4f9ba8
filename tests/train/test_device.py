from __future__ import annotations

import pytest
import torch

from textkit.errors import UsageError
from textkit.train.device import choose_device


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told() -> None:
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(UsageError, match="the device 'cuda' needs a GPU that torch can use"):
        choose_device("cuda")
