"""Makes schedules.json: what PyTorch's schedulers, and closed forms where PyTorch has none, set step by step.

    python tests/golden/schedules.py

in an environment with `pip install torch==2.13.0 numpy`. A list of cases

    {"schedule": name of our class, "optimizer": "SGD" | "AdamW", "source": "torch" | "formula", "options": {...},
     "base": [lr of each group], "lr": [[at step 0, 1, ...] per group], "momentum": [[...] per group] where it is cycled}

Options carry our names. Entry e is what is in force *at* step e, after e calls of step(). Functions have names that the
test knows. ReduceLROnPlateau has "metrics" instead: entry e is what is in force after metric e. Composites list
"parts", each {"schedule", "options"}.
"""

import json
import math
import random
import warnings
from pathlib import Path

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

BASE = [0.5, 0.03]
FUNCTIONS = {
    "decay": lambda e: 0.95**e,
    "hyperbola": lambda e: 1 / (1 + 0.1 * e),
    "wave": lambda e: 1 + 0.5 * math.sin(e),
    "alternating": lambda e: 0.9 if e % 2 else 1.05,
    "half_per_cycle": lambda c: 1 / (5 ** (c * 0.0001)),
}
TORCH_NAMES = {"anneal": "anneal_strategy"}  # the others are the same, or lists under a name of their own
LISTS = {"max_lrs": "max_lr", "base_lrs": "base_lr", "base_momenta": "base_momentum", "max_momenta": "max_momentum",
         "min_lrs": "min_lr", "swa_lrs": "swa_lr"}  # fmt: skip


def optimizer_of(name, base):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in base]
    return getattr(torch.optim, name)(groups, lr=1.0, **({"momentum": 0.9} if name == "SGD" else {}))


def torch_schedule(optimizer, name, options):
    given = {}
    for key, value in options.items():
        if isinstance(value, str) and value in FUNCTIONS:
            value = FUNCTIONS[value]
        if key == "functions":
            key, value = "lr_lambda", [FUNCTIONS[f] for f in value]
        if key == "function":
            key = "lr_lambda"
        given[TORCH_NAMES.get(key, LISTS.get(key, key))] = value
    return (SWALR if name == "SWALR" else getattr(lr_scheduler, name))(optimizer, **given)


def values(optimizer, name, steps, step):
    """Rates and momenta of all groups over `steps` indices; step(e) moves to e >= 1."""
    lr, momentum = [[] for _ in optimizer.param_groups], [[] for _ in optimizer.param_groups]
    for e in range(steps):
        if e > 0:
            step(e)
        for i, group in enumerate(optimizer.param_groups):
            lr[i].append(float(group["lr"]))
            momentum[i].append(float(group["momentum"] if name == "SGD" else group["betas"][0]))
    return lr, momentum


def from_torch(schedule, options, steps=60, optimizer="SGD", base=BASE, momentum=False):
    o = optimizer_of(optimizer, base)
    s = torch_schedule(o, schedule, options)
    lr, m = values(o, optimizer, steps, lambda e: s.step())
    case = {"schedule": schedule, "optimizer": optimizer, "source": "torch", "options": options, "base": base, "lr": lr}
    return {**case, "momentum": m} if momentum else case


def composite(schedule, parts, steps=60, milestones=None, optimizer="SGD", base=BASE, momentum=False):
    o = optimizer_of(optimizer, base)
    made = [torch_schedule(o, name, options) for name, options in parts]
    if schedule == "SequentialLR":
        s = lr_scheduler.SequentialLR(o, made, milestones)
    else:
        s = lr_scheduler.ChainedScheduler(made, o)
    lr, m = values(o, optimizer, steps, lambda e: s.step())
    case = {"schedule": schedule, "optimizer": optimizer, "source": "torch", "options": {}, "base": base, "lr": lr,
            "parts": [{"schedule": name, "options": options} for name, options in parts]}  # fmt: skip
    if milestones is not None:
        case["milestones"] = milestones
    return {**case, "momentum": m} if momentum else case


def fractional(options, epochs, base=BASE):
    """CosineAnnealingWarmRestarts.step(epoch), then plain steps."""
    o = optimizer_of("SGD", base)
    s = lr_scheduler.CosineAnnealingWarmRestarts(o, **options)
    lr, _ = values(o, "SGD", len(epochs) + 1, lambda e: s.step(epochs[e - 1]))
    return {"schedule": "CosineAnnealingWarmRestarts", "optimizer": "SGD", "source": "torch", "options": options,
            "base": base, "lr": lr, "epochs": epochs}  # fmt: skip


