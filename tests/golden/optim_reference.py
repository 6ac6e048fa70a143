"""Makes optim_reference.json and .safetensors: f64 trajectories of the optimizers that PyTorch does not have (or, Muon, has in bf16).

    python tests/golden/optim_reference.py

in an environment with `pip install numpy safetensors`. Each rule is written down here once more, as its paper states it, with its
own variables and no attempt at speed. The files are like those of optimizers.py, whose checks they share. A case may have "around":
wrappers with their options, the outermost first. The row after the last step holds, for Schedule-Free, the average x.
"""

import itertools
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

STEPS = 20
FLAGS = [False, True]
BUMPS = json.loads((Path(__file__).parent / "optim.json").read_text())["problems"]["bumps"]
PROBLEMS = {
    "bumps": {key: BUMPS[key] for key in ("shapes", "c", "start")},
    "matrices": {  # the same function of matrices, one of them with more than two axes
        "shapes": [[2, 3], [4, 1, 2]],
        "c": [[2, 0.3, 7, 1, 5, 0.01], [1, 3, 0.1, 3, 0.5, 2, 4, 0.2]],
        "start": [[-1.2, 0.8, 0.3, -0.4, 2.0, 1.1], [1.0, -2.0, 0.5, 1.5, -0.7, 0.9, -0.1, 0.6]],
    },
}


def norm(arrays):
    return np.sqrt(sum(np.sum(a * a) for a in arrays))


class Rule:
    """step(parameters, gradients): a gradient may be None. One dict of memory per parameter."""

    def __init__(self, parameters, **options):
        self.o = options
        self.memory = [{} for _ in parameters]

    def gradients(self, gradients):
        sign = -1 if self.o["maximize"] else 1
        return [None if g is None else sign * g for g in gradients]

    def step(self, parameters, gradients):
        gradients = self.gradients(gradients)
        for p, g, m in zip(parameters, gradients, self.memory):
            if g is not None:
                m["t"] = m.get("t", 0) + 1
                p[...] = self.rule(p, g, m, **self.o)


def kept(memory, name, like):
    return memory.setdefault(name, np.zeros_like(like))


class SGD(Rule):
    def rule(self, p, g, m, lr, momentum, maximize):
        m["buffer"] = g if "buffer" not in m else momentum * m["buffer"] + g
        return p - lr * m["buffer"]

    momenta = ("buffer",)


class AdamW(Rule):
    def rule(self, p, g, m, lr, beta1, beta2, eps, weight_decay, maximize):
        m["m"] = beta1 * kept(m, "m", p) + (1 - beta1) * g
        m["v"] = beta2 * kept(m, "v", p) + (1 - beta2) * g**2
        mean, square = m["m"] / (1 - beta1 ** m["t"]), m["v"] / (1 - beta2 ** m["t"])
        return p * (1 - lr * weight_decay) - lr * mean / (np.sqrt(square) + eps)

    momenta = ("m",)


class Lion(Rule):
    def rule(self, p, g, m, lr, beta1, beta2, weight_decay, maximize):
        old = kept(m, "m", p)
        m["m"] = beta2 * old + (1 - beta2) * g
        return p - lr * (np.sign(beta1 * old + (1 - beta1) * g) + weight_decay * p)


class Adan(Rule):
    def gradients(self, gradients):
        gradients = super().gradients(gradients)
        if self.o["max_grad_norm"] == 0:
            return gradients
        size = norm([g for g in gradients if g is not None])
        clip = min(1, self.o["max_grad_norm"] / (size + self.o["eps"]))
        return [None if g is None else g * clip for g in gradients]

    def rule(self, p, g, m, lr, beta1, beta2, beta3, eps, weight_decay, max_grad_norm, no_prox, maximize):
        a1, a2, a3 = 1 - beta1, 1 - beta2, 1 - beta3  # the paper's betas
        change = g - m.get("g", g)
        m["g"] = g
        m["m"] = (1 - a1) * kept(m, "m", p) + a1 * g
        m["v"] = (1 - a2) * kept(m, "v", p) + a2 * change
        m["n"] = (1 - a3) * kept(m, "n", p) + a3 * (g + (1 - a2) * change) ** 2
        t = m["t"]
        mean, ahead, square = m["m"] / (1 - beta1**t), m["v"] / (1 - beta2**t), m["n"] / (1 - beta3**t)
        step = lr / (np.sqrt(square) + eps) * (mean + (1 - a2) * ahead)
        return p * (1 - lr * weight_decay) - step if no_prox else (p - step) / (1 + lr * weight_decay)


