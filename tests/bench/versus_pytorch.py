"""Times our training step, or our AdamW step, against PyTorch's and prints a Markdown table.

    python tests/bench/versus_pytorch.py build/release/tests/bench/mlp_step
    python tests/bench/versus_pytorch.py --adamw build/release/tests/bench/adamw_step

in an environment with `pip install torch==2.13.0 numpy`, on an otherwise idle machine.

The training step: zero_grad, forward, cross-entropy, backward and AdamW(lr 1e-3, weight_decay 1e-2) of the MLP
784-256-128-10 with ReLU, f32, on one fixed random batch. PyTorch runs eagerly, with its fused AdamW.

Ours and PyTorch's take turns, each time in a fresh process, and swap who goes first: a machine that slows down or
warms up meanwhile hurts both. Each process reports the median over its steps; the table has the medians over the
rounds, and the median of each round's own ratio ours / PyTorch (below 1: we are faster).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

# Some people export these to make OpenBLAS faster on one machine; the numbers are to hold without.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


# --- PyTorch's side: one measurement in a process of its own ----------------------------------------------------------


def median_step_us(step, warm_up, steps):
    for _ in range(warm_up):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def pytorch_mlp(batch, steps):
    import torch

    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2, fused=True)
    x, y = torch.randn(batch, 784), torch.randint(10, (batch,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return median_step_us(step, warm_up=50, steps=steps)


def pytorch_adamw(parameters):
    import torch

    torch.manual_seed(0)
    parameter = torch.randn(parameters).requires_grad_()
    parameter.grad = torch.randn(parameters)
    optimizer = torch.optim.AdamW([parameter], lr=1e-3, weight_decay=1e-2, fused=True)
    steps = max(10, min(1000, 250_000_000 // parameters))
    return median_step_us(optimizer.step, warm_up=3, steps=steps)


def pytorch_worker(job):
    import torch

    torch.set_num_threads(job["threads"])
    if "parameters" in job:
        median_us = pytorch_adamw(job["parameters"])
    else:
        median_us = pytorch_mlp(job["batch"], job["steps"])
    print(json.dumps({"median_us": median_us, "version": torch.__version__}))


# --- the comparison -------------------------------------------------------------------------------------------------


def measure(command):
    """Runs the command and reads the JSON line it prints last."""
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: failed with status {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare(binary, job, rounds):
    """[(ours, PyTorch's)] per round, as the two JSON objects."""
    sides = (
        [binary] + [word for name, value in job.items() for word in (f"--{name}", str(value))],
        [sys.executable, os.path.abspath(__file__), "--pytorch-worker", json.dumps(job)],
    )
    results = []
    for number in range(rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        measured = {side: measure(sides[side]) for side in order}
        results.append((measured[0], measured[1]))
    return results


def cpu_name():
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0]}, {len(names)} logical CPUs" if names else "unknown CPU"


def microseconds(value):
    return f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", help="our mlp_step, or adamw_step with --adamw")
    parser.add_argument("--adamw", action="store_true", help="the AdamW step alone, 250 k and 50 M parameters")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=300, help="timed training steps per process")
    parser.add_argument("--pytorch-worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pytorch_worker:
        return pytorch_worker(json.loads(arguments.pytorch_worker))
    if not arguments.binary:
        parser.error("which binary?")
    binary = os.path.abspath(arguments.binary)  # a bare file name would be looked up in PATH

    if arguments.adamw:
        size = "parameters"
        jobs = [{"parameters": count, "threads": threads} for count in (250_000, 50_000_000) for threads in (1, 2)]
    else:
        size = "batch"
        jobs = [
            {"batch": batch, "threads": threads, "steps": arguments.steps} for batch in (32, 128) for threads in (1, 2)
        ]

    rows = []
    for job in jobs:
        print(f"measuring {job} ...", file=sys.stderr)
        results = compare(binary, job, arguments.rounds)
        ours, theirs = ([side["median_us"] for side in column] for column in zip(*results))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        cells = (job[size], job["threads"], *(microseconds(statistics.median(side)) for side in (ours, theirs)))
        rows.append(f"| {' | '.join(map(str, cells))} | {ratio:.2f} |")

    our_facts, their_facts = results[-1]
    what = "AdamW step" if arguments.adamw else "Training step, MLP 784-256-128-10"
    blas = f" (BLAS: {our_facts['blas']})" if "blas" in our_facts else ""
    print(f"{what}, f32; ours{blas} against PyTorch {their_facts['version']} eager, fused AdamW.")
    print(f"{cpu_name()}; medians of {arguments.rounds} rounds.\n")
    print(f"| {size} | threads | ours, µs | PyTorch, µs | ours / PyTorch |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
