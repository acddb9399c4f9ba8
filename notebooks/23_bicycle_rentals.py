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
# # 23 · Bicycle rentals, and why features are scaled
#
# How many bicycles will be rented in an hour? Its weather and its place in the calendar say much. First,
# what makes such a table hard to learn from: its columns are of different size.

# %%
import numpy as np
import torch
from matplotlib import pyplot as plt

import textkit_corpora
from textkit.data.scaling import Standardiser
from textkit.models.regression.descent import descend, largest_rate
from textkit.tasks.chapters import bicycle_rentals
from textkit.tasks.chapters.rental_inputs import HourlyRentals

torch.set_num_threads(1)

# %% [markdown]
# ## Features of different size
#
# Flats have an area in square metres, a number of rooms, and a distance to the centre in metres: 100, 3 and
# 5,000. Gradient descent can go no faster than the steepest direction allows, which is that of the distance.
# The scaler takes its figures from the training rows alone.

# %%
prices = textkit_corpora.load("prices").table("train")
features, price = prices.matrix(["area", "rooms", "age", "distance"]), prices["price"]
figure, axes = plt.subplots(figsize=(6.4, 3.4))
for name, matrix in (
    ("as they are", features),
    ("standardised", Standardiser.fit(features).transform(features)),
):
    rows = np.column_stack([matrix, np.ones(len(matrix))])
    found = descend(matrix, price, rate=largest_rate(matrix) / 2, epochs=300)
    axes.plot(found.losses, label=f"{name}: condition number {np.linalg.cond(rows) ** 2:,.0f}")
axes.set(yscale="log", xlabel="step", ylabel="loss", title="Gradient descent on prices of flats")
axes.legend()
plt.show()

# %% [markdown]
# ## Rentals
#
# An invented service, hour by hour. On working days people ride to work and back, on free days around noon:
# what an hour means depends on the day, so adding up effects of hour and day cannot do.

# %%
table = textkit_corpora.load("rentals").table()
figure, axes = plt.subplots(figsize=(6.4, 3.4))
for working, name in ((1, "working days"), (0, "free days")):
    means = [table["cnt"][(table["hr"] == h) & (table["workingday"] == working)].mean() for h in range(24)]
    axes.plot(means, label=name)
axes.set(xlabel="hour", ylabel="rentals an hour", title="Two kinds of days")
axes.legend()
plt.show()

# %% [markdown]
# ## Predicting the last 21 days
#
# They are held out, as in the book. Nobody may look at the columns `casual` and `registered`: they sum to the
# answer. Errors are in rentals, whatever a model learns on.

# %%
rentals = HourlyRentals(table, bicycle_rentals.HELD_OUT)
truth = rentals.counts[rentals.test]
guesses = {
    "the mean": bicycle_rentals.mean(rentals, 1),
    "last week": bicycle_rentals.last_week(rentals, 1),
    "ridge": bicycle_rentals.ridge(rentals, 1),
    "the book's network": bicycle_rentals.book(rentals, 1, epochs=25),
    "ours": bicycle_rentals.ours(rentals, 1, networks=1),
}
for name, guess in guesses.items():
    print(f"{name:20} RMSE {bicycle_rentals.rmse(guess, truth):6.1f} rentals an hour")

# %%
figure, axes = plt.subplots(figsize=(8, 3.4))
days = np.arange(len(truth)) / 24
axes.plot(days, truth, color="black", label="rentals")
for name in ("ridge", "ours"):
    axes.plot(days, guesses[name], label=name)
axes.set(xlim=(0, 7), xlabel="day", ylabel="rentals an hour", title="The first week held out")
axes.legend()
plt.show()

# %% [markdown]
# Ridge regression adds up effects, so that it rides to work on Sundays; the network does not. The book's
# network is not trained to its end here, and ours is one where the chapter averages three. The whole chapter
# is `textkit chapter run bicycle-rentals`; give it the real table with `--data bike_hour.csv`.
