"""Networks as ONNX: onnxruntime gives the network's numbers, for sizes that were not exported too."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from textkit.errors import TextkitError, UsageError
from textkit.models.graph import onnx_graph
from textkit.models.graph.onnx_graph import export
from textkit.models.text_classifiers.text_cnn import TextCNN

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
runtime = pytest.importorskip("onnxruntime")


def test_onnxruntime_gives_the_networks_numbers_for_other_sizes_too() -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh(), nn.Linear(4, 2)).train()
    data, worst = export(network, [torch.randn(2, 3)], names=["x"], others=[[torch.randn(5, 3)]])
    assert worst < 1e-6
    assert network.training
    onnx.checker.check_model(onnx.load_from_string(data))
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    x = torch.randn(11, 3)
    (found,) = session.run(["output"], {"x": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), network.eval()(x).detach())


@pytest.mark.slow
def test_a_text_network_reads_texts_of_any_length() -> None:
    torch.manual_seed(2)
    network = TextCNN(10, 4, classes=3, filters=5)
    example = [torch.randint(10, (2, 7)), torch.tensor([7, 4])]
    other = [torch.randint(10, (3, 9)), torch.tensor([2, 9, 1])]
    data, worst = export(network, example, names=["ids", "lengths"], others=[other])
    assert worst < 1e-6
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    ids, lengths = torch.randint(10, (6, 5)), torch.tensor([5, 1, 2, 3, 4, 5])
    (found,) = session.run(None, {"ids": ids.numpy(), "lengths": lengths.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), network.eval()(ids, lengths).detach())


@pytest.mark.slow
def test_what_branches_by_numbers_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    class Branching(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if float(x.sum()) > 0 else -x

    with pytest.raises(UsageError, match="the network Branching cannot be said in ONNX"):
        export(Branching(), [torch.ones(2)], names=["x"])
    assert capfd.readouterr() == ("", "")


def test_a_file_that_differs_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        data = b""

        def __init__(self, proto: object) -> None:
            pass

        def run(self, feed: dict[str, object]) -> list[object]:
            return [torch.full((2, 1), 0.5).numpy()]

    monkeypatch.setattr(onnx_graph, "OnnxGraph", Fake)
    monkeypatch.setattr(onnx_graph, "to_proto", lambda *_, **__: onnx.ModelProto(graph={"output": [{}]}))
    network = nn.Linear(2, 1)
    with torch.no_grad():
        for each in network.parameters():
            each.zero_()
    with pytest.raises(TextkitError, match=r"differ from the network's by 0\.5"):
        export(network, [torch.ones(2, 2)], names=["x"])
