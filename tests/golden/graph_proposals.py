"""How inputs and attributes are chosen: PROPOSALS[operation](builder, operation) adds one step or several."""

import numpy as np
import torch
from graph_builder import require
from graph_operations import FULL_REDUCTIONS, UNARY

PROPOSALS = {}


def proposal(*operations):
    def register(function):
        PROPOSALS.update(dict.fromkeys(operations, function))
        return function

    return register


@proposal(*UNARY, "neg", "detach")
def unary(b, op):
    x = b.pick()
    if op in ("sqrt", "rsqrt", "log", "log2", "log10", "log1p"):
        x = b.positive(x)
    elif op in ("asin", "acos", "atanh", "erfinv"):
        x = b.inside(x)
    elif op in ("exp", "exp2", "expm1", "sinh", "cosh", "tan", "erfc"):
        x = b.moderate(x)
    elif op == "acosh":
        x = b.add("add_scalar", b.positive(x), value=1.1)
    elif op == "reciprocal":
        x = b.away_from_zero(x)
    b.add(op, x)


@proposal("add", "sub", "mul", "maximum", "minimum", "atan2")
def binary(b, op):
    b.add(op, *b.pair())


@proposal("div", "remainder", "pow")
def binary_with_domain(b, op):
    x, y = b.pair()
    if op == "pow":
        b.add(op, b.positive(x), b.moderate(y))
    else:
        b.add(op, x, b.away_from_zero(y))


@proposal("add_scalar", "sub_scalar", "scalar_sub", "mul_scalar", "div_scalar", "scalar_div", "remainder_scalar")
def with_scalar(b, op):
    x = b.pick()
    b.add(op, b.away_from_zero(x) if op == "scalar_div" else x, value=b.scalar(0.4, 2) * b.one_of([1, -1]))


@proposal("pow_scalar")
def pow_scalar(b, op):
    x, value = b.pick(), b.one_of([2.0, 3.0, -1.0, -2.0, 0.5, 1.5, -0.5])
    b.add(op, x if value > 1 and value != 1.5 else b.positive(x), value=value)


@proposal("clamp", "clamp_min", "clamp_max")
def clamps(b, op):
    low, high = {"low": b.scalar(-1, -0.1)}, {"high": b.scalar(0.1, 1)}
    b.add(op, b.pick(), **{"clamp": low | high, "clamp_min": low, "clamp_max": high}[op])


@proposal("where")
def where(b, op):
    x, y = b.pair()
    b.add(op, x, y, mask=b.mask(torch.broadcast_shapes(b[x].shape, b[y].shape)))


@proposal("where_positive")
def where_positive(b, op):
    x, y = b.pair()
    shape = torch.broadcast_shapes(b[x].shape, b[y].shape)
    b.add(op, b.pick(lambda c: c.shape == shape or c.shape == shape[1:]), x, y)


@proposal("masked_fill", "masked_select")
def masked(b, op):
    x = b.pick()
    more = {"value": b.scalar(-1, 1)} if op == "masked_fill" else {}
    shape = b[x].shape
    b.add(op, x, mask=b.mask(shape[b.whole(0, 1) :] if len(shape) > 1 else shape), **more)


@proposal("sum", "mean", "var", "std", "prod", "norm", "amax", "amin", "logsumexp")
def reductions(b, op):
    x = b.pick(lambda x: x.numel() > 1)
    more = {}
    if op in ("var", "std"):
        more["correction"] = b.whole(0, 1)
    if op == "norm":
        more["p"] = b.one_of([1.0, 2.0, 2.0, 3.0, np.inf])
    if op not in FULL_REDUCTIONS or b.chance(0.7):
        more |= {"axes": b.axes(x), "keepdim": b.chance(0.5)}
    if "correction" in more:
        over = np.prod([b[x].shape[a] for a in more["axes"]]) if "axes" in more else b[x].numel()
        require(over > more["correction"])
    b.add(op, x, **more)


@proposal("max_all", "min_all", "diag", "transpose")
def plain(b, op):
    b.add(op, b.pick(rank={"diag": 1, "transpose": [2, 3, 4]}.get(op)))


@proposal("max", "min", "cumsum", "cumprod", "sort", "topk", "softmax", "log_softmax")
def along_axis(b, op):
    x = b.pick(lambda x: x.dim() > 0 and x.numel() > 1)
    more = {"axis": b.axis(x)}
    if op in ("max", "min"):
        more["keepdim"] = b.chance(0.5)
    elif op == "sort":
        more["descending"] = b.chance(0.5)
    elif op == "topk":
        more |= {"k": b.whole(1, b[x].shape[more["axis"]]), "largest": b.chance(0.5)}
    b.add(op, x, **more)


@proposal("sum_to")
def sum_to(b, op):
    x = b.pick(lambda x: x.dim() > 0 and x.numel() > 1)
    shape = [b.one_of([1, n]) for n in b[x].shape]
    b.add(op, x, shape=shape[b.whole(0, len(shape)) if b.chance(0.5) else 0 :])