class LARS(Rule):
    def rule(self, p, g, m, lr, momentum, dampening, weight_decay, trust_coef, eps, nesterov, trust_clip, always_adapt, maximize):
        decayed = p.ndim > 1 or always_adapt
        if decayed:
            full = g + weight_decay * p
        else:
            full = g
        if always_adapt or (p.ndim > 1 and weight_decay != 0):
            q = 1.0
            if norm([p]) > 0 and norm([g]) > 0:
                q = trust_coef * norm([p]) / (norm([g]) + weight_decay * norm([p]) + eps)
            if trust_clip:
                q = min(q / lr, 1)
            full = q * full
        if momentum == 0:
            return p - lr * full
        m["b"] = full if "b" not in m else momentum * m["b"] + (1 - dampening) * full
        return p - lr * (full + momentum * m["b"] if nesterov else m["b"])


class LAMB(Rule):
    def gradients(self, gradients):
        gradients = super().gradients(gradients)
        limit = self.o["max_grad_norm"]
        size = norm([g for g in gradients if g is not None])
        return gradients if limit == 0 else [None if g is None else g / max(1, size / limit) for g in gradients]

    def rule(self, p, g, m, lr, beta1, beta2, eps, weight_decay, max_grad_norm, bias_correction, trust_clip, always_adapt, maximize):
        m["m"] = beta1 * kept(m, "m", p) + (1 - beta1) * g
        m["v"] = beta2 * kept(m, "v", p) + (1 - beta2) * g**2
        c1, c2 = (1 - beta1 ** m["t"], 1 - beta2 ** m["t"]) if bias_correction else (1, 1)
        r = (m["m"] / c1) / (np.sqrt(m["v"] / c2) + eps) + weight_decay * p
        q = 1.0
        if (weight_decay != 0 or always_adapt) and norm([p]) > 0 and norm([r]) > 0:
            q = norm([p]) / norm([r])
            if trust_clip:
                q = min(q, 1)
        return p - lr * q * r


class Muon(Rule):
    def rule(self, p, g, m, lr, weight_decay, momentum, nesterov, a, b, c, eps, ns_steps, match_rms_adamw):
        m["m"] = momentum * kept(m, "m", p) + (1 - momentum) * g
        u = (1 - momentum) * g + momentum * m["m"] if nesterov else m["m"]
        u = u.reshape(u.shape[0], -1)
        rows, columns = u.shape
        # The polynomial acts on the singular values alone: a decomposition, where the optimizer multiplies matrices.
        left, s, right = np.linalg.svd(u, full_matrices=False)
        s = s / max(np.sqrt(np.sum(s**2)), eps)
        for _ in range(ns_steps):
            s = a * s + b * s**3 + c * s**5
        scale = 0.2 * np.sqrt(max(rows, columns)) if match_rms_adamw else np.sqrt(max(1, rows / columns))
        return p * (1 - lr * weight_decay) - lr * scale * ((left * s) @ right).reshape(p.shape)

    def gradients(self, gradients):
        return gradients


class ScheduleFree(Rule):
    """x, y, z one by one. The parameters are y."""

    def rule(self, y, g, m, **o):
        beta, t = o["beta"], m["t"]
        x, z = m.get("x", y.copy()), m.get("z", y.copy())
        gamma = o["lr"] * (min(1, t / o["warmup_steps"]) if o["warmup_steps"] else 1)
        m["largest"] = max(m.get("largest", 0), gamma)
        w = t ** o["r"] * m["largest"] ** o["weight_lr_power"]
        m["sum"] = m.get("sum", 0) + w
        m["z"] = z - gamma * (self.direction(g, m, o) + o["weight_decay"] * y)
        m["x"] = x + w / m["sum"] * (m["z"] - x)
        return (1 - beta) * m["z"] + beta * m["x"]


class ScheduleFreeSGD(ScheduleFree):
    def direction(self, g, m, o):
        return g


class ScheduleFreeAdamW(ScheduleFree):
    def direction(self, g, m, o):
        m["v"] = o["beta2"] * kept(m, "v", g) + (1 - o["beta2"]) * g**2
        return g / (np.sqrt(m["v"] / (1 - o["beta2"] ** m["t"])) + o["eps"])


# --- wrappers -------------------------------------------------------------------------------------------------------


