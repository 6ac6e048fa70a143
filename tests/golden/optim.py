"""Makes optim.json: step-by-step f64 trajectories of SGD, AdamW and L-BFGS in PyTorch.

    python tests/golden/optim.py

in an environment with `pip install torch==2.13.0 numpy`. The file holds

    {"problems": {name: {"formula": text, "c": [...], "shapes": [[5], [2, 3]], "start": [[...], [...]]}},
     "cases": [{"optimizer", "options", "problem", "start", "trajectory", "losses", ...}]}

Tensors are flattened row by row; "c" has one list per parameter. Option names are ours, every option is spelt out.
trajectory[k] holds the parameters after step k (from 0). losses[k] is the loss before that step, which is also what
L-BFGS's step returns. Optional keys:

    "absent": [k, ...]   the second parameter has no gradient (None) at these steps
    "lr_at": {"k": lr}   the group's lr is set to this before step k
    "evals": [...]       L-BFGS: evaluations of the closure since the start, after each step

A line search branches on comparisons and so amplifies rounding. Each L-BFGS case is therefore run again several times
with values and gradients disturbed by a few units in the last place, and is cut before the first step where one of
the copies strays or takes a different number of evaluations: what remains holds for every correct implementation.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)

# --- problems -------------------------------------------------------------------------------------------------------


def bumps(c, theta):
    return sum((ci * t**2 / 2 + 0.06 * (1 - torch.cos(5 * t))).sum() for ci, t in zip(c, theta))


def quadratic(c, theta):
    return sum((ci * t**2 / 2).sum() for ci, t in zip(c, theta))


def rosenbrock(c, theta):
    x, y = theta[0]
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def beale(c, theta):
    x, y = theta[0]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(c, theta):
    x, y = theta[0]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


SPECTRUM = [10 ** (4 * i / 19 - 1) for i in range(20)]  # 0.1 .. 1000, condition number 1e4
PROBLEMS = {
    "bumps": {
        "formula": "sum_i c_i theta_i^2 / 2 + 0.06 (1 - cos(5 theta_i))",
        "shapes": [[5], [2, 3]],
        "c": [[1, 10, 0.1, 3, 0.5], [2, 0.3, 7, 1, 5, 0.01]],
        "start": [[1.0, -2.0, 0.5, 1.5, -0.7], [-1.2, 0.8, 0.3, -0.4, 2.0, 1.1]],
    },
    "quadratic20": {
        "formula": "sum_i c_i theta_i^2 / 2",
        "shapes": [[5], [3, 5]],
        "c": [SPECTRUM[:5], SPECTRUM[5:]],
        "start": [[1.0] * 5, [1.0, -1.0, 0.5] * 5],
    },
    "rosenbrock": {"formula": "(1 - x)^2 + 100 (y - x^2)^2", "shapes": [[2]], "c": [], "start": [[-1.2, 1.0]]},
    "beale": {
        "formula": "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2",
        "shapes": [[2]],
        "c": [],
        "start": [[1.0, 1.0]],
    },
    "himmelblau": {
        "formula": "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        "shapes": [[2]],
        "c": [],
        "start": [[0.0, 0.0]],
    },
}
LOSS = {"bumps": bumps, "quadratic20": quadratic, "rosenbrock": rosenbrock, "beale": beale, "himmelblau": himmelblau}

# --- one run --------------------------------------------------------------------------------------------------------


def make_optimizer(name, options, parameters):
    """From our option names to PyTorch's."""
    theirs = dict(options)
    if name == "AdamW":
        theirs["betas"] = (theirs.pop("beta1"), theirs.pop("beta2"))
    if name == "LBFGS":
        theirs["line_search_fn"] = "strong_wolfe" if theirs.pop("strong_wolfe") else None
    else:
        theirs["foreach"] = False  # the plain loop, one tensor after the other
    return getattr(torch.optim, name)(parameters, **theirs)