def plateau(options, metrics, base=BASE):
    o = optimizer_of("SGD", base)
    s = torch_schedule(o, "ReduceLROnPlateau", options)
    lr = [[] for _ in base]
    for m in metrics:
        s.step(float(m))
        for i, group in enumerate(o.param_groups):
            lr[i].append(float(group["lr"]))
    return {"schedule": "ReduceLROnPlateau", "optimizer": "SGD", "source": "torch", "options": options, "base": base,
            "metrics": metrics, "lr": lr}  # fmt: skip


# ---- closed forms of what PyTorch lacks, written from the papers ----------------------------------------------------------


def linear_warmup(e, warmup_steps, start_factor=0.0, from_one=False):
    n = e + 1 if from_one else e
    return 1.0 if warmup_steps == 0 else start_factor + (1 - start_factor) * min(1.0, n / warmup_steps)


def geometric_warmup(e, warmup_steps, start_factor):
    left = 0.0 if warmup_steps == 0 else 1 - min(1.0, e / warmup_steps)
    return math.exp(left * math.log(start_factor))


def exponential_warmup(e, tau):
    return 1 - math.exp(-(e + 1) / tau)


def inverse_sqrt(e, warmup_steps):
    n = e + 1
    return n / warmup_steps if n < warmup_steps else math.sqrt(warmup_steps / n)


def noam(e, d_model=512, warmup_steps=4000, scale=1.0):
    n = e + 1
    return scale * d_model**-0.5 * min(n**-0.5, n * warmup_steps**-1.5)


def wsd(e, warmup_steps, stable_steps, decay_steps, cooldown="sqrt", min_ratio=0.0):
    if e < warmup_steps:
        return e / warmup_steps
    p = 0.0 if e < warmup_steps + stable_steps else 2.0
    if p and decay_steps > 0:
        p = (e - warmup_steps - stable_steps) / decay_steps
    if p >= 1:
        return min_ratio
    shape = {
        "sqrt": 1 - p**0.5,
        "linear": 1 - p,
        "square": 1 - p**2,
        "cosine": 0.5 + 0.5 * math.cos(math.pi * p),
        "exponential": (1024 ** (1 - p) - 1) / 1023,
    }[cooldown]
    return shape + min_ratio * (1 - shape)


FORMULAS = {
    "LinearWarmup": linear_warmup, "GeometricWarmup": geometric_warmup, "ExponentialWarmup": exponential_warmup,
    "InverseSqrtLR": inverse_sqrt, "NoamLR": noam, "WSDLR": wsd,
}  # fmt: skip


def from_formula(schedule, options, steps=60, base=BASE):
    lr = [[b * FORMULAS[schedule](e, **options) for e in range(steps)] for b in base]
    return {"schedule": schedule, "optimizer": "SGD", "source": "formula", "options": options, "base": base, "lr": lr}


# ---- cases ----------------------------------------------------------------------------------------------------------------


def one_cycles():
    two = {"max_lrs": [0.1, 0.01]}
    yield "SGD", {"max_lr": 0.1, "total_steps": 60}, 60
    yield "AdamW", {"max_lr": 2e-2, "total_steps": 64}, 64  # the peak is between two steps (0.3 * 64 - 1 = 18.2)
    yield "SGD", {"max_lr": 1.0, "total_steps": 60, "anneal": "linear"}, 60
    yield "AdamW", {"max_lr": 3e-3, "total_steps": 60, "anneal": "linear", "pct_start": 0.45}, 60
    yield "SGD", {"max_lr": 0.5, "total_steps": 80, "three_phase": True}, 80
    yield "AdamW", {"max_lr": 1e-2, "total_steps": 77, "three_phase": True, "anneal": "linear", "pct_start": 0.4}, 77
    yield "SGD", {"max_lr": 0.2, "total_steps": 50, "pct_start": 0.1, "div_factor": 10.0, "final_div_factor": 100.0}, 50
    yield "AdamW", {"max_lr": 4e-3, "total_steps": 55, "pct_start": 0.9, "div_factor": 4.0, "final_div_factor": 1.0}, 55
    yield "SGD", {"max_lr": 0.3, "total_steps": 50, "cycle_momentum": False}, 50
    yield "SGD", {**two, "total_steps": 51, "base_momenta": [0.5, 0.6], "max_momenta": [0.99, 0.8]}, 51
    yield "AdamW", {**two, "total_steps": 70, "base_momentum": 0.6, "max_momentum": 0.9, "anneal": "linear"}, 70
    yield "SGD", {"max_lr": 0.1, "total_steps": 300, "pct_start": 0.123, "div_factor": 1.0}, 300