class Lookahead:
    def __init__(self, inner, parameters, k, alpha, inner_state):
        self.inner, self.k, self.alpha, self.mode, self.n = inner, k, alpha, inner_state, 0
        self.slow = [p.copy() for p in parameters]
        self.before = [{} for _ in parameters]

    def step(self, parameters, gradients):
        self.inner.step(parameters, gradients)
        self.n += 1
        if self.n % self.k:
            return
        for i, p in enumerate(parameters):
            self.slow[i] = (1 - self.alpha) * self.slow[i] + self.alpha * p
            p[...] = self.slow[i]
            memory = self.inner.memory[i]
            if self.mode == "reset":
                memory.clear()
            for name in self.inner.momenta if self.mode == "pullback" else ():
                if name in memory:
                    before = self.before[i].get(name, 0)
                    self.before[i][name] = memory[name] = self.alpha * memory[name] + (1 - self.alpha) * before


def climb(parameters, gradients, rho, adaptive, eta):
    """What SAM adds to the parameters."""
    sizes = [abs(p) + eta if adaptive and p.ndim > 1 else np.ones_like(p) for p in parameters]
    there = [(t, g) for t, g in zip(sizes, gradients) if g is not None]
    size = norm([t * g for t, g in there])
    return [0 if g is None else rho * t**2 * g / (size + 1e-12) for t, g in zip(sizes, gradients)]


# --- the table ------------------------------------------------------------------------------------------------------


def gradients_at(problem, parameters, absent, noise):
    found = []
    for c, p in zip(problem["c"], parameters):
        found.append(np.reshape(c, p.shape) * p + 0.06 * 5 * np.sin(5 * p))
        if noise is not None:
            found[-1] *= 1 + noise.uniform(-4e-16, 4e-16, p.shape)
    if absent:
        found[1] = None
    return found


def run(case, noise=None):
    problem = PROBLEMS[case["problem"]]
    parameters = [np.reshape(np.array(s, dtype=float), shape) for s, shape in zip(problem["start"], problem["shapes"])]
    rule = globals()[case["optimizer"]](parameters, **case["options"])
    around = case.get("around", {})
    top = Lookahead(rule, parameters, **around["Lookahead"]) if "Lookahead" in around else rule
    path = []
    for step in range(STEPS):
        rule.o["lr"] = case.get("lr_at", {}).get(str(step), rule.o["lr"])
        absent = step in case.get("absent", [])
        gradients = gradients_at(problem, parameters, absent, noise)
        if "SAM" in around:
            up = climb(parameters, gradients, **around["SAM"])
            gradients = gradients_at(problem, [p + e for p, e in zip(parameters, up)], absent, noise)
        top.step(parameters, gradients)
        path.append(np.concatenate([p.ravel() for p in parameters]))
    if isinstance(rule, ScheduleFree):
        path.append(np.concatenate([m["x"].ravel() for m in rule.memory]))
    else:
        path.append(path[-1])
    return np.array(path)


def combinations(choices):
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values))


def tables():
    """(optimizer, usual options, choices)."""
    common = {"weight_decay": [0, 0.1], "maximize": FLAGS}
    yield "Lion", {"lr": 0.02, "beta1": 0.9}, {"beta2": [0.99, 0.5], **common}
    yield "Adan", {"lr": 0.02, "beta1": 0.98, "beta2": 0.92, "beta3": 0.99, "eps": 1e-8}, {
        "max_grad_norm": [0, 1], "no_prox": FLAGS, **common}  # fmt: skip
    yield "Adan", {"lr": 0.02, "beta1": 0.5, "beta2": 0.7, "beta3": 0.9, "eps": 1e-3, "max_grad_norm": 0, "no_prox": False}, common
    lars = {"lr": 0.05, "dampening": 0, "trust_coef": 0.5, "eps": 1e-8, "nesterov": False}
    for momentum in ({"momentum": 0}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "dampening": 0.3}):
        yield "LARS", {**lars, "maximize": False, **momentum}, {
            "weight_decay": [0, 0.1], "trust_clip": FLAGS, "always_adapt": FLAGS}  # fmt: skip
    yield "LARS", {**lars, "momentum": 0.9, "weight_decay": 0.1, "trust_clip": False, "always_adapt": False}, {"maximize": [True]}
    lamb = {"lr": 0.05, "beta1": 0.9, "beta2": 0.999, "eps": 1e-6}
    yield "LAMB", {**lamb, "maximize": False}, {
        "weight_decay": [0, 0.1], "max_grad_norm": [0, 1], "bias_correction": FLAGS, "trust_clip": FLAGS,
        "always_adapt": FLAGS}  # fmt: skip
    yield "LAMB", {**lamb, "weight_decay": 0.1, "max_grad_norm": 1, "bias_correction": True, "trust_clip": False,
                   "always_adapt": False}, {"maximize": [True]}  # fmt: skip
    yield "Muon", {"lr": 0.05, "a": 3.4445, "b": -4.775, "c": 2.0315, "eps": 1e-7}, {
        "weight_decay": [0, 0.1], "momentum": [0.95, 0.5], "nesterov": FLAGS, "ns_steps": [5, 2], "match_rms_adamw": FLAGS}  # fmt: skip
    free = {"weight_decay": [0, 0.1], "warmup_steps": [0, 5], "r": [0, 1], "weight_lr_power": [2, 0], "beta": [0.9, 0.5]}
    yield "ScheduleFreeSGD", {"lr": 0.1, "maximize": False}, free
    yield "ScheduleFreeAdamW", {"lr": 0.05, "maximize": False, "beta2": 0.9, "eps": 1e-8}, free
    usual = {"weight_decay": 0.1, "warmup_steps": 3, "r": 0, "weight_lr_power": 2, "beta": 0.9, "maximize": True}
    yield "ScheduleFreeSGD", {"lr": 0.02, **usual}, {}
    yield "ScheduleFreeAdamW", {"lr": 0.02, **usual, "beta2": 0.999, "eps": 1e-3}, {}