@proposal("reshape")
def reshape(b, op):
    x = b.pick()
    n, shape = b[x].numel(), []
    for _ in range(b.whole(0 if n == 1 else 1, 4) - 1):
        shape.append(b.one_of([d for d in range(1, n + 1) if n % d == 0]))
        n //= shape[-1]
    if b[x].numel() > 1 or b.chance(0.5):
        shape.append(b.one_of([n, -1]))
    b.add(op, x, shape=shape)


@proposal("flatten")
def flatten(b, op):
    x = b.pick(lambda x: x.dim() >= 2)
    first = b.whole(0, b[x].dim() - 2)
    b.add(op, x, first=first, last=b.whole(first + 1, b[x].dim() - 1) - b.one_of([0, b[x].dim()]))


@proposal("transpose_axes", "permute", "flip")
def axes_moved(b, op):
    x = b.pick(lambda x: x.dim() >= 2)
    if op == "transpose_axes":
        b.add(op, x, a=b.axis(x), b=b.axis(x))
    else:
        b.add(op, x, axes=b.axes(x, b[x].dim() if op == "permute" else 1))


@proposal("expand")
def expand(b, op):
    x = b.pick(lambda x: 1 in x.shape or x.dim() < 3)
    shape = [int(b.one_of(b.extents)) if n == 1 else n for n in b[x].shape]
    front = [int(n) for n in b.random.choice(b.extents, b.whole(0, 1 if shape else 2))]
    b.add(op, x, shape=front + shape)


@proposal("squeeze")
def squeeze(b, op):
    x = b.pick(lambda x: 1 in x.shape)
    axis = b.one_of([a for a, n in enumerate(b[x].shape) if n == 1])
    b.add(op, x, axis=axis - b.one_of([0, b[x].dim()]))


@proposal("unsqueeze")
def unsqueeze(b, op):
    x = b.pick(rank=range(5))
    b.add(op, x, axis=b.axis(x, 1))


