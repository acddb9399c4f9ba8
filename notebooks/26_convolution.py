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
# # 26 · Convolution: one small kernel, everywhere in the image
#
# A kernel is laid on every place of an image, multiplied with what lies there, and summed. What comes out is
# large where the image looks like the kernel.

# %%
import torch
from matplotlib import pyplot as plt
from torch.nn import functional

from textkit.explain.feature_maps import show_image
from textkit.models.convolution.cross_correlation import convolve, cross_correlate, pointwise
from textkit.models.convolution.parameters import convolution_parameters, dense_parameters
from textkit.models.convolution.pooling import average_pool, max_pool
from textkit.models.convolution.sizes import output_size
from textkit.tasks.chapters import Study, load_chapter
from textkit.tasks.chapters.convolution import SOBEL, learn_kernel

torch.set_num_threads(1)

# %% [markdown]
# ## By hand
#
# The loop goes over the kernel, not over the pixels: for each of its places, all pixels that ever stand there
# are multiplied at once.

# %%
image = torch.arange(9.0).view(1, 1, 3, 3)
kernel = torch.arange(4.0).view(1, 1, 2, 2)
print(cross_correlate(image, kernel)[0, 0])
print(functional.conv2d(image, kernel)[0, 0])

# %% [markdown]
# What networks call convolution is cross-correlation. Convolution proper turns the kernel by half a circle
# first. A kernel that is learnt can come out turned, so a network does not care.

# %%
print(convolve(image, kernel)[0, 0])
print(cross_correlate(image, kernel.flip(2, 3))[0, 0])

# %% [markdown]
# ## Padding and stride
#
# Zeros around the image keep its size; a stride leaves places out.

# %%
for padding, stride in ((0, 1), (2, 1), (2, 2), (0, 3)):
    size = output_size(28, 5, stride=stride, padding=padding)
    print(f"28 pixels, kernel of 5, padding {padding}, stride {stride}: {size}")

# %% [markdown]
# ## An edge
#
# Sobel's kernel has a dark left and a bright right. It answers where the image does the same.

# %%
picture = torch.zeros(1, 1, 20, 20)
picture[..., 5:15, 6:14] = 1.0
answers = {
    "image": picture,
    "vertical edges": cross_correlate(picture, SOBEL[None, None], padding=1),
    "horizontal edges": cross_correlate(picture, SOBEL.T[None, None], padding=1),
}
figure, panels = plt.subplots(1, 3, figsize=(8, 2.8), layout="constrained")
for axes, (name, shown) in zip(panels, answers.items(), strict=True):
    axes.imshow(shown[0, 0], cmap="coolwarm", vmin=-1, vmax=1)
    axes.set_title(name)
    axes.axis("off")
plt.show()

# %% [markdown]
# The kernel need not be known. From images and answers it can be learnt:

# %%
print(SOBEL)
print(learn_kernel(seed=1).round(decimals=3))

# %% [markdown]
# ## Channels, and 1x1
#
# With C channels in and D out there are D x C kernels. With kernels of one pixel that is a matrix product
# over channels, the same at every pixel.

# %%
images, weights = torch.randn(2, 3, 8, 8), torch.randn(4, 3)
one_by_one = cross_correlate(images, weights[:, :, None, None])
print(one_by_one.shape, torch.allclose(pointwise(images, weights), one_by_one, atol=1e-5))

# %% [markdown]
# ## Pooling
#
# The largest, or the mean, of each window. What moves by a pixel changes little, or not at all.

# %%
moved = picture.roll(1, 3)
figure, panels = plt.subplots(1, 4, figsize=(9, 2.6), layout="constrained")
pooled = {"largest of 4 x 4": max_pool(picture, 4), "of the image moved": max_pool(moved, 4)}
pooled |= {"mean of 4 x 4": average_pool(picture, 4), "of the image moved ": average_pool(moved, 4)}
for axes, (name, shown) in zip(panels, pooled.items(), strict=True):
    show_image(axes, shown[0, 0], title=name)
plt.show()

# %% [markdown]
# ## How few weights
#
# The first layer of LeNet, from 28 x 28 pixels to six channels of the same size, and a dense layer between
# the same sizes:

# %%
few = convolution_parameters(1, 6, kernel=5)
many = dense_parameters((1, 28, 28), (6, 28, 28))
print(f"{few:,} against {many:,}")

# %% [markdown]
# ## The chapter
#
# `textkit chapter run convolution` checks all this.

# %%
chapter = load_chapter("convolution")
reached = chapter.run(Study())
for fact in chapter.CARD.facts:
    value = reached[fact.name]
    print(f"{fact.name}: expected {fact.text}, reached {value:.6g}, holds: {fact.holds(value)}")
