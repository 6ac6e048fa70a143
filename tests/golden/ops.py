"""Makes ops.safetensors: values and gradients of some operations in PyTorch, where conventions or edge values matter.

    python tests/golden/ops.py

in an environment with `pip install torch==2.13.0 numpy safetensors`.

Names are <operation>.<case>.<f64|f32>.<part>. The parts: `input` (binary operations: `a`, `b`), `value`, `grad`
(`a_grad`, `b_grad`), and `cotangent`, the weights w of the scalar sum(w * value) whose gradient it is; where no
cotangent is stored, w is 1. Targets and indices are i64. Random inputs are the same numbers in both dtypes.

    log_softmax.dim1, .last                      input [3, 4, 5]
    cross_entropy.<mean|sum|none>.smooth<0|01>[.ignore3]   logits [6, 5], `target` [6]; label_smoothing 0 or 0.1;
                                                 ignore3: ignore_index = 3, which two targets hit
    relu sigmoid tanh exp log sqrt .edges        the edge values below, cotangent 1
    pow.exponent<0..9>                           the same ones to the power of the 0-d tensor `exponent`
    pow.tensor                                   every a to the power of every b, flattened
    matmul.<case>                                shapes as in MATMUL
    max.dim<0|1|2>, amax.dim<0|1|2>              ties and NaN; max has `indices` and sends its gradient to them alone,
                                                 amax shares it between ties; max.all shares too
"""

import itertools
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

DTYPES = {"f64": torch.float64, "f32": torch.float32}

MATMUL = {  # name: shapes of a and b
    "vector_vector": ([4], [4]),
    "matrix_vector": ([3, 4], [4]),
    "vector_matrix": ([4], [4, 2]),
    "matrix_matrix": ([3, 4], [4, 2]),
    "batch": ([2, 3, 4], [2, 4, 5]),
    "batch_matrix": ([2, 3, 4], [4, 5]),
    "matrix_batch": ([3, 4], [2, 4, 5]),
    "batch_vector": ([2, 3, 4], [4]),
    "vector_batch": ([4], [2, 4, 5]),
    "broadcast": ([2, 1, 3, 4], [5, 4, 2]),
    "broadcast_both": ([2, 1, 3, 4], [1, 3, 4, 2]),
    "inner_zero": ([2, 0], [0, 3]),
}


class Random:
    """Draws that f32 holds exactly: with the same seed both dtypes see the same input."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.generator = np.random.default_rng(7)  # numpy's streams are stable over releases

    def normal(self, *shape, scale=1.0):
        return self._tensor(scale * self.generator.standard_normal(shape))

    def digits(self, *shape, below):
        return self._tensor(self.generator.integers(0, below, shape))

    def _tensor(self, array):
        return torch.from_numpy(array.astype(np.float32)).to(self.dtype)


def edges(dtype):
    """Where element-wise functions leave the ordinary: zeros, subnormals, the ends of exp's range, non-finites."""
    limits = torch.finfo(dtype)
    subnormal = limits.tiny / 4
    smallest = 5e-324 if dtype == torch.float64 else 1.401298464324817e-45
    magnitudes = [0.0, smallest, subnormal, limits.tiny, limits.eps / 4, 1e-4, 0.5, 1.0, 1.5, 3.0, 10.0, 20.0, 40.0]
    # exp overflows at 88.72 (f32), 709.78 (f64); is subnormal from -87.34, -708.4; zero from -103.97, -745.13.
    magnitudes += [87.0, 88.5, 89.0, 100.0, 104.0, 200.0, 708.0, 709.5, 710.0, 744.0, 746.0, 1e15, 1e30, limits.max]
    values = [sign * value for value in [*magnitudes, float("inf"), float("nan")] for sign in (1, -1)]
    return torch.tensor(values, dtype=dtype)