def run(case, steps, noise=None):
    """Completes the case: start, trajectory, losses, evals. `noise` (a generator) disturbs each loss and gradient."""
    problem = PROBLEMS[case["problem"]]
    theta = [
        torch.tensor(start, dtype=torch.float64).reshape(shape).requires_grad_()
        for start, shape in zip(problem["start"], problem["shapes"])
    ]
    c = [torch.tensor(ci, dtype=torch.float64).reshape(t.shape) for ci, t in zip(problem["c"], theta)]
    optimizer = make_optimizer(case["optimizer"], case["options"], theta)
    done = {**case, "start": problem["start"], "trajectory": [], "losses": []}
    evals = 0

    def closure():
        nonlocal evals
        evals += 1
        optimizer.zero_grad()
        loss = LOSS[case["problem"]](c, theta)
        loss.backward()
        if step in case.get("absent", []):
            theta[1].grad = None
        if noise is not None:
            for t in theta:
                if t.grad is not None:
                    t.grad *= 1 + torch.from_numpy(noise.uniform(-4e-16, 4e-16, tuple(t.shape)))
            loss = loss * (1 + noise.uniform(-4e-16, 4e-16))
        return loss.detach()

    for step in range(steps):
        if str(step) in case.get("lr_at", {}):
            optimizer.param_groups[0]["lr"] = case["lr_at"][str(step)]
        done["losses"].append(float(optimizer.step(closure)))
        done["trajectory"].append([t.detach().flatten().tolist() for t in theta])
        if case["optimizer"] == "LBFGS":
            done.setdefault("evals", []).append(evals)
    return done


# --- the table ------------------------------------------------------------------------------------------------------

SGD = {"lr": 0.05, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False}
ADAMW = {
    "lr": 0.05, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "maximize": False,
}  # fmt: skip
LBFGS = {
    "lr": 1, "max_iter": 20, "max_eval": 25, "tolerance_grad": 1e-7, "tolerance_change": 1e-9, "history_size": 100,
    "strong_wolfe": True,
}  # fmt: skip


def table(optimizer, defaults, **choices):
    """One case for each combination of the choices."""
    for values in itertools.product(*choices.values()):
        options = {**defaults, **dict(zip(choices, values))}
        if options.get("nesterov") and (options["momentum"] == 0 or options["dampening"] != 0):
            continue  # PyTorch refuses these
        if options["maximize"]:
            options["lr"] /= 10  # uphill the steps grow: stay in a sane range
        yield {"optimizer": optimizer, "options": options, "problem": "bumps"}


def first_order_cases():
    flags = [False, True]
    yield from table(
        "SGD", SGD, momentum=[0, 0.9], dampening=[0, 0.3], nesterov=flags, weight_decay=[0, 0.1], maximize=flags
    )
    for beta1, beta2 in [(0.9, 0.999), (0.5, 0.9)]:
        defaults = {**ADAMW, "beta1": beta1, "beta2": beta2}
        yield from table("AdamW", defaults, weight_decay=[0, 0.1], amsgrad=flags, maximize=flags, eps=[1e-8, 1e-3])

    # A parameter without a gradient is left alone: no decay, no momentum, no count. From the start, then in between.
    for events in (
        {"absent": [0, 1, 2, 11, 12, 20]},
        {"lr_at": {"10": 0.01}},
        {"absent": [4, 5, 10], "lr_at": {"10": 0.01, "18": 0.1}},
    ):
        momentum = {"momentum": 0.9, "weight_decay": 0.1}
        yield {"optimizer": "SGD", "options": {**SGD, **momentum, "dampening": 0.3}, "problem": "bumps", **events}
        yield {"optimizer": "SGD", "options": {**SGD, **momentum, "nesterov": True}, "problem": "bumps", **events}
        yield {"optimizer": "AdamW", "options": {**ADAMW, "weight_decay": 0.1}, "problem": "bumps", **events}
        yield {
            "optimizer": "AdamW",
            "options": {**ADAMW, "weight_decay": 0.1, "beta2": 0.9, "amsgrad": True},
            "problem": "bumps",
            **events,
        }


def within_max_eval(search):
    """PyTorch's line search takes its first trial on top of what is left of max_eval; ours takes it from there."""
    return lambda *args, max_ls: search(*args, max_ls=max_ls - 1)


torch_lbfgs = sys.modules[torch.optim.LBFGS.__module__]  # torch.optim takes the name away
torch_lbfgs._strong_wolfe = within_max_eval(torch_lbfgs._strong_wolfe)


