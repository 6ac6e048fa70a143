"""Makes graphs.json and graphs.safetensors: random expression graphs, their values and derivatives in PyTorch.

    python tests/golden/graphs.py

in an environment with `pip install torch==2.13.0 numpy safetensors`. Prints how often each operation occurs.

graphs.json is a list of graphs:
    leaves   shapes of the leaves, which are the values number 0, 1, ...
    steps    [operation, [numbers of its inputs], {attributes}]; the results are the next values. Names are those of the
             library (graph_operations.py says what they mean in PyTorch); index tensors and masks are nested lists.
    outputs  [number, shape] of the values whose sum, weighted by cotangents, is differentiated: all that no step reads
    absent   numbers of the leaves that no gradient reaches
    second   whether there are second derivatives
graphs.safetensors has one flat f64 tensor per graph, named by its place in the list: the leaves one after another, the
cotangents of the outputs, the outputs, the gradients of the leaves (0 where absent), and if there are second
derivatives a direction (shapes of the leaves) and the Hessian times it. Leaves, cotangents and directions are f32
numbers.

A step is taken back if it comes near a kink or a tie (KINKS in graph_operations.py) or leaves the range of reasonable
values. A graph is rejected if finite differences disagree, or if f32 is off by more than F32_TOLERANCE of the largest
number of a tensor. Errors of f64 are 5e8 times smaller, so below 1e-12 of it.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from graph_builder import Builder, Reject, require
from graph_operations import OPERATIONS
from graph_proposals import PROPOSALS
from safetensors.torch import save_file

GRAPHS, LEAST_USES, F32_TOLERANCE = 500, 5, 1e-4


def run(steps, leaves, frozen=None):
    """All values of a graph; detached ones are taken from `frozen` if it is given, as finite differences need it."""
    values = list(leaves)
    for operation, inputs, attributes in steps:
        if operation == "detach" and frozen:
            values.append(frozen[len(values)].detach())
        else:
            values.append(OPERATIONS[operation](*(values[i] for i in inputs), **attributes))
    return values


def derivatives(graph, parts, dtype):
    """Values, then outputs, gradients and Hessian times direction, as lists; None in place of an absent gradient."""
    leaves = [x.to(dtype).requires_grad_() for x in parts["leaves"]]
    values = run(graph["steps"], leaves)
    outputs = [values[i] for i, _ in graph["outputs"]]
    loss = sum((w.to(dtype) * y).sum() for w, y in zip(parts["cotangents"], outputs))
    require(loss.requires_grad)
    gradients = torch.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    slope = sum((g * v.to(dtype)).sum() for g, v in zip(gradients, parts["direction"]) if g is not None)
    products = [torch.zeros_like(x) for x in leaves]
    if isinstance(slope, torch.Tensor) and slope.requires_grad:
        products = torch.autograd.grad(slope, leaves, allow_unused=True, materialize_grads=True)
    return values, outputs, gradients, products


def largest(tensors):
    return max(float(t.detach().abs().max()) for t in tensors)


def close(got, wanted, tolerance):
    return all(bool(torch.isfinite(a).all()) for a in got) and all(
        largest([a.double() - b]) <= tolerance * largest(wanted) for a, b in zip(got, wanted)
    )


def visible(tensors):
    """No tensor so much smaller than the others that a wrong one could pass for zero."""
    sizes = [largest([t]) for t in tensors]
    return max(sizes) > 1e-2 and all(s == 0 or s > 1e-3 * max(sizes) for s in sizes)


def verified(graph, parts, random):
    """Adds what PyTorch says to graph and parts, or rejects them."""
    values, outputs, gradients, products = derivatives(graph, parts, torch.float64)
    graph["absent"] = [i for i, g in enumerate(gradients) if g is None]
    gradients = [torch.zeros_like(x) if g is None else g for g, x in zip(gradients, parts["leaves"])]
    require(visible(gradients) and visible(outputs))
    _, rough_outputs, rough_gradients, rough_products = derivatives(graph, parts, torch.float32)
    rough_gradients = [torch.zeros_like(x) if g is None else g for g, x in zip(rough_gradients, parts["leaves"])]
    require(close(rough_outputs, outputs, F32_TOLERANCE) and close(rough_gradients, gradients, F32_TOLERANCE))

    def moved(directions, h):
        leaves = [(x + h * v).requires_grad_() for x, v in zip(parts["leaves"], directions)]
        ends = run(graph["steps"], leaves, values)
        loss = sum((w * ends[i]).sum() for w, (i, _) in zip(parts["cotangents"], graph["outputs"]))
        return loss, torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)

    for _ in range(3):
        directions = [torch.from_numpy(np.asarray(random.standard_normal(x.shape))) for x in parts["leaves"]]
        slope = (moved(directions, 1e-5)[0] - moved(directions, -1e-5)[0]) / 2e-5
        terms = torch.cat([(g * v).flatten() for g, v in zip(gradients, directions)]).detach()
        require(largest([slope - terms.sum()]) <= 1e-6 * (1 + float(terms.abs().sum())))

    (_, ahead), (_, behind) = moved(parts["direction"], 1e-5), moved(parts["direction"], -1e-5)
    differences = [(p - q) / 2e-5 for p, q in zip(ahead, behind)]
    graph["second"] = (
        visible(products) and close(rough_products, products, F32_TOLERANCE) and close(differences, products, 1e-5)
    )
    parts |= {"outputs": outputs, "gradients": gradients, "products": products}
    if not graph["second"]:
        del parts["direction"], parts["products"]


def random_graph(random, counts):
    """A graph that passes, with rare operations in preference to those that had their turn."""
    b = Builder(random)
    names = list(OPERATIONS)
    weights = np.array([1 / (1 + counts[name]) for name in names])
    length = b.whole(5, 22)
    for _ in range(200):
        if len(b.steps) >= length:
            break
        before = len(b.steps)
        operation = names[random.choice(len(names), p=weights / weights.sum())]
        try:
            PROPOSALS[operation](b, operation)
            require(len(b.steps) <= 25)
        except Reject:
            b.take_back(before)
    require(len(b.steps) >= 5)
    outputs = [i for i in range(b.leaves, len(b.values)) if not b.used[i]]
    require(sum(b[i].numel() for i in outputs) <= 100)
    graph = {
        "leaves": [list(x.shape) for x in b.values[: b.leaves]],
        "steps": b.steps,
        "outputs": [[i, list(b[i].shape)] for i in outputs],
    }
    parts = {
        "leaves": b.values[: b.leaves],
        "cotangents": [torch.from_numpy(b.normal(b[i].shape)) for i in outputs],
        "direction": [torch.from_numpy(b.normal(x.shape)) for x in b.values[: b.leaves]],
    }
    verified(graph, parts, random)
    return graph, parts


def main():
    torch.set_num_threads(1)
    random = np.random.default_rng(11)  # numpy's streams are stable over releases
    graphs, numbers, counts, rejected = [], {}, Counter(), 0
    while len(graphs) < GRAPHS:
        try:
            graph, parts = random_graph(random, counts)
        except Reject:
            rejected += 1
            continue
        counts.update(operation for operation, _, _ in graph["steps"])
        order = ("leaves", "cotangents", "outputs", "gradients", "direction", "products")
        flat = [t.detach().flatten() for name in order for t in parts.get(name, [])]
        numbers[str(len(graphs))] = torch.cat(flat).contiguous()
        graphs.append(graph)

    for name in OPERATIONS:
        print(f"{name:20}{counts[name]:5}")
    rare = [name for name in OPERATIONS if counts[name] < LEAST_USES]
    assert not rare, f"too rare: {rare}"
    readers = Counter((g, i) for g, graph in enumerate(graphs) for _, inputs, _ in graph["steps"] for i in inputs)
    twice = sum(n > 1 for n in readers.values())
    second, absent = (sum(bool(g[key]) for g in graphs) for key in ("second", "absent"))
    print(f"{len(graphs)} graphs ({rejected} rejected), {sum(len(g['steps']) for g in graphs)} steps")
    print(f"{twice} values read more than once; {second} graphs with second derivatives, {absent} with absent gradients")
    assert second >= 100

    target = Path(__file__)
    lines = ",\n".join(json.dumps(g, separators=(",", ":")).replace("Infinity", '"inf"') for g in graphs)
    target.with_suffix(".json").write_text(f"[\n{lines}\n]\n")
    save_file(numbers, target.with_suffix(".safetensors"))
    print(sum(target.with_suffix(s).stat().st_size for s in (".json", ".safetensors")), "bytes")


if __name__ == "__main__":
    main()
