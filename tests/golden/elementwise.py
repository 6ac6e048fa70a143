"""Makes elementwise.safetensors: values and gradients of element-wise functions in PyTorch where they leave the ordinary.

    python tests/golden/elementwise.py

in an environment with `pip install torch==2.13.0 safetensors`.

`input.<f64|f32>` is the argument of all: both signs of zeros, subnormals, ends of domains, ties, overflow, non-finites.
<function>.<f64|f32>.<value|grad> is what comes out and the derivative there.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

FUNCTIONS = """abs sign square floor ceil trunc round frac rsqrt reciprocal exp2 expm1 log2 log10 log1p sin cos tan asin
acos atan sinh cosh asinh acosh atanh erf erfc erfinv""".split()


def edges(dtype):
    limits = torch.finfo(dtype)
    smallest = 5e-324 if dtype == torch.float64 else 1.401298464324817e-45
    magnitudes = [0, smallest, limits.tiny / 4, limits.tiny, limits.eps / 4, 1e-4, 0.25, 0.5, 0.75, 1 - limits.eps / 2, 1]
    magnitudes += [1 + limits.eps, 1.5, 2, 2.5, 3.5, 7, 20, 26, 28, 87, 90, 127, 128, 150, 700, 711, 1023, 1024, 1075]
    magnitudes += [1e5, 1e7, 1e15, 1e30, limits.max, float("inf"), float("nan")]
    return torch.tensor([sign * magnitude for magnitude in magnitudes for sign in (1, -1)], dtype=dtype)


def main():
    torch.set_num_threads(1)
    tensors = {}
    for dtype_name, dtype in (("f64", torch.float64), ("f32", torch.float32)):
        tensors[f"input.{dtype_name}"] = edges(dtype)
        for name in FUNCTIONS:
            x = edges(dtype).requires_grad_()
            value = getattr(torch, name)(x)
            (gradient,) = torch.autograd.grad(value, x, torch.ones_like(value))
            tensors[f"{name}.{dtype_name}.value"] = value.detach()
            tensors[f"{name}.{dtype_name}.grad"] = gradient.clone()
    path = Path(__file__).with_suffix(".safetensors")
    save_file(tensors, path)
    print(f"{len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
