"""Makes tensor_functions.safetensors: np.pad's margins, and PyTorch's remainder and atan2 where they leave the ordinary.

    python tests/golden/tensor_functions.py

in an environment with `pip install torch==2.13.0 numpy safetensors`.

`pad.x` [3, 4] with two positions before and one behind on axis 0, one and three on axis 1: `pad.<reflect|replicate|circular>`.
`pairs.<f32|f64>.<a|b>` are all pairs of edge values; `<remainder|atan2>.<f32|f64>` is the function of them.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file


def main():
    x = np.arange(12.0).reshape(3, 4)
    tensors = {"pad.x": torch.tensor(x)}
    for name, mode in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")):
        tensors[f"pad.{name}"] = torch.tensor(np.pad(x, ((2, 1), (1, 3)), mode))
    for name, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        magnitudes = [0.0, 0.75, 1.5, 2.0, 7.25, 1e6, float("inf"), float("nan")]
        edges = torch.tensor([sign * m for m in magnitudes for sign in (1, -1)], dtype=dtype)
        a, b = (t.contiguous() for t in torch.meshgrid(edges, edges, indexing="ij"))
        tensors |= {f"pairs.{name}.a": a, f"pairs.{name}.b": b}
        tensors |= {f"remainder.{name}": torch.remainder(a, b), f"atan2.{name}": torch.atan2(a, b)}
    path = Path(__file__).with_suffix(".safetensors")
    save_file(tensors, path)
    print(f"{len(tensors)} tensors, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
