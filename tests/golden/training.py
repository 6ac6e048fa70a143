"""Makes training.safetensors: 50 training steps of a small MLP on the handwritten digits, as PyTorch takes them.

    python tests/golden/training.py

in an environment with `pip install torch==2.13.0 numpy safetensors`. It reads data/digits/digits.csv.gz.

Linear(64, 32) - ReLU - Linear(32, 10), mean cross-entropy; step i sees rows [32 i, 32 i + 32), pixels divided by 16.

    fc1.weight fc1.bias fc2.weight fc2.bias   f64, the initial weights of every run (f32 runs round them)
    <run>.<f64|f32>.loss                      f64 [50], the loss of step i, before its update
    <run>.f64.fc1.weight ...                  f64, the weights after step 49

Runs: adamw, sgd_momentum, adamw_onecycle. The last cycles beta1 too (0.95 - 0.85 - 0.95): OneCycleLR's default.
"""

import gzip
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent
STEPS, BATCH = 50, 32


def digits():
    """Pixels in 0..1 as f64 [1797, 64] and labels as i64 [1797]."""
    with gzip.open(HERE.parents[1] / "data/digits/digits.csv.gz", "rt") as file:
        table = torch.from_numpy(np.loadtxt(file, delimiter=","))
    return table[:, :64] / 16, table[:, 64].long()


def initial_weights():
    """U(-1/sqrt(in), 1/sqrt(in)), PyTorch's own range, but drawn by numpy: its streams are stable over releases."""
    random = np.random.default_rng(1)
    weights = {}
    for name, inputs, outputs in (("fc1", 64, 32), ("fc2", 32, 10)):
        bound = inputs**-0.5
        weights[f"{name}.weight"] = torch.from_numpy(random.uniform(-bound, bound, (outputs, inputs)))
        weights[f"{name}.bias"] = torch.from_numpy(random.uniform(-bound, bound, outputs))
    return weights


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=1e-2, weight_decay=1e-2), None


def sgd_momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9), None


def adamw_onecycle(parameters):
    optimizer, _ = adamw(parameters)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-2, total_steps=STEPS)


def train(make_optimizer, initial, dtype, pixels, labels):
    weights = {name: value.to(dtype).clone().requires_grad_() for name, value in initial.items()}
    optimizer, schedule = make_optimizer(weights.values())
    losses = []
    for step in range(STEPS):
        rows = slice(BATCH * step, BATCH * (step + 1))
        optimizer.zero_grad()
        hidden = torch.relu(pixels[rows].to(dtype) @ weights["fc1.weight"].T + weights["fc1.bias"])
        logits = hidden @ weights["fc2.weight"].T + weights["fc2.bias"]
        loss = torch.nn.functional.cross_entropy(logits, labels[rows])
        loss.backward()
        optimizer.step()
        if schedule and step + 1 < STEPS:  # one more would leave the cycle
            schedule.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64), weights


def main():
    torch.set_num_threads(1)  # one order of summation
    pixels, labels = digits()
    initial = initial_weights()
    tensors = dict(initial)
    for make_optimizer in (adamw, sgd_momentum, adamw_onecycle):
        run = make_optimizer.__name__
        dtypes = {"f64": torch.float64} if run == "adamw_onecycle" else {"f64": torch.float64, "f32": torch.float32}
        for name, dtype in dtypes.items():
            losses, weights = train(make_optimizer, initial, dtype, pixels, labels)
            tensors[f"{run}.{name}.loss"] = losses
            if name == "f64":
                tensors |= {f"{run}.f64.{key}": value.detach() for key, value in weights.items()}
            print(f"{run}.{name}: loss {losses[0]:.6f} -> {losses[-1]:.6f}")
    save_file(tensors, HERE / "training.safetensors")


if __name__ == "__main__":
    main()