def lbfgs(problem, **changes):
    return {"optimizer": "LBFGS", "options": {**LBFGS, **changes}, "problem": problem}


def lbfgs_cases():
    """Pairs of a case and the number of steps to try."""
    fixed_lr = {"rosenbrock": 0.3, "beale": 0.3, "himmelblau": 0.5, "quadratic20": 1}  # chosen to stay finite
    for problem, strong_wolfe, history in itertools.product(fixed_lr, [True, False], [10, 100]):
        lr = 1 if strong_wolfe else fixed_lr[problem]
        # Few iterations per step: what one step leaves for the next is the point of having several.
        options = {"lr": lr, "max_iter": 4, "max_eval": 12, "strong_wolfe": strong_wolfe, "history_size": history}
        yield lbfgs(problem, **options), 12
    for problem in fixed_lr:
        yield lbfgs(problem), 4  # the defaults; on Rosenbrock they stall at f = 4e-10
        if problem == "quadratic20":
            continue  # rounding decides when its last digits are reached
        # One step to the end. tolerance_change is absolute, so a full descent needs it tiny.
        tight = {"tolerance_grad": 1e-12, "tolerance_change": 1e-15, "history_size": 10}
        yield lbfgs(problem, **tight, max_iter=100, max_eval=1000), 2
    yield lbfgs("rosenbrock", max_iter=3, max_eval=4, strong_wolfe=False), 10  # full steps: wild at first
    for max_eval in (2, 3, 5):  # the search is limited to what is left of max_eval
        yield lbfgs("rosenbrock", max_eval=max_eval), 6
    yield lbfgs("quadratic20", history_size=2, max_iter=6, max_eval=15), 6  # evicts pairs
    yield lbfgs("bumps", max_iter=5, max_eval=12), 6  # negative curvature on the way
    yield lbfgs("bumps", max_iter=5, max_eval=12, lr=0.1, strong_wolfe=False), 6
    for absent in ([1], [1, 3]):  # unlike above, a missing gradient counts as zeros
        yield {**lbfgs("quadratic20", max_iter=3, max_eval=8), "absent": absent}, 6
    yield {**lbfgs("quadratic20", max_iter=3, max_eval=8), "lr_at": {"2": 0.5}}, 5


def largest_difference(a, b):
    """Over all parameters of one step, relative to max(1, |b|)."""
    flat = [np.concatenate([np.ravel(t) for t in step]) for step in (a, b)]
    return float(np.max(np.abs(flat[0] - flat[1]) / np.maximum(1, np.abs(flat[1]))))


def steady_steps(case, twins, tolerance):
    """How many leading steps all twins agree on."""
    for step, wanted in enumerate(case["trajectory"]):
        for twin in twins:
            same_evals = twin["evals"][step] == case["evals"][step]
            if not same_evals or largest_difference(twin["trajectory"][step], wanted) > tolerance:
                return step
    return len(case["trajectory"])


def main():
    cases = []
    for case in first_order_cases():
        done = run(case, 30)
        twin = run(case, 30, np.random.default_rng(0))
        spread = max(map(largest_difference, twin["trajectory"], done["trajectory"]))
        assert spread < 1e-12 and np.all(np.isfinite(done["losses"])), (case, spread)
        cases.append(done)
    for case, steps in lbfgs_cases():
        done = run(case, steps)
        twins = [run(case, steps, np.random.default_rng(seed)) for seed in range(20)]
        keep = steady_steps(done, twins, tolerance=1e-11)
        for key in ("trajectory", "losses", "evals"):
            done[key] = done[key][:keep]
        assert keep > 0 and np.all(np.isfinite(done["losses"])), case
        print(f"{case['problem']}: {keep} of {steps} steps, evals {done['evals']}, last loss {done['losses'][-1]:.3g}")
        cases.append(done)

    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    problems = json.dumps(PROBLEMS, allow_nan=False)
    text = f'{{"problems": {problems},\n"cases": [\n{lines}\n]}}\n'
    Path(__file__).with_suffix(".json").write_text(text)
    print(f"{len(cases)} cases, {len(text)} bytes")


if __name__ == "__main__":
    main()
