"""Makes schedules.json: the learning rates and momenta of PyTorch's OneCycleLR.

    python tests/golden/schedules.py

in an environment with `pip install torch==2.13.0 numpy`. A list of cases

    {"schedule": "OneCycleLR", "optimizer": "SGD" | "AdamW", "options": {...},
     "lr": [[at step 0, 1, ...] per group], "momentum": [[...] per group]}

Options carry our names; max_lr lists one value per group. Entry e is what is in force *at* step e, after e calls of
schedule.step(), for e = 0 .. total_steps - 1. "momentum" is beta1 for AdamW; without cycle_momentum it stays at the
optimizer's own value (SGD 0.9, AdamW 0.9).
"""

import json
import warnings
from pathlib import Path

import torch

DEFAULTS = {
    "pct_start": 0.3, "anneal": "cos", "cycle_momentum": True, "base_momentum": 0.85, "max_momentum": 0.95,
    "div_factor": 25.0, "final_div_factor": 1e4, "three_phase": False,
}  # fmt: skip

CASES = [
    # The peak falls on a step (0.3 * 50 - 1 = 14) or between two (0.3 * 64 - 1 = 18.2, so max_lr is never reached).
    ("SGD", {"max_lr": [0.1], "total_steps": 50}),
    ("AdamW", {"max_lr": [2e-2], "total_steps": 64}),
    ("SGD", {"max_lr": [1.0], "total_steps": 60, "anneal": "linear"}),
    ("AdamW", {"max_lr": [3e-3], "total_steps": 60, "anneal": "linear", "pct_start": 0.45}),
    ("SGD", {"max_lr": [0.5], "total_steps": 80, "three_phase": True}),
    ("AdamW", {"max_lr": [1e-2], "total_steps": 77, "three_phase": True, "anneal": "linear", "pct_start": 0.4}),
    ("SGD", {"max_lr": [0.2], "total_steps": 50, "pct_start": 0.1, "div_factor": 10.0, "final_div_factor": 100.0}),
    ("AdamW", {"max_lr": [4e-3], "total_steps": 55, "pct_start": 0.9, "div_factor": 4.0, "final_div_factor": 1.0}),
    ("SGD", {"max_lr": [0.3], "total_steps": 50, "cycle_momentum": False}),
    ("AdamW", {"max_lr": [0.03], "total_steps": 50, "cycle_momentum": False, "three_phase": True, "pct_start": 0.25}),
    ("SGD", {"max_lr": [0.4], "total_steps": 51, "base_momentum": 0.5, "max_momentum": 0.99}),
    ("AdamW", {"max_lr": [1e-2], "total_steps": 70, "base_momentum": 0.6, "max_momentum": 0.9, "anneal": "linear"}),
    ("SGD", {"max_lr": [0.1, 0.01], "total_steps": 50}),
    ("AdamW", {"max_lr": [5e-3, 1e-4], "total_steps": 66, "anneal": "linear", "three_phase": True}),
    ("SGD", {"max_lr": [0.1], "total_steps": 1000, "pct_start": 0.123, "div_factor": 1.0}),
]


def run(optimizer_name, given):
    options = {**DEFAULTS, **given}
    groups = [{"params": [torch.zeros(1, requires_grad=True)]} for _ in options["max_lr"]]
    extra = {"momentum": 0.9} if optimizer_name == "SGD" else {}
    optimizer = getattr(torch.optim, optimizer_name)(groups, lr=1e-3, **extra)
    renamed = {("anneal_strategy" if name == "anneal" else name): value for name, value in options.items()}
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, **renamed)

    lr, momentum = [[] for _ in groups], [[] for _ in groups]
    for step in range(options["total_steps"]):
        if step > 0:
            schedule.step()
        for index, group in enumerate(optimizer.param_groups):
            lr[index].append(float(group["lr"]))
            momentum[index].append(float(group["momentum"] if optimizer_name == "SGD" else group["betas"][0]))
    return {"schedule": "OneCycleLR", "optimizer": optimizer_name, "options": options, "lr": lr, "momentum": momentum}


def main():
    warnings.filterwarnings("ignore", message="Detected call of")  # there is nothing to optimize here
    cases = [run(*case) for case in CASES]
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    Path(__file__).with_suffix(".json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