@proposal("slice", "narrow", "select", "embed", "split", "split_sizes", "chunk", "roll")
def parts(b, op):
    x = b.pick(lambda x: x.dim() > 0 and x.numel() > 1)
    axis = b.axis(x)
    n = b[x].shape[axis]
    start = b.whole(0, n - 1)
    if op == "slice":
        stop = b.whole(start + 1, n + 1)
        more = {"start": start - b.one_of([0, n]), "stop": stop - n if stop < n and b.chance(0.3) else stop}
        more["step"] = b.whole(1, 2)
    elif op == "narrow":
        more = {"start": start, "length": b.whole(1, n - start)}
    elif op == "select":
        more = {"position": start - b.one_of([0, n])}
    elif op == "embed":
        more = {"start": b.whole(0, 2), "step": b.whole(1, 2)}
        shape = list(b[x].shape)
        shape[axis] = more["start"] + more["step"] * (n - 1) + b.whole(1, 2)
        more["shape"] = shape
        axis %= len(shape)
    elif op == "split":
        more = {"size": b.whole(1, n)}
        more["part"] = b.whole(0, -(-n // more["size"]) - 1)
    elif op == "split_sizes":
        cuts = sorted({0, start, n})
        more = {"sizes": [q - p for p, q in zip(cuts, cuts[1:])]}
        more["part"] = b.whole(0, len(more["sizes"]) - 1)
    elif op == "chunk":
        count = b.whole(1, 3)
        more = {"count": count, "part": b.whole(0, len(torch.chunk(b[x], count, axis)) - 1)}
    else:
        more = {"shift": b.whole(-n, n + 1)}
    b.add(op, x, axis=axis, **more)


@proposal("pad", "pad_reflect", "pad_replicate", "pad_circular")
def pads(b, op):
    x = b.pick(lambda x: x.dim() > 0)
    largest = {"pad_reflect": -1, "pad_circular": 0}
    margins = []
    for n in list(b[x].shape)[::-1][: b.whole(1, min(3, b[x].dim()))]:
        margins += [b.whole(0, min(2, n + largest.get(op, 2))) for _ in range(2)]
    b.add(op, x, pads=margins, **({"value": b.scalar(-1, 1)} if op == "pad" else {}))


@proposal("repeat")
def repeat(b, op):
    x = b.pick(rank=range(5))
    b.add(op, x, times=[b.whole(1, 2) for _ in range(b[x].dim() + b.whole(0 if b[x].dim() else 1, 1))])


@proposal("tril", "triu", "diagonal")
def triangles(b, op):
    x = b.pick(lambda x: x.dim() >= 2 and x.numel() > 1)
    more = {"offset": b.whole(-1, 1)}
    if op == "diagonal":
        axes = b.random.permutation(b[x].dim())
        more |= {"axis_a": int(axes[0]), "axis_b": int(axes[1]) - b.one_of([0, b[x].dim()])}
    b.add(op, x, **more)


@proposal("embed_diagonal")
def embed_diagonals(b, op):
    x = b.pick(rank=[1, 2, 3])
    *rest, n = b[x].shape
    offset = b.whole(-1, 1)
    rows, columns = n + max(0, -offset), n + max(0, offset)
    rows, columns = b.one_of([(rows, columns), (rows + 1, columns), (rows, columns + 1)])
    axis_a, axis_b = (int(a) for a in b.random.permutation(len(rest) + 2)[:2])
    shape = [{axis_a: rows, axis_b: columns}.get(a) or rest.pop(0) for a in range(len(rest) + 2)]
    b.add(op, x, shape=shape, offset=offset, axis_a=axis_a, axis_b=axis_b)


@proposal("gather", "index_select", "index", "index_mask")
def reading(b, op):
    x = b.pick(lambda x: x.dim() > 0)
    shape, axis = b[x].shape, b.axis(x)
    if op == "gather":
        of = [b.whole(1, n) for n in shape]
        of[axis] = b.whole(1, 4)
        b.add(op, x, axis=axis, index=b.index(of, shape[axis]))
    elif op == "index_select":
        b.add(op, x, axis=axis, index=b.index(b.whole(1, 4), shape[axis]))
    elif op == "index":
        b.add(op, x, index=b.index([b.whole(1, 2) for _ in range(b.whole(1, 2))], shape[0]))
    else:
        b.add(op, x, mask=b.mask(shape[: b.whole(1, len(shape))]))


@proposal("scatter_add", "index_add")
def adding(b, op):
    src = b.pick(lambda x: x.dim() > 0)
    shape, axis = b[src].shape, b.axis(src)
    at = axis % len(shape)
    if op == "scatter_add":
        x = b.pick(lambda x: x.dim() == len(shape) and all(i == at or n <= x.shape[i] for i, n in enumerate(shape)))
        b.add(op, x, src, axis=axis, index=b.index(shape, b[x].shape[axis]))
    else:
        x = b.pick(lambda x: x.dim() == len(shape) and all(i == at or n == x.shape[i] for i, n in enumerate(shape)))
        b.add(op, x, src, axis=axis, index=b.index(shape[axis], b[x].shape[axis]))


@proposal("concat", "stack")
def joining(b, op):
    x = b.pick(lambda x: op == "stack" or x.dim() > 0)
    shape, axis = b[x].shape, b.axis(x, op == "stack")

    def fits(y):
        if op == "stack":
            return y.shape == shape
        at = axis % len(shape)
        return y.dim() == len(shape) and all(i == at or n == y.shape[i] for i, n in enumerate(shape))

    b.add(op, *(b.pick(fits) for _ in range(b.whole(1, 2))), x, axis=axis)


@proposal("matmul")
def matmul(b, op):
    def fits(y):
        if y.dim() == 0 or y.shape[max(0, y.dim() - 2)] != b[x].shape[-1]:
            return False
        try:
            torch.broadcast_shapes(b[x].shape[:-2], y.shape[:-2])
        except RuntimeError:
            return False
        return True

    x = b.pick(lambda x: x.dim() > 0 and x.numel() > 1)
    b.add(op, x, b.pick(fits))


@proposal("dot", "outer")
def vectors(b, op):
    x = b.pick(rank=1)
    b.add(op, x, b.pick(lambda y: op == "outer" or y.shape == b[x].shape, rank=1))


@proposal("linear")
def linear(b, op):
    x = b.pick(lambda x: x.dim() > 0)
    weight = b.pick(lambda w: w.shape[1] == b[x].shape[-1], rank=2)
    biases = [i for i, v in enumerate(b.values) if i != b.hidden and v.shape == b[weight].shape[:1]]
    b.add(op, x, weight, *([b.one_of(biases)] if biases and b.chance(0.7) else []))


@proposal("cross_entropy")
def cross_entropies(b, op):
    x = b.pick(lambda x: x.shape[min(1, x.dim() - 1)] > 1, rank=[1, 2, 3])
    shape = list(b[x].shape)
    classes = shape.pop(min(1, len(shape) - 1))
    more = {"reduction": b.one_of(["none", "sum", "mean"]), "label_smoothing": b.one_of([0.0, 0.0, 0.1])}
    labels = b.index(shape, classes)
    if b.chance(0.3) and len(set(np.ravel(labels))) > 1:
        more["ignore_index"] = int(np.ravel(labels)[0])
    b.add(op, x, labels=labels, **more)


@proposal("solve", "cholesky", "inv", "det", "logabsdet", "eigvalsh", "add_identity")
def definite(b, op):
    a = b.definite()
    if op == "solve":
        b.add(op, a, b.pick(lambda y: y.dim() >= 2 and y.shape[:-1] == b[a].shape[:-1]))
    elif op != "add_identity":
        b.add(op, a)


@proposal("solve_triangular")
def solve_triangular(b, op):
    upper = b.chance(0.5)
    n = int(b.one_of(b.extents[1:]))
    square = b.inside(b.pick(lambda x: x.dim() >= 2 and tuple(x.shape[-2:]) == (n, n)))
    a = b.add("add_identity", b.add("triu" if upper else "tril", square, offset=0), value=float(n))
    b.add(op, a, b.pick(lambda y: y.dim() >= 2 and y.shape[:-1] == b[a].shape[:-1]), upper=upper)


@proposal("qr_r", "svdvals")
def decompositions(b, op):
    b.add(op, b.matrix())
