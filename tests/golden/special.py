"""Makes special.safetensors: first and second derivatives in PyTorch where a rule can meet 0 * inf, NaN or a square that overflows.

    python tests/golden/special.py

in an environment with `pip install torch==2.13.0 safetensors`.

The arguments are numbers of f32, but PyTorch computes in f64, where their squares stay in the range. <function>.<part>:
functions of one number: at each of `x`, `grad` [cotangents, x] for each of `cotangent` and `second` [x], the derivative of
the sum of the derivatives. Functions of two: at each pair of `pair.a` and `pair.b`, `a` and `b`, the derivatives, and `aa`,
`ab`, `bb`, those of the sums of them. Functions of lines: of each row of `rows`, `grad` and `second`, the cotangents being
1, 2, ...
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

ONE = """abs sign relu square floor ceil trunc round frac sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p sigmoid sin
cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv""".split()
ONE = {name: getattr(torch, name) for name in ONE} | {
    "clamp": lambda x: torch.clamp(x, -1, 1),
    "clamp_min": lambda x: torch.clamp_min(x, 0),
    "clamp_max": lambda x: torch.clamp_max(x, 0),
    "remainder_scalar": lambda x: torch.remainder(x, 1.5),
    "scalar_div": lambda x: 2 / x,
    "pow0": lambda x: x**0,
    "pow1": lambda x: x**1,
    "pow2": lambda x: x**2,
    "pow3": lambda x: x**3,
    "pow_half": lambda x: x**0.5,
    "pow_minus1": lambda x: x**-1,
}
TWO = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "remainder": torch.remainder,
    "atan2": torch.atan2,
}
LINES = {
    "sum": lambda x: x.sum(1),
    "mean": lambda x: x.mean(1),
    "prod": lambda x: x.prod(1),
    "cumsum": lambda x: x.cumsum(1),
    "cumprod": lambda x: x.cumprod(1),
    "var": lambda x: x.var(1),
    "stddev": lambda x: x.std(1),
    "amax": lambda x: x.amax(1),
    "amin": lambda x: x.amin(1),
    "max_of_all": lambda x: torch.stack([row.max() for row in x]),
    "min_of_all": lambda x: torch.stack([row.min() for row in x]),
    "max": lambda x: x.max(1).values,
    "min": lambda x: x.min(1).values,
    "sort": lambda x: x.sort(dim=1, stable=True).values,
    "logsumexp": lambda x: x.logsumexp(1),
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(1),
} | {f"norm{p}": lambda x, p=float(p): torch.linalg.vector_norm(x, p, 1) for p in ("0", "0.5", "1", "1.5", "2", "3", "inf", "-inf")}


def derivative(y, x, cotangent, **options):
    if not y.requires_grad:
        return torch.zeros_like(x)
    (g,) = torch.autograd.grad(y, x, cotangent, allow_unused=True, **options)
    return torch.zeros_like(x) if g is None else g


def first(f, xs, i, cotangent):
    y = f(*xs)
    return derivative(y, xs[i], torch.ones_like(y) * cotangent, create_graph=True)


def leaf(x):
    return x.clone().requires_grad_()


def counted(y):
    return torch.arange(1, y[0].numel() + 1, dtype=y.dtype).expand(y.shape) if y.dim() == 2 else torch.ones_like(y)


def numbers():
    limits = torch.finfo(torch.float32)
    magnitudes = [0, limits.tiny / 4, 1e-23, 0.5, 1, 2, 1e23, limits.max, float("inf")]
    values = [sign * m for m in magnitudes for sign in (1, -1)] + [float("nan")]
    rows = [[1, 2, 3], [0, 0, 0], [3, 3, 3], [0, 1, 2], [0, 0, 2], [-1, 1, 1], [-2, -2, 1], [0, -0.0, 1]]
    for v in values[2:6] + values[12:]:
        rows += [[v, 1, 2], [0, v, 1], [v, v, 0], [v, v, v], [1, -v, v]]
    return (torch.tensor(x, dtype=torch.float32).double() for x in (values, rows))


def main():
    torch.set_num_threads(1)
    values, rows = numbers()
    cotangents = torch.tensor([1, 0, float("inf"), float("-inf"), float("nan"), 1e38], dtype=torch.float64)
    a, b = (side.flatten() for side in torch.meshgrid(values, values, indexing="ij"))
    tensors = {"x": values, "cotangent": cotangents, "rows": rows, "pair.a": a, "pair.b": b}
    for function, f in ONE.items():
        x = leaf(values)
        g = first(f, [x], 0, 1)
        tensors[f"{function}.grad"] = torch.stack([first(f, [leaf(values)], 0, c).detach() for c in cotangents])
        tensors[f"{function}.second"] = derivative(g, x, torch.ones_like(g))
    for function, f in TWO.items():
        xs = [leaf(a), leaf(b)]
        for i, j in ((0, 0), (0, 1), (1, 1)):
            g = first(f, xs, i, 1)
            tensors[f"{function}.{'ab'[i]}"] = g.detach()
            tensors[f"{function}.{'ab'[i]}{'ab'[j]}"] = derivative(g, xs[j], torch.ones_like(g))
    for function, f in LINES.items():
        x = leaf(rows)
        g = first(f, [x], 0, counted(f(x)))
        tensors[f"{function}.grad"] = g.detach()
        tensors[f"{function}.second"] = derivative(g, x, counted(g))
    tensors = {key: t.detach().contiguous().clone() for key, t in tensors.items()}
    path = Path(__file__).with_suffix(".safetensors")
    save_file(tensors, path)
    print(f"{len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
