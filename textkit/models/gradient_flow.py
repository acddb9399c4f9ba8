"""How far back a recurrent network learns: the gradient of its last loss at every earlier step."""

from __future__ import annotations

import torch
from torch import Tensor

from textkit.errors import UsageError
from textkit.models.cells import CELLS
from textkit.models.recurrent import RecurrentNetwork


def gradient_norms(network: RecurrentNetwork, ids: Tensor) -> Tensor:
    """||d loss_T / d s_t|| for t = 1..T, as (T,); the mean over rows.

    `ids` (B, T+1): T are read, the last one is to be predicted, and its negative log probability is
    loss_T. s_t is what the last layer remembers after step t: h, for the LSTM h and c together. The
    factor from one step to the next is the Jacobian of the cell; where the product of T of them
    shrinks or grows exponentially, gradients vanish or explode (Bengio et al. 1994; Pascanu et al.
    2013, arXiv:1211.5063). Dropout is off. Raises UsageError when nothing is read or no row is given.
    """
    if ids.dim() != 2 or ids.shape[0] < 1 or ids.shape[1] < 2:
        raise UsageError(f"gradient_norms needs rows of at least two ids, (B, T+1), not {tuple(ids.shape)}")
    parts, training = CELLS[network.settings.cell].parts, network.training
    remembered: list[Tensor] = []
    network.eval()
    try:
        with torch.enable_grad():
            state = network.zero_state(len(ids))
            for step in ids[:, :-1].unbind(dim=1):
                # A copy, so that what h_t owes to c_t is not counted twice: s_t is what step t+1 is given.
                state = tuple(part.clone() for part in network.read(step[:, None], state).state)
                remembered += state[-parts:]
            # Without dropout the features are h of the last layer; the sum over rows keeps them apart.
            loss = network.output.loss(state[-parts], ids[:, -1]) * len(ids)
            gradients = torch.autograd.grad(loss, remembered, allow_unused=True, materialize_grads=True)
    finally:
        network.train(training)
    by_step = [torch.cat(gradients[at : at + parts], dim=1) for at in range(0, len(gradients), parts)]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(by_step), dim=2)  # (T, B)
    return norms.mean(dim=1)
