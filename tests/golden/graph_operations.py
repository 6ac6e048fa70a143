"""What the operations of graphs.py mean in PyTorch, and where they are not smooth."""

import numpy as np
import torch
import torch.nn.functional as F


def over_axes(function):
    def call(x, axes=None, keepdim=False, **more):
        return function(x, **more) if axes is None else function(x, dim=axes, keepdim=keepdim, **more)

    return call


def prod(x, axes=None, keepdim=False):
    axes = range(x.dim()) if axes is None else [a % x.dim() for a in axes]
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keepdim)
    return x


def pad_mode(x, pads, mode):
    """F.pad wants two axes in front of the padded ones."""
    last = x.shape[x.dim() - len(pads) // 2 :]
    y = F.pad(x.reshape(1, -1, *last), pads, mode)
    return y.reshape(*x.shape[: x.dim() - len(last)], *y.shape[2:])


def embed(x, shape, axis, start, step):
    stop = start + step * (x.shape[axis] - 1) + 1
    return torch.slice_scatter(x.new_zeros(shape), x, axis, start, stop, step)


def embed_diagonal(x, shape, offset, axis_a, axis_b):
    return torch.diagonal_scatter(x.new_zeros(shape), x, offset, axis_a, axis_b)


def cross_entropy(x, labels, reduction, label_smoothing, ignore_index=-100):
    return F.cross_entropy(
        x, torch.tensor(labels), reduction=reduction, label_smoothing=label_smoothing, ignore_index=ignore_index
    )


def indices_checked(function):
    """`indices`, for the test alone: filled in by Builder.add."""
    return lambda x, indices=None, **attributes: function(x, **attributes).values


WITH_INDICES = {
    "max": lambda x, axis, keepdim: torch.max(x, axis, keepdim),
    "min": lambda x, axis, keepdim: torch.min(x, axis, keepdim),
    "sort": lambda x, axis, descending: torch.sort(x, axis, descending),
    "topk": lambda x, k, axis, largest: torch.topk(x, k, axis, largest),
}
FULL_REDUCTIONS = ("sum", "mean", "var", "std", "prod", "norm")
UNARY = """abs sign relu square floor ceil trunc round frac sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p
    sigmoid sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv""".split()
L = torch.linalg
OPERATIONS = {name: getattr(torch, name) for name in UNARY} | {
    name: indices_checked(function) for name, function in WITH_INDICES.items()
}
OPERATIONS |= {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "pow": torch.pow,
    "add_scalar": lambda x, value: x + value,
    "sub_scalar": lambda x, value: x - value,
    "scalar_sub": lambda x, value: value - x,
    "mul_scalar": lambda x, value: x * value,
    "div_scalar": lambda x, value: x / value,
    "scalar_div": lambda x, value: value / x,
    "pow_scalar": lambda x, value: x**value,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "clamp": lambda x, low, high: torch.clamp(x, low, high),
    "clamp_min": lambda x, low: torch.clamp_min(x, low),
    "clamp_max": lambda x, high: torch.clamp_max(x, high),
    "remainder": torch.remainder,
    "remainder_scalar": lambda x, value: torch.remainder(x, value),
    "atan2": torch.atan2,
    "where": lambda a, b, mask: torch.where(torch.tensor(mask, dtype=torch.bool), a, b),
    "where_positive": lambda c, a, b: torch.where(c > 0, a, b),
    "masked_fill": lambda x, mask, value: x.masked_fill(torch.tensor(mask, dtype=torch.bool), value),
    "detach": lambda x: x.detach(),
    "sum": over_axes(torch.sum),
    "mean": over_axes(torch.mean),
    "var": over_axes(torch.var),
    "std": over_axes(torch.std),
    "prod": prod,
    "norm": over_axes(lambda x, p, **axes: L.vector_norm(x, p, **axes)),
    "amax": over_axes(torch.amax),
    "amin": over_axes(torch.amin),
    "logsumexp": over_axes(torch.logsumexp),
    "max_all": torch.max,
    "min_all": torch.min,
    "cumsum": lambda x, axis: torch.cumsum(x, axis),
    "cumprod": lambda x, axis: torch.cumprod(x, axis),
    "sum_to": lambda x, shape: x.sum_to_size(shape),
    "reshape": lambda x, shape: x.reshape(shape),
    "flatten": lambda x, first, last: torch.flatten(x, first, last),
    "transpose": lambda x: x.mT,
    "transpose_axes": lambda x, a, b: torch.transpose(x, a, b),
    "permute": lambda x, axes: x.permute(axes),
    "expand": lambda x, shape: x.expand(shape),
    "squeeze": lambda x, axis: x.squeeze(axis),
    "unsqueeze": lambda x, axis: x.unsqueeze(axis),
    "slice": lambda x, axis, start, stop, step: x[(slice(None),) * (axis % x.dim()) + (slice(start, stop, step),)],
    "narrow": lambda x, axis, start, length: torch.narrow(x, axis, start, length),
    "select": lambda x, axis, position: torch.select(x, axis, position),
    "embed": embed,
    "split": lambda x, size, axis, part: torch.split(x, size, axis)[part],
    "split_sizes": lambda x, sizes, axis, part: torch.split(x, sizes, axis)[part],
    "chunk": lambda x, count, axis, part: torch.chunk(x, count, axis)[part],
    "pad": lambda x, pads, value: F.pad(x, pads, value=value),
    "pad_reflect": lambda x, pads: pad_mode(x, pads, "reflect"),
    "pad_replicate": lambda x, pads: pad_mode(x, pads, "replicate"),
    "pad_circular": lambda x, pads: pad_mode(x, pads, "circular"),
    "flip": lambda x, axes: torch.flip(x, axes),
    "roll": lambda x, shift, axis: torch.roll(x, shift, axis),
    "repeat": lambda x, times: x.repeat(times),
    "tril": lambda x, offset: torch.tril(x, offset),
    "triu": lambda x, offset: torch.triu(x, offset),
    "diagonal": lambda x, offset, axis_a, axis_b: torch.diagonal(x, offset, axis_a, axis_b),
    "embed_diagonal": embed_diagonal,
    "diag": torch.diag,
    "gather": lambda x, axis, index: torch.gather(x, axis, torch.tensor(index)),
    "scatter_add": lambda x, src, axis, index: torch.scatter_add(x, axis, torch.tensor(index), src),
    "index_select": lambda x, axis, index: torch.index_select(x, axis, torch.tensor(index)),
    "index_add": lambda x, src, axis, index: torch.index_add(x, axis, torch.tensor(index), src),
    "index": lambda x, index: x[torch.tensor(index)],
    "index_mask": lambda x, mask: x[torch.tensor(mask, dtype=torch.bool)],
    "masked_select": lambda x, mask: torch.masked_select(x, torch.tensor(mask, dtype=torch.bool)),
    "concat": lambda *xs, axis: torch.cat(xs, axis),
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "matmul": torch.matmul,
    "dot": torch.dot,
    "outer": torch.outer,
    "linear": F.linear,
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "log_softmax": lambda x, axis: torch.log_softmax(x, axis),
    "cross_entropy": cross_entropy,
    "add_identity": lambda x, value: x + value * torch.eye(x.shape[-1], dtype=x.dtype),
    "solve": L.solve,
    "solve_triangular": lambda a, b, upper: L.solve_triangular(a, b, upper=upper),
    "cholesky": L.cholesky,
    "inv": L.inv,
    "det": L.det,
    "logabsdet": lambda x: L.slogdet(x).logabsdet,
    "qr_r": lambda x: L.qr(x).R,
    "eigvalsh": L.eigvalsh,
    "svdvals": L.svdvals,
}


# Where they are not smooth: distances that have to be well above 0.


def gaps(x, axes=None, keepdim=False, **_):
    """Differences of neighbours in order, over the axes."""
    axes = range(x.dim()) if axes is None else [a % x.dim() for a in axes]
    rest = [a for a in range(x.dim()) if a not in axes]
    return x.permute([*rest, *axes]).reshape(*(x.shape[a] for a in rest), -1).sort(-1).values.diff(dim=-1)


def to_whole(x):
    return (x - x.round()).abs()


def norm_kinks(x, p, **axes):
    if p == np.inf:
        return torch.cat([gaps(x.abs(), **axes).flatten(), x.abs().flatten()])
    return OPERATIONS["norm"](x, p=p, **axes) if p == 2 else x.abs()


KINKS = {
    **dict.fromkeys(("abs", "sign", "relu"), torch.abs),
    **dict.fromkeys(("floor", "ceil", "trunc", "frac"), to_whole),
    **dict.fromkeys(("maximum", "minimum"), lambda a, b: (a - b).abs()),
    **dict.fromkeys(("max", "min", "sort", "topk"), lambda x, axis, **_: gaps(x, [axis])),
    **dict.fromkeys(("amax", "amin", "max_all", "min_all"), gaps),
    "round": lambda x: to_whole(x - 0.5),
    "tan": lambda x: x.cos().abs() - 0.2,
    "where_positive": lambda c, a, b: c.abs(),
    "clamp": lambda x, low, high: torch.minimum((x - low).abs(), (x - high).abs()),
    "clamp_min": lambda x, low: (x - low).abs(),
    "clamp_max": lambda x, high: (x - high).abs(),
    "remainder": lambda a, b: to_whole(a / b),
    "remainder_scalar": lambda x, value: to_whole(x / value),
    "atan2": lambda y, x: torch.maximum(y.abs(), x) - 0.1,
    "std": lambda x, **more: OPERATIONS["std"](x, **more) - 0.1,
    "norm": norm_kinks,
    "qr_r": lambda x: L.qr(x).R.diagonal(dim1=-2, dim2=-1).abs() - 0.2,
    "eigvalsh": lambda x: L.eigvalsh(x).diff(dim=-1) - 0.05,
    "svdvals": lambda x: torch.cat([-L.svdvals(x).diff(dim=-1), L.svdvals(x)], -1) - 0.05,
}