def case(function, inputs, random=None):
    """{part: tensor} of one call. The inputs are {part name: tensor}; with `random` the cotangent is drawn from it."""
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    value = function(*leaves.values())
    parts = {**inputs, "value": value.detach()}
    weights = torch.ones_like(value)
    if random and value.numel() > 1:
        weights = parts["cotangent"] = random.normal(*value.shape)
    gradients = torch.autograd.grad(value, list(leaves.values()), weights)
    for name, gradient in zip(leaves, gradients):
        parts["grad" if name == "input" else f"{name}_grad"] = gradient
    return parts


def softmax_cases(random):
    x = random.normal(3, 4, 5, scale=3)
    for name, dim in (("dim1", 1), ("last", -1)):
        yield f"log_softmax.{name}", case(lambda x, dim=dim: torch.log_softmax(x, dim), {"input": x}, random)

    logits = random.normal(6, 5, scale=3)
    target = torch.tensor([0, 3, 4, 1, 3, 2])
    smoothings = {"smooth0": 0.0, "smooth01": 0.1}
    ignored = {"": -100, ".ignore3": 3}  # -100: PyTorch's default, no label
    for reduction, smooth, suffix in itertools.product(("mean", "sum", "none"), smoothings, ignored):
        loss = torch.nn.CrossEntropyLoss(
            reduction=reduction, label_smoothing=smoothings[smooth], ignore_index=ignored[suffix]
        )
        parts = case(lambda x, loss=loss: loss(x, target), {"input": logits}, random)
        yield f"cross_entropy.{reduction}.{smooth}{suffix}", parts | {"target": target}


def elementwise_cases(random):
    x = edges(random.dtype)
    for name in ("relu", "sigmoid", "tanh", "exp", "log", "sqrt"):
        yield f"{name}.edges", case(getattr(torch, name), {"input": x})
    for index, exponent in enumerate([2.0, 3.0, 0.5, -1.0, 0.0, 1.0, 2.5, -2.0, -0.5, float("inf")]):
        parts = case(lambda x, e=exponent: x**e, {"input": x})
        yield f"pow.exponent{index}", parts | {"exponent": torch.tensor(exponent, dtype=random.dtype)}
    inf, nan = float("inf"), float("nan")
    some = torch.tensor([0.0, -0.0, 0.5, 1.0, -1.0, 2.0, -2.0, 3.5, inf, -inf, nan], dtype=random.dtype)
    a, b = (side.flatten() for side in torch.meshgrid(some, some, indexing="ij"))
    yield "pow.tensor", case(torch.pow, {"a": a, "b": b})


def matmul_cases(random):
    for name, (a, b) in MATMUL.items():
        yield f"matmul.{name}", case(torch.matmul, {"a": random.normal(*a), "b": random.normal(*b)}, random)


def max_cases(random):
    # Small whole numbers tie often; one NaN alone in its row and two in one, infinities.
    x = random.digits(3, 4, 5, below=4)
    x[0, 1, 2] = x[2, 0, 1] = x[2, 0, 4] = x[2, 3, 1] = float("nan")
    x[1, 2, 0] = x[1, 2, 3] = float("inf")
    x[1, 0, :] = -float("inf")
    for dim in range(3):
        parts = case(lambda x, dim=dim: torch.max(x, dim).values, {"input": x}, random)
        yield f"max.dim{dim}", parts | {"indices": torch.max(x, dim).indices}
        yield f"amax.dim{dim}", case(lambda x, dim=dim: torch.amax(x, dim), {"input": x}, random)
    yield "max.all", case(torch.max, {"input": torch.nan_to_num(x, nan=0.0, posinf=3.0, neginf=0.0)})


def main():
    torch.set_num_threads(1)
    tensors = {}
    for dtype_name, dtype in DTYPES.items():
        random = Random(dtype)
        for family in (softmax_cases, elementwise_cases, matmul_cases, max_cases):
            for name, parts in family(random):
                for part, tensor in parts.items():
                    tensors[f"{name}.{dtype_name}.{part}"] = tensor.contiguous().clone()
    path = Path(__file__).with_suffix(".safetensors")
    save_file(tensors, path)
    print(f"{len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
