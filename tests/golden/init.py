"""Makes init.json: what PyTorch's torch.nn.init computes before, or without, drawing random numbers.

    python tests/golden/init.py

in an environment with `pip install torch==2.13.0 numpy`. Gains, fans, the bounds and standard deviations that rules hand
to uniform_ and normal_, the places of ones in eye_ and dirac_, and how many zeros sparse_ puts into a column.
"""

import json
from pathlib import Path

import torch
from torch.nn import init

SHAPES = [(1, 1), (3, 5), (128, 784), (8, 3, 5), (16, 4, 3, 3), (2, 6, 3, 1, 7)]


def drawn(rule, *arguments, **options):
    """The arguments that a rule gives to Tensor.uniform_ or Tensor.normal_."""
    calls = []
    kept = torch.Tensor.uniform_, torch.Tensor.normal_
    torch.Tensor.uniform_ = lambda t, low, high, generator=None: calls.append({"low": low, "high": high}) or t
    torch.Tensor.normal_ = lambda t, mean, std, generator=None: calls.append({"mean": mean, "std": std}) or t
    try:
        rule(*arguments, **options)
    finally:
        torch.Tensor.uniform_, torch.Tensor.normal_ = kept
    return calls


def ones(rule, shape, **options):
    w = torch.full(shape, 7.0)
    rule(w, **options)
    assert set(w.unique().tolist()) <= {0.0, 1.0}
    return {"shape": shape, **options, "ones": w.flatten().nonzero().flatten().tolist()}


def gains():
    names = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
             "tanh", "relu", "leaky_relu", "selu"]  # fmt: skip
    for name in names:
        yield {"nonlinearity": name, "gain": init.calculate_gain(name)}
    for slope in (0, 0.2, -0.5, 5**0.5):
        yield {"nonlinearity": "leaky_relu", "a": slope, "gain": init.calculate_gain("leaky_relu", slope)}


def scaled():
    for shape in SHAPES:
        w = torch.zeros(shape)
        for gain in (1, 0.3, 5 / 3):
            for rule in (init.xavier_uniform_, init.xavier_normal_):
                yield {"rule": rule.__name__, "shape": shape, "gain": gain, **drawn(rule, w, gain)[0]}
        for mode in ("fan_in", "fan_out"):
            for a, nonlinearity in ((0, "leaky_relu"), (5**0.5, "leaky_relu"), (0, "relu"), (0, "tanh"), (0.1, "selu")):
                for rule in (init.kaiming_uniform_, init.kaiming_normal_):
                    options = {"a": a, "mode": mode, "nonlinearity": nonlinearity}
                    yield {"rule": rule.__name__, "shape": shape, **options, **drawn(rule, w, **options)[0]}


def linear():
    """What a layer [in] -> [out] draws: its weight's bounds, then its bias's."""
    for inputs, outputs in ((1, 4), (400, 25), (784, 10)):
        weight, bias = drawn(torch.nn.Linear, inputs, outputs)
        yield {"in": inputs, "out": outputs, "weight": weight["high"], "bias": bias["high"]}


def zeros_per_column(rows, sparsity):
    w = torch.zeros(rows, 6)
    init.sparse_(w, sparsity, 1.0)
    (count,) = set((w == 0).sum(0).tolist())
    return {"rows": rows, "sparsity": sparsity, "zeros": count}


def main():
    torch.manual_seed(0)
    values = {
        "gains": list(gains()),
        "fans": [dict(shape=s, **dict(zip(("in", "out"), init._calculate_fan_in_and_fan_out(torch.zeros(s))))) for s in SHAPES],
        "scaled": list(scaled()),
        "linear": list(linear()),
        "eye": [ones(init.eye_, s) for s in ((3, 3), (2, 5), (5, 2), (1, 1))],
        "dirac": [
            ones(init.dirac_, s, groups=g)
            for s, g in (((3, 3, 3), 1), ((4, 2, 5), 1), ((2, 4, 2), 1), ((6, 3, 3, 3), 1), ((6, 2, 3, 4), 3),
                         ((6, 4, 1, 1), 2), ((4, 2, 3, 3, 3), 2), ((2, 3, 1, 2, 5), 1))
        ],
        "sparse": [zeros_per_column(r, s) for r, s in ((10, 0.1), (10, 0.0), (7, 0.5), (100, 0.9), (3, 0.01), (1, 0.5))],
    }  # fmt: skip
    lines = [
        json.dumps(name) + ": [\n" + ",\n".join(json.dumps(case, allow_nan=False) for case in cases) + "\n]"
        for name, cases in values.items()
    ]
    Path(__file__).with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print({name: len(cases) for name, cases in values.items()})


if __name__ == "__main__":
    main()
