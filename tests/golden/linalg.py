"""Makes linalg.safetensors: values and gradients of torch.linalg, where neither is left open by the mathematics.

    python tests/golden/linalg.py

in an environment with `pip install torch==2.13.0 numpy safetensors`.

All tensors are f64. Inputs are a [2, 4, 4], tall [2, 5, 3], wide [2, 3, 5], deficient [4, 3] of rank 2, spd (positive
definite), b [2, 4, 2], vectors [2, 4]. Values are <function>.<case>.<output>. Gradients are <function>.<case>.grad, of the sum
of all outputs weighted by <function>.<case>.cotangent<i>; eigenvectors and singular vectors enter it by their squares, which do
not depend on signs, and symmetric functions are applied to a a^T.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

L = torch.linalg


def squares(*indices):
    return lambda outputs: [o**2 if i in indices else o for i, o in enumerate(outputs)]


def main():
    torch.set_num_threads(1)
    torch.manual_seed(5)
    kind = {"dtype": torch.float64}
    a, tall, wide = torch.randn(2, 4, 4, **kind), torch.randn(2, 5, 3, **kind), torch.randn(2, 3, 5, **kind)
    b, vectors = torch.randn(2, 4, 2, **kind), torch.randn(2, 4, **kind)
    deficient = torch.randn(4, 2, **kind) @ torch.randn(2, 3, **kind)
    zeroed = a.clone()
    zeroed[0, :, 1] = zeroed[0, :, 3] * 2  # the first matrix is singular
    t = {"a": a, "tall": tall, "wide": wide, "deficient": deficient, "zeroed": zeroed, "b": b, "vectors": vectors}
    t["spd"] = a @ a.mT + torch.eye(4, **kind)

    for name in ("a", "tall", "wide"):
        t[f"qr.{name}.q"], t[f"qr.{name}.r"] = L.qr(t[name])
        t[f"svdvals.{name}.value"] = L.svdvals(t[name])
        t[f"pinv.{name}.value"] = L.pinv(t[name])
    t["pinv.deficient.value"] = L.pinv(deficient)
    t["matrix_rank.deficient.value"] = L.matrix_rank(deficient)
    t["matrix_rank.tall.value"] = L.matrix_rank(tall, rtol=0.5)
    t["cholesky.spd.value"] = L.cholesky(t["spd"])
    t["eigvalsh.a.value"] = L.eigvalsh(a)  # not symmetric: only the lower triangle counts
    t["inv.a.value"], t["det.a.value"] = L.inv(a), L.det(a)
    t["slogdet.a.sign"], t["slogdet.a.log"] = L.slogdet(a)
    t["solve.b.value"], t["solve.vectors.value"] = L.solve(a, b), L.solve(a, vectors)
    t["solve.shared.value"] = L.solve(a, vectors[0])
    for upper in (0, 1):
        for left in (0, 1):
            for unit in (0, 1):
                options = {"upper": bool(upper), "left": bool(left), "unitriangular": bool(unit)}
                value = L.solve_triangular(a, b if left else b.mT, **options)
                t[f"solve_triangular.{upper}{left}{unit}.value"] = value
    t["lstsq.tall.value"] = L.lstsq(tall, tall[..., :1] ** 2).solution
    t["lstsq.wide.value"] = L.lstsq(wide, wide[..., :2] ** 2).solution
    t["lstsq.deficient.value"] = L.lstsq(deficient, b[0], driver="gelsy").solution

    def gradient(name, function, x, outputs=lambda o: o):
        x = x.clone().requires_grad_()
        y = function(x)
        y = outputs([y] if isinstance(y, torch.Tensor) else list(y))
        weights = [torch.randn(v.shape, **kind) for v in y]
        for i, w in enumerate(weights):
            t[f"{name}.cotangent{i}"] = w
        (t[f"{name}.grad"],) = torch.autograd.grad(sum((v * w).sum() for v, w in zip(y, weights)), x)

    for name in ("a", "tall", "wide"):
        gradient(f"qr.{name}", L.qr, t[name])
        gradient(f"svd.{name}", lambda x: L.svd(x, full_matrices=False), t[name], squares(0, 2))
    gradient("eigh.a", lambda x: L.eigh(x @ x.mT), a, squares(1))
    gradient("cholesky.a", lambda x: L.cholesky(x @ x.mT), a)
    gradient("det.a", L.det, a)
    gradient("det.zeroed", L.det, zeroed)
    gradient("slogdet.a", lambda x: L.slogdet(x).logabsdet, a)
    gradient("inv.a", L.inv, a)
    gradient("solve.a", lambda x: L.solve(x, b), a)

    path = Path(__file__).with_suffix(".safetensors")
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in t.items()}, path)
    print(f"{len(t)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
