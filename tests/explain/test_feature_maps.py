"""Feature maps as pictures."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure

from textkit.errors import UsageError
from textkit.explain.feature_maps import draw_feature_maps, mosaic


def test_a_mosaic_holds_every_channel_in_its_place() -> None:
    channels = torch.rand(5, 3, 2, generator=torch.Generator().manual_seed(0))
    sheet = mosaic(channels, columns=2)
    assert sheet.shape == (3 * 4 - 1, 2 * 3 - 1)
    for index in range(5):
        top, left = index // 2 * 4, index % 2 * 3
        assert torch.equal(sheet[top : top + 3, left : left + 2], channels[index])
    assert (sheet[3] == channels.max()).all()  # what parts them
    assert torch.equal(mosaic(channels[:1]), channels[0])


def test_a_panel_for_the_image_and_for_each_layer() -> None:
    figure = Figure()
    maps = [7 * torch.rand(1, 4, 8, 8), torch.zeros(1, 6, 4, 4)]
    draw_feature_maps(figure, torch.rand(1, 1, 8, 8), maps=maps)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["image", "layer 1: 4 channels of 8 x 8", "layer 2: 6 channels of 4 x 4"]
    scales = [axes.images[0].get_clim() for axes in figure.axes]
    assert scales == [(0, 1), (0, pytest.approx(float(maps[0].max()))), (0, 1)]
    drawn = figure.axes[1].images[0].get_array()
    assert drawn is not None
    torch.testing.assert_close(torch.from_numpy(drawn.data), mosaic(maps[0][0]))
    figure.savefig("/dev/null", format="png")


def test_one_image_at_a_time() -> None:
    with pytest.raises(UsageError, match="feature maps are drawn of one image"):
        draw_feature_maps(Figure(), torch.rand(2, 1, 8, 8), maps=[])
