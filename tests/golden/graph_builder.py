"""How the graphs of graphs.py grow: steps that are checked, and the random choices that they are made of."""

from collections import Counter

import numpy as np
import torch
from graph_operations import KINKS, OPERATIONS, WITH_INDICES

LARGEST, MOST_ELEMENTS, KINK_MARGIN = 300, 48, 2e-3


class Reject(Exception):
    """This step, or this graph, is not to be."""


def require(condition):
    if not condition:
        raise Reject


class Builder:
    """A graph in the making, and the random choices that it is made of."""

    def __init__(self, random):
        self.random = random
        self.steps = []
        # Few different extents, so that values fit each other.
        self.extents = [1, *random.choice([2, 3, 4, 5], 2, replace=False)]
        shapes = [self.shape() for _ in range(random.integers(1, 5))]
        self.values = [torch.from_numpy(self.normal(shape)) for shape in shapes]
        self.leaves = len(shapes)
        self.used = Counter()
        self.hidden = self.leaves - 1 if self.leaves > 1 and self.chance(0.15) else None  # a leaf that nobody reads

    def chance(self, p):
        return self.random.random() < p

    def one_of(self, choices):
        return choices[self.random.integers(len(choices))]

    def whole(self, low, high):
        """From low to high, both included."""
        return int(self.random.integers(low, high + 1))

    def scalar(self, low, high):
        return round(float(self.random.uniform(low, high)), 2)

    def normal(self, shape):
        return np.asarray(self.random.standard_normal(shape)).astype(np.float32).astype(np.float64)

    def shape(self):
        while True:
            rank = self.random.choice(5, p=[0.1, 0.2, 0.35, 0.2, 0.15])
            shape = [int(n) for n in self.random.choice(self.extents, rank)]
            if np.prod(shape) <= 27:
                return shape

    def axis(self, x, extra=0):
        rank = self[x].dim() + extra
        require(rank > 0)
        axis = self.whole(0, rank - 1)
        return axis - rank if self.chance(0.3) else axis

    def axes(self, x, least=1):
        rank = self[x].dim()
        require(rank >= least)
        axes = self.random.permutation(rank)[: self.whole(least, rank)]
        return [int(a) - rank if self.chance(0.3) else int(a) for a in axes]

    def index(self, shape, below):
        return self.random.integers(0, below, shape).tolist()

    def mask(self, shape):
        return self.random.integers(0, 2, shape).tolist()

    def __getitem__(self, number):
        return self.values[number]

    def pick(self, wanted=lambda x: True, rank=None):
        """Number of a value: often one that nobody has read yet, often a leaf, else any."""
        fits = [
            i
            for i, x in enumerate(self.values)
            if i != self.hidden and (rank is None or x.dim() in np.atleast_1d(rank)) and wanted(x)
        ]
        require(fits)
        unread = [i for i in fits if not self.used[i]]
        leaves = [i for i in fits if i < self.leaves]
        kind = self.random.random()
        if kind < 0.4 and unread:
            return self.one_of(unread)
        return self.one_of(leaves if kind < 0.6 and leaves else fits)

    def pair(self, wanted=lambda a, b: True):
        """Two values that broadcast."""

        def fits(y):
            try:
                shape = torch.broadcast_shapes(self[a].shape, y.shape)
            except RuntimeError:
                return False
            return np.prod(shape) <= MOST_ELEMENTS and wanted(self[a], y)

        a = self.pick()
        b = self.pick(fits)
        return (a, b) if self.chance(0.5) or not wanted(self[b], self[a]) else (b, a)

    def add(self, operation, *inputs, **attributes):
        """One more step; the number of its value."""
        tensors = [self[i] for i in inputs]
        if operation in KINKS:
            distances = KINKS[operation](*tensors, **attributes)
            scale = max(float(t.abs().max()) for t in tensors)
            require(distances.numel() == 0 or float(distances.min()) > KINK_MARGIN * (1 + scale))
        y = OPERATIONS[operation](*tensors, **attributes)
        require(0 < y.numel() <= MOST_ELEMENTS and y.dim() <= 6)
        require(bool(torch.isfinite(y).all()) and float(y.abs().max()) <= LARGEST)
        if operation in WITH_INDICES:
            attributes["indices"] = WITH_INDICES[operation](*tensors, **attributes).indices.tolist()
        self.steps.append([operation, list(inputs), attributes])
        self.used.update(inputs)
        self.values.append(y)
        return len(self.values) - 1

    def take_back(self, count):
        for _, inputs, _ in self.steps[count:]:
            self.used.subtract(inputs)
        del self.steps[count:], self.values[self.leaves + count :]

    # Values of a kind, made from any.

    def positive(self, x):
        if float(self[x].min()) > 0.2 and self.chance(0.8):
            return x
        way = self.whole(0, 3)
        if way == 0:
            return self.add("add_scalar", self.add("mul", x, x), value=self.scalar(0.3, 1.5))
        if way == 1:
            return self.add("exp", self.add("tanh", x))
        if way == 2:
            return self.add("add_scalar", self.add("sigmoid", x), value=self.scalar(0.2, 1))
        return self.add("add_scalar", self.add("square", self.add("sin", x)), value=self.scalar(0.3, 1))

    def inside(self, x):
        """Within -0.9 .. 0.9."""
        if float(self[x].abs().max()) < 0.9 and self.chance(0.8):
            return x
        return self.add("mul_scalar", self.add(self.one_of(["tanh", "sin", "erf"]), x), value=self.scalar(0.5, 0.9))

    def moderate(self, x):
        return x if float(self[x].abs().max()) < 4 else self.add("mul_scalar", self.add("tanh", x), value=2.0)

    def away_from_zero(self, x):
        return x if float(self[x].abs().min()) > 0.3 else self.positive(x)

    def matrix(self):
        return self.pick(lambda x: x.dim() >= 2 and 2 <= x.shape[-1] <= 4 and 2 <= x.shape[-2] <= 4)

    def definite(self):
        """a a^T + n I"""
        a = self.matrix()
        flipped = self.add("transpose", a)
        return self.add("add_identity", self.add("matmul", a, flipped), value=float(self[a].shape[-2]))
