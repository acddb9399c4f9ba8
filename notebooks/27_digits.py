# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 27 · Handwritten digits: a convolutional network, and what it sees
#
# Two convolutions with pooling, then two dense layers with dropout: LeNet, small enough for digits of 8 x 8
# pixels. The same class reads those of 28 x 28: `textkit chapter run digits-cnn --data FOLDER`, with a folder
# of idx files.

# %%
import torch
from matplotlib import pyplot as plt

from textkit.explain.feature_maps import draw_feature_maps, show_image
from textkit.models.convolution.distortion import Distortion
from textkit.tasks.chapters.digit_network import read_classes, small_network
from textkit.tasks.chapters.judging import accuracy
from textkit.tasks.chapters.small_digits import hold_out_a_fifth, read_small_digits, tensors

torch.set_num_threads(1)

# %% [markdown]
# ## The digits
#
# A fifth is held out, with as many of each class as there should be.

# %%
images = read_small_digits()
train, test = (tensors(images, rows) for rows in hold_out_a_fifth(images, seed=1))
figure, panels = plt.subplots(1, 10, figsize=(9, 1.3), layout="constrained")
for axes, pixels, name in zip(panels, train[0], train[1].tolist(), strict=False):
    show_image(axes, pixels[0], title=str(name))
plt.show()

# %% [markdown]
# ## Training

# %%
network = small_network(train, seed=1, epochs=8)
print(network)
print(f"training {accuracy(network, train):.2%}, held out {accuracy(network, test):.2%}")

# %% [markdown]
# ## What it takes for something else

# %%
found = read_classes(network, test[0])
wrong = (found != test[1]).nonzero().flatten().tolist()[:6]
figure, panels = plt.subplots(1, 6, figsize=(9, 2), layout="constrained", squeeze=False)
for axes in panels[0]:
    axes.axis("off")
for axes, row in zip(panels[0], wrong, strict=False):
    show_image(axes, test[0][row, 0], title=f"a {test[1][row]} read as {found[row]}")
plt.show()

# %% [markdown]
# ## What its layers see
#
# Channels of the first layer answer to strokes and edges; those of the second, after pooling, to parts of
# digits.

# %%
image = test[0][:1]
figure = plt.figure(figsize=(9, 3.4), layout="constrained")
with torch.no_grad():
    draw_feature_maps(figure, image, maps=network.maps(image))
plt.show()

# %% [markdown]
# ## Other hands
#
# In this file the digits of one hand seem to stand together. Held out at random, every hand is in both parts;
# held out at the end, the hands are new. That is what a reader of digits meets, and it is harder.

# %%
end = len(images) * 4 // 5
others = small_network(tensors(images, slice(end)), seed=1, epochs=8)
print(f"the last fifth held out: {accuracy(others, tensors(images, slice(end, None))):.2%}")

# %% [markdown]
# ## More digits from the same
#
# A digit that is moved, turned and slanted a little is still that digit. On digits of 28 x 28 pixels the
# chapter trains on images that are distorted anew at each sight, and shows what it reaches without. On 8 x 8
# pixels it does not help: half a pixel is a lot there, and what lies between pixels is blurred.

# %%
torch.manual_seed(1)
larger = torch.nn.functional.interpolate(train[0][3:4], scale_factor=4, mode="bilinear")
distort = Distortion(shift=3, degrees=15, scale=0.15, slant=0.2)
figure, panels = plt.subplots(1, 7, figsize=(9, 1.7), layout="constrained")
show_image(panels[0], larger[0, 0], title="as it is")
for axes in panels[1:]:
    show_image(axes, distort(larger)[0, 0], title="distorted")
plt.show()
