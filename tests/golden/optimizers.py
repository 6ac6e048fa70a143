"""Makes optimizers.json and optimizers.safetensors: step-by-step f64 trajectories of PyTorch's first-order optimizers.

    python tests/golden/optimizers.py

in an environment with `pip install torch==2.13.0 numpy safetensors`. SGD, AdamW and L-BFGS are in optim.py, whose problem
"bumps" is used here. The files hold

    {"problems": {name: {"shapes", "c", "start"}}, "cases": [{"optimizer", "options", "problem", "absent"?, "lr_at"?}]}
    "trajectories" [cases, steps, elements]: all parameters, one after the other, after each step

with the keys and option names of optim.json. Every case is run again with gradients disturbed by a few units in the last place,
and must stay within half the tolerance of the tests: what is asked for can be asked of every correct implementation.
"""

import json
from pathlib import Path

import numpy as np
import optim
import torch
from safetensors.numpy import save_file

STEPS = 20
FLAGS = [False, True]
torch.set_default_dtype(torch.float64)  # NAdam's mu_product and ASGD's eta and mu have the default dtype


def make_optimizer(name, options, parameters):
    """From our option names to PyTorch's."""
    theirs = dict(options)
    for ours, pair in (("betas", ("beta1", "beta2")), ("etas", ("eta_minus", "eta_plus")),
                       ("step_sizes", ("min_step", "max_step")), ("eps", ("eps1", "eps2"))):  # fmt: skip
        if pair[0] in theirs:
            theirs[ours] = tuple(theirs.pop(key) for key in pair)
    if name == "Adafactor":
        theirs["eps"] = (theirs["eps"][0] or None, theirs["eps"][1])
    return getattr(torch.optim, name)(parameters, foreach=False, **theirs)


optim.make_optimizer = make_optimizer

COMMON = {"weight_decay": [0, 0.1], "maximize": FLAGS}
BETAS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
OTHER_BETAS = {"beta1": 0.5, "beta2": 0.9}


def tables():
    """(optimizer, usual options, choices): one case for each combination of the choices."""
    yield "Adam", {"lr": 0.05, **BETAS}, {"amsgrad": FLAGS, "decoupled_weight_decay": FLAGS, **COMMON}
    yield "Adam", {"lr": 0.05, **BETAS, **OTHER_BETAS, "eps": 1e-3}, {
        "amsgrad": FLAGS, "decoupled_weight_decay": FLAGS, **COMMON}  # fmt: skip
    yield "Adagrad", {"lr": 0.2}, {
        "lr_decay": [0, 0.1], "initial_accumulator_value": [0, 0.5], "eps": [1e-10, 1e-3], **COMMON}  # fmt: skip
    yield "Adadelta", {"lr": 1}, {"rho": [0.9, 0.5, 0], "eps": [1e-6, 1e-3], **COMMON}
    yield "RMSprop", {"lr": 0.01}, {
        "alpha": [0.99, 0.9], "eps": [1e-8, 1e-3], "momentum": [0, 0.9], "centered": FLAGS, **COMMON}  # fmt: skip
    yield "Adamax", {"lr": 0.05, **BETAS}, COMMON
    yield "Adamax", {"lr": 0.05, **BETAS, **OTHER_BETAS, "eps": 0.1}, COMMON
    yield "NAdam", {"lr": 0.02, **BETAS}, {
        "momentum_decay": [0, 4e-3, 0.1], "decoupled_weight_decay": FLAGS, **COMMON}  # fmt: skip
    yield "NAdam", {"lr": 0.02, **BETAS, **OTHER_BETAS, "eps": 1e-3, "momentum_decay": 4e-3}, {
        "decoupled_weight_decay": FLAGS, **COMMON}  # fmt: skip
    yield "RAdam", {"lr": 0.02, **BETAS}, {"decoupled_weight_decay": FLAGS, **COMMON}
    yield "RAdam", {"lr": 0.02, **BETAS, **OTHER_BETAS, "eps": 1e-3}, {"decoupled_weight_decay": FLAGS, **COMMON}
    yield "ASGD", {"lr": 0.05}, {"lambd": [1e-4, 0.1], "alpha": [0.75, 0.5], "t0": [1e6, 5], **COMMON}
    yield "Rprop", {}, {
        "lr": [0.01, 0.3], "eta_minus": [0.5, 0.7], "eta_plus": [1.2], "min_step": [1e-6, 0.02], "max_step": [50, 0.05],
        "maximize": FLAGS}  # fmt: skip
    yield "Adafactor", {"lr": 0.05}, {
        "beta2_decay": [-0.8, -0.3], "eps1": [0, 0.1], "eps2": [1e-3, 0.7], "d": [1, 2], **COMMON}  # fmt: skip


EVENTS = (
    {"absent": [0, 1, 2, 11, 12, 18]},  # the second parameter has no gradient: it starts late, then rests
    {"absent": [4, 5, 10], "lr_at": {"10": 0.01, "15": 0.05}},
)


def cases():
    seen = {}
    for name, usual, choices in tables():
        for case in optim.table(name, usual, **choices):
            seen.setdefault(name, {**case["options"]})
            yield case
    for name, options in seen.items():  # once more with decay, where there is one
        options = {**options, **({"weight_decay": 0.1} if "weight_decay" in options else {})}
        for events in EVENTS:
            yield {"optimizer": name, "options": options, "problem": "bumps", **events}


def flat(done):
    return np.array([np.concatenate([np.ravel(t) for t in step]) for step in done["trajectory"]])


def main():
    table, trajectories = [], []
    for case in cases():
        wanted = flat(optim.run(case, STEPS))
        twin = flat(optim.run(case, STEPS, np.random.default_rng(0)))
        spread = np.max(np.abs(twin - wanted) / (1e-15 + 1e-12 * np.abs(wanted)))
        assert np.isfinite(spread) and np.abs(wanted).max() < 100 and spread < 0.5, (case, spread)
        table.append(case)
        trajectories.append(wanted)
    here = Path(__file__)
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in table)
    problems = json.dumps({"bumps": optim.PROBLEMS["bumps"]}, allow_nan=False)
    here.with_suffix(".json").write_text(f'{{"problems": {problems},\n"cases": [\n{lines}\n]}}\n')
    save_file({"trajectories": np.array(trajectories)}, here.with_suffix(".safetensors"))
    here.with_suffix(".safetensors").chmod(0o644)
    print(f"{len(table)} cases, {here.with_suffix('.json').stat().st_size + here.with_suffix('.safetensors').stat().st_size} bytes")


if __name__ == "__main__":
    main()