def cyclics():
    edges = {"base_lr": 0.01, "max_lr": 0.2}
    yield "SGD", {**edges, "step_size_up": 10}
    yield "AdamW", {**edges, "step_size_up": 7, "step_size_down": 13}
    yield "SGD", {**edges, "step_size_up": 6, "mode": "triangular2"}
    yield "AdamW", {**edges, "step_size_up": 9, "step_size_down": 4, "mode": "triangular2", "base_momentum": 0.5}
    yield "SGD", {**edges, "step_size_up": 5, "mode": "exp_range", "gamma": 0.98, "max_momentum": 0.95}
    yield "SGD", {"base_lrs": [0.0, 0.001], "max_lrs": [1.0, 0.01], "step_size_up": 8, "mode": "exp_range", "gamma": 0.99,
                  "base_momenta": [0.7, 0.6], "max_momenta": [0.8, 0.95]}  # fmt: skip
    yield "SGD", {**edges, "step_size_up": 5, "scale_fn": "half_per_cycle"}
    yield "SGD", {**edges, "step_size_up": 5, "step_size_down": 1, "scale_fn": "decay", "scale_mode": "iterations"}
    yield "SGD", {**edges, "step_size_up": 1, "cycle_momentum": False}


def cases():
    for functions in ({"function": "decay"}, {"function": "wave"}, {"functions": ["hyperbola", "decay"]}):
        yield from_torch("LambdaLR", functions)
    for functions in ({"function": "hyperbola"}, {"function": "wave"}, {"functions": ["alternating", "decay"]}):
        yield from_torch("MultiplicativeLR", {**functions})
    for options in ({"step_size": 10}, {"step_size": 7, "gamma": 0.5}, {"step_size": 1, "gamma": 0.9}):
        yield from_torch("StepLR", options)
    for options in ({"milestones": [10, 30, 50]}, {"milestones": [40, 5, 20], "gamma": 0.5}, {"milestones": []},
                    {"milestones": [8, 8, 15], "gamma": 0.3}):  # fmt: skip
        yield from_torch("MultiStepLR", options)
    for options in ({}, {"factor": 0.25, "total_iters": 20}, {"factor": 1.0, "total_iters": 10},
                    {"factor": 0.9, "total_iters": 1}):  # fmt: skip
        yield from_torch("ConstantLR", options)
    for options in ({}, {"start_factor": 0.01, "total_iters": 40}, {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 55},
                    {"start_factor": 0.5, "end_factor": 0.25, "total_iters": 1}):  # fmt: skip
        yield from_torch("LinearLR", options)
    for options in ({"gamma": 0.9}, {"gamma": 1.01}, {"gamma": 0.5}):
        yield from_torch("ExponentialLR", options)
    for options in ({}, {"total_iters": 50, "power": 2.0}, {"total_iters": 33, "power": 0.5}, {"total_iters": 1}):
        yield from_torch("PolynomialLR", options)
    for options in ({"T_max": 59}, {"T_max": 10, "eta_min": 0.001}, {"T_max": 25, "eta_min": 0.1}, {"T_max": 1}):
        yield from_torch("CosineAnnealingLR", options, steps=120)  # T_max is reached and passed
    for options in ({"T_0": 10}, {"T_0": 3, "T_mult": 2, "eta_min": 0.001}, {"T_0": 1, "T_mult": 3}, {"T_0": 1}):
        yield from_torch("CosineAnnealingWarmRestarts", options, steps=130)
    yield fractional({"T_0": 10}, [0.1 * k for k in range(1, 250)])
    yield fractional({"T_0": 3, "T_mult": 2, "eta_min": 1e-3}, [0.25 * k for k in range(1, 200)])
    yield fractional({"T_0": 4, "T_mult": 2}, [5.5] + [None] * 60)
    for optimizer, options in cyclics():
        yield from_torch("CyclicLR", options, optimizer=optimizer, momentum=True)
    for optimizer, options, steps in one_cycles():
        yield from_torch("OneCycleLR", options, steps=steps, optimizer=optimizer, momentum=True)
    for options in ({"swa_lr": 0.05}, {"swa_lr": 0.2, "anneal_epochs": 40, "anneal": "linear"}, {"swa_lr": 0.05, "anneal_epochs": 0},
                    {"swa_lrs": [0.1, 0.01], "anneal_epochs": 30}):  # fmt: skip
        yield from_torch("SWALR", options)

    random.seed(1)
    losses = [1 / (1 + 0.2 * k) + 0.2 * random.random() for k in range(60)]
    rising = [k % 7 + 0.1 * k for k in range(60)]
    for options, metrics in (
        ({"patience": 2, "cooldown": 1}, [1.0] + [0.9] * 9 + [0.5] * 4 + [0.5] * 40),
        ({"patience": 3, "factor": 0.5}, losses),
        ({"mode": "max", "patience": 1, "factor": 0.7, "threshold": 0.05, "cooldown": 2}, rising),
        ({"mode": "max", "threshold_mode": "abs", "threshold": 0.5, "patience": 4}, rising),
        ({"threshold_mode": "abs", "threshold": 0.1, "patience": 0, "factor": 0.9, "min_lr": 0.01}, losses),
        ({"patience": 0, "factor": 0.1, "eps": 1e-3, "min_lrs": [0.02, 0.001]}, losses),
        ({"patience": 1, "factor": 0.5}, [-1.0 - 0.00001 * (k % 3) for k in range(60)]),
        ({"patience": 2, "factor": 0.5}, ["nan", 1.0, "nan", "nan", "nan", 0.5, "inf", "-inf"] + ["-inf"] * 50),
    ):
        yield plateau(options, metrics)

    warm = ("LinearLR", {"start_factor": 0.1, "total_iters": 10})
    cosine = ("CosineAnnealingLR", {"T_max": 40, "eta_min": 0.001})
    yield composite("SequentialLR", [warm, cosine], milestones=[10])
    yield composite("SequentialLR", [("ConstantLR", {"factor": 0.1, "total_iters": 20}), ("ExponentialLR", {"gamma": 0.9})],
                    milestones=[20])  # fmt: skip
    yield composite("SequentialLR", [warm, ("StepLR", {"step_size": 7}), ("PolynomialLR", {"total_iters": 20, "power": 2.0})],
                    milestones=[10, 35])  # fmt: skip
    yield composite("SequentialLR", [cosine, ("MultiplicativeLR", {"function": "hyperbola"})], milestones=[20])
    triangle = ("CyclicLR", {"base_lrs": BASE, "max_lrs": [1.0, 0.1], "step_size_up": 6})
    yield composite("SequentialLR", [warm, triangle], milestones=[10], momentum=True)
    yield composite("SequentialLR", [("ExponentialLR", {"gamma": 0.9}), ("CosineAnnealingWarmRestarts", {"T_0": 8, "T_mult": 2})],
                    milestones=[5])  # fmt: skip
    yield composite("ChainedScheduler", [("ConstantLR", {"factor": 0.1, "total_iters": 2}), ("ExponentialLR", {"gamma": 0.9})])
    yield composite("ChainedScheduler", [("StepLR", {"step_size": 9, "gamma": 0.5}), warm, ("ExponentialLR", {"gamma": 0.97})])
    yield composite("ChainedScheduler", [("LinearLR", {"total_iters": 30}), ("CosineAnnealingLR", {"T_max": 60})])

    for options in ({"warmup_steps": 20}, {"warmup_steps": 50, "start_factor": 0.1}, {"warmup_steps": 7, "from_one": True},
                    {"warmup_steps": 0}, {"warmup_steps": 1}):  # fmt: skip
        yield from_formula("LinearWarmup", options)
    for options in ({"warmup_steps": 20, "start_factor": 1e-3}, {"warmup_steps": 55, "start_factor": 0.5},
                    {"warmup_steps": 0, "start_factor": 0.1}):  # fmt: skip
        yield from_formula("GeometricWarmup", options)
    for options in ({"tau": 1000.0}, {"tau": 10.0}, {"tau": 0.5}):
        yield from_formula("ExponentialWarmup", options)
    for options in ({"warmup_steps": 20}, {"warmup_steps": 1}, {"warmup_steps": 100}):
        yield from_formula("InverseSqrtLR", options)
    for options in ({}, {"d_model": 64, "warmup_steps": 25}, {"d_model": 1, "warmup_steps": 1, "scale": 2.0}):
        yield from_formula("NoamLR", options)
    for cooldown in ("sqrt", "linear", "square", "cosine", "exponential"):
        for phases, floor in (((10, 20, 25), 0.0), ((0, 15, 30), 0.1), ((5, 0, 50), 0.5)):
            options = dict(zip(("warmup_steps", "stable_steps", "decay_steps"), phases))
            yield from_formula("WSDLR", {**options, "cooldown": cooldown, "min_ratio": floor})
    yield from_formula("WSDLR", {"warmup_steps": 10, "stable_steps": 20, "decay_steps": 0, "min_ratio": 0.2})


def main():
    warnings.filterwarnings("ignore")  # there is nothing to optimize here
    lines = [json.dumps(case, allow_nan=False) for case in cases()]
    Path(__file__).with_suffix(".json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{len(lines)} cases")


if __name__ == "__main__":
    main()
