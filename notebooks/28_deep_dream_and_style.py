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
# # 28 · Deep dream and style transfer: learning the image instead of the weights
#
# Training changes weights along the gradient and leaves images alone. Here it is the other way round: the
# network is trained and stays, and the image goes along the gradient.

# %%
import torch
from matplotlib import pyplot as plt
from torch.nn import functional

from textkit.explain.deep_dream import channel_activation, class_score, dream, total_variation
from textkit.explain.feature_maps import show_image
from textkit.explain.style_transfer import gram_matrix, transfer
from textkit.tasks.chapters.digit_network import small_network
from textkit.tasks.chapters.small_digits import read_small_digits, tensors
from textkit.tasks.chapters.style_transfer import stripes

torch.set_num_threads(1)

images = read_small_digits()
network = small_network(tensors(images, slice(None)), seed=1, epochs=8)

# %% [markdown]
# ## What the network takes for a digit
#
# From dark noise, up the gradient of one class's score. The network is certain of what comes out; people are
# less so. With jitter and blur the image becomes smoother, and the score lower.

# %%
noise = 0.3 * torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(1))
score = class_score(network, wanted=torch.arange(10))
plain = dream(noise, score, steps=80, rate=0.01)
smooth = dream(noise, score, steps=80, rate=0.01, jitter=1, blur=0.05)
figure, panels = plt.subplots(2, 10, figsize=(9, 2.2), layout="constrained")
for row, made in zip(panels, (plain, smooth), strict=True):
    for digit, axes in enumerate(row):
        show_image(axes, made.images[digit, 0], title=str(digit))
plt.show()
for name, made in {"plain": plain, "jitter and blur": smooth}.items():
    probability = network(made.images).softmax(1).diagonal().min().item()
    roughness = total_variation(made.images).mean().item()
    print(f"{name}: score {made.excitements[0]:.1f} to {made.excitements[-1]:.1f}, ", end="")
    print(f"least probability {probability:.3f}, roughness {roughness:.2f}")

# %% [markdown]
# ## What excites a channel
#
# Convolutions do not care for the size of an image. On a larger canvas a channel can draw what it looks for,
# again and again.

# %%
canvas = 0.5 + 0.1 * torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(1))
with torch.no_grad():
    liveliest = network.maps(canvas)[1].mean((0, 2, 3)).topk(4).indices.tolist()
figure, panels = plt.subplots(1, 4, figsize=(9, 2.5), layout="constrained")
for axes, channel in zip(panels, liveliest, strict=True):
    excited = dream(canvas, channel_activation(network.maps, layer=1, channel=channel), steps=60, rate=0.01)
    rise = excited.excitements[-1] / excited.excitements[0]
    show_image(axes, excited.images[0, 0], title=f"channel {channel}: {rise:.1f} times")
plt.show()

# %% [markdown]
# ## Style as a Gram matrix
#
# Gatys et al. sum the products of any two channels over all places. Where things are is summed away: stripes
# that are shifted have the same Gram matrix.

# %%
style = stripes(64)
with torch.no_grad():
    gram, shifted = (gram_matrix(network.maps(each)[0])[0] for each in (style, style.roll(4, 3)))
print(
    f"largest entry {gram.max():.3f}, largest difference after the shift {(gram - shifted).abs().max():.5f}"
)

# %% [markdown]
# ## A digit in stripes
#
# From the enlarged digit, down the gradient of content distance plus a weight times style distance.

# %%
content = functional.interpolate(tensors(images, slice(3, 4))[0], scale_factor=8, mode="bilinear")
weights = (1.0, 2.0, 4.0, 12.0)
stylised = [
    transfer(network.maps, content, style, steps=60, style_weight=weight, content_layer=0)
    for weight in weights
]
figure, panels = plt.subplots(1, 6, figsize=(10, 2), layout="constrained")
show_image(panels[0], content[0, 0], title="content")
show_image(panels[1], style[0, 0], title="style")
for axes, made, weight in zip(panels[2:], stylised, weights, strict=True):
    show_image(axes, made.image[0, 0], title=f"style weighs {weight:g}")
plt.show()

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
for made, weight in zip(stylised, weights, strict=True):
    panels[0].plot(made.style, label=f"style weighs {weight:g}")
    panels[1].plot(made.content, label=f"style weighs {weight:g}")
panels[0].set(xlabel="step", ylabel="distance from the style", ylim=(0, None))
panels[1].set(xlabel="step", ylabel="distance from the content", ylim=(0, None))
panels[0].legend(fontsize=8)
plt.show()
