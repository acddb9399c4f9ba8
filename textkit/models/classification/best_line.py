"""How many points of two classes a line can put on their sides, whatever the line."""

from __future__ import annotations

import numpy as np

from textkit.models.sparse_linear.rows import Doubles, Longs


def most_right(points: Doubles, classes: Longs) -> int:
    """The most of `points` (B, 2), `classes` (B,) 0 or 1, that any line has on the side of their class.

    A line is a direction and a place along it. What the points' order along a direction is changes only where
    two of them are level, so one direction between each two neighbouring changes shows every order there is;
    and along an order, each cut between two points and each choice of sides is tried. Exact, O(B^3 log B).

    >>> corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> most_right(corners, np.array([0, 0, 0, 1])), most_right(corners, np.array([0, 1, 1, 0]))
    (4, 3)
    """
    first, second = np.triu_indices(len(points), 1)
    level = points[second] - points[first]
    angles = np.unique(np.mod(np.arctan2(level[:, 0], -level[:, 1]), np.pi))
    between = angles + np.diff(np.append(angles, angles[0] + np.pi)) / 2 if len(angles) else np.zeros(1)
    most = 0
    for angle in between:
        along = points @ np.array([np.cos(angle), np.sin(angle)])
        order = np.argsort(along, kind="stable")
        ones = np.append(0, np.cumsum(classes[order]))
        cuts = np.append(0, 1 + np.arange(len(points)))
        right = ones[-1] - ones + (cuts - ones)  # ones above the cut, zeros below it
        apart = np.concatenate([[True], np.diff(along[order]) > 1e-12, [True]])  # no line between equals
        most = max(most, int(right[apart].max()), int((len(points) - right)[apart].max()))
    return most