def cases():
    first = {}
    for name, usual, choices in tables():
        for chosen in combinations(choices):
            options = {**usual, **chosen}
            if chosen.get("maximize"):
                options["lr"] /= 10  # uphill the steps grow
            case = {"optimizer": name, "options": options, "problem": "matrices" if name == "Muon" else "bumps"}
            first.setdefault(name, case)
            yield case
    inner = (
        ("SGD", {"lr": 0.02, "momentum": 0.9, "maximize": False}),
        ("AdamW", {"lr": 0.05, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.1, "maximize": False}),
    )
    for name, options in inner:
        case = {"optimizer": name, "options": options, "problem": "bumps"}
        for chosen in combinations({"k": [1, 3, 5], "alpha": [0.5, 0.8], "inner_state": ["keep", "reset", "pullback"]}):
            yield {**case, "around": {"Lookahead": chosen}}
        for chosen in combinations({"rho": [0.05, 0.5], "adaptive": FLAGS, "eta": [0.01, 0.5]}):
            if chosen["adaptive"] or chosen["eta"] == 0.01:
                yield {**case, "around": {"SAM": chosen}}
        both = {"Lookahead": {"k": 3, "alpha": 0.5, "inner_state": "pullback"}, "SAM": {"rho": 0.1, "adaptive": True, "eta": 0.01}}
        yield {**case, "around": both}
        for around in ({"Lookahead": {**both["Lookahead"], "inner_state": "keep"}}, both, {"SAM": both["SAM"]}):
            yield {**case, "around": around, "absent": [0, 1, 2, 7, 11], "lr_at": {"10": 0.01}}
    for case in first.values():
        options = {**case["options"], "weight_decay": 0.1}
        for events in ({"absent": [0, 1, 2, 11, 12, 18]}, {"absent": [4, 5, 10], "lr_at": {"10": 0.01, "15": 0.07}}):
            yield {**case, "options": options, **events}


def main():
    table, trajectories = [], {name: [] for name in PROBLEMS}
    for case in cases():
        case["options"] = dict(case["options"])
        wanted = run(json.loads(json.dumps(case)))
        twin = run(json.loads(json.dumps(case)), np.random.default_rng(0))
        spread = np.max(np.abs(twin - wanted) / (1e-15 + 1e-12 * np.abs(wanted)))
        assert np.isfinite(spread) and np.abs(wanted).max() < 100 and spread < 0.5, (case, spread)
        table.append({**case, "row": len(trajectories[case["problem"]])})
        trajectories[case["problem"]].append(wanted)
    here = Path(__file__)
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in table)
    here.with_suffix(".json").write_text(f'{{"problems": {json.dumps(PROBLEMS)},\n"cases": [\n{lines}\n]}}\n')
    save_file({name: np.array(paths) for name, paths in trajectories.items()}, here.with_suffix(".safetensors"))
    here.with_suffix(".safetensors").chmod(0o644)
    print(f"{len(table)} cases, {here.with_suffix('.json').stat().st_size + here.with_suffix('.safetensors').stat().st_size} bytes")


if __name__ == "__main__":
    main()
