"""Times our training step, or our optimizer steps, against PyTorch's and prints a Markdown table.

    python tests/bench/versus_pytorch.py build/release/tests/bench/mlp_step
    python tests/bench/versus_pytorch.py --busy build/release/tests/bench/mlp_step
    python tests/bench/versus_pytorch.py --optimizers build/release/tests/bench/optimizer_step

in an environment with `pip install torch==2.13.0 numpy`, on an otherwise idle machine.

The training step: zero_grad, forward, cross-entropy, backward and AdamW(lr 1e-3, weight_decay 1e-2) of the MLP
784-256-128-10 with ReLU, f32, on one fixed random batch. PyTorch runs eagerly, with its fused AdamW.

The optimizer steps: step() alone with the default options (SGD: momentum 0.9), f32, gradients set once. PyTorch runs
its fused kernel where it has one for CPUs, else foreach. It has no Lion: that is written below in foreach operations.

Ours and PyTorch's take turns, each time in a fresh process, and swap who goes first: a machine that slows down or
warms up meanwhile hurts both. Each process reports the median over its steps; the tables have the medians over the
rounds, and the median of each round's own ratio PyTorch / ours (above 1: we are faster).
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
CORETYPE = {}  # what --coretype names, for a CPU that is newer than the OpenBLAS and gets its slowest kernels
THREADS = (1, 2)


# --- PyTorch's side: a process of its own that measures with each number of threads -----------------------------------


def step_us(step, warm_up, steps):
    for _ in range(warm_up):
        step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {"median_us": statistics.median(times) * 1e6, "mean_us": statistics.mean(times) * 1e6}


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

    return step_us(step, warm_up=50, steps=steps)


# Our name: PyTorch's class and what it is given.
OPTIMIZERS = {
    "sgd": ("SGD", {"momentum": 0.9, "fused": True}),
    "adam": ("Adam", {"fused": True}),
    "adamw": ("AdamW", {"fused": True}),
    "rmsprop": ("RMSprop", {"foreach": True}),
    "nadam": ("NAdam", {"foreach": True}),
    "adagrad": ("Adagrad", {"fused": True}),
    "lion": (None, {"foreach": True}),
}


def foreach_lion_step(parameters, lr=1e-4, beta1=0.9, beta2=0.99):
    import torch

    momenta = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step():
        gradients = [p.grad for p in parameters]
        directions = torch._foreach_lerp(momenta, gradients, 1 - beta1)
        torch._foreach_sign_(directions)
        torch._foreach_add_(parameters, directions, alpha=-lr)
        torch._foreach_lerp_(momenta, gradients, 1 - beta2)

    return step


def pytorch_optimizer(optimizer, tensors, parameters, steps):
    import torch

    torch.manual_seed(0)
    leaves = [torch.randn(parameters).requires_grad_() for _ in range(tensors)]
    for leaf in leaves:
        leaf.grad = torch.randn(parameters)
    name, options = OPTIMIZERS[optimizer]
    step = getattr(torch.optim, name)(leaves, **options).step if name else foreach_lion_step(leaves)
    return step_us(step, warm_up=3, steps=steps)


def pytorch_worker(job):
    import torch

    for threads in THREADS:
        torch.set_num_threads(threads)
        times = pytorch_optimizer(**job) if "optimizer" in job else pytorch_mlp(**job)
        print(json.dumps({**times, "version": torch.__version__}))


# --- the comparison -------------------------------------------------------------------------------------------------


def run(command):
    """Runs the command and reads the lines of JSON that it prints."""
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    done = subprocess.run(command, env=environment | CORETYPE, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: failed with status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(binary, job, rounds):
    """For each number of threads, [(ours, PyTorch's)] per round, as the two JSON objects."""
    print(f"measuring {job} ...", file=sys.stderr)
    words = [word for name, value in job.items() for word in (f"--{name}", str(value))]

    def ours():
        return [line for threads in THREADS for line in run([binary, *words, "--threads", str(threads)])]

    def theirs():  # starting PyTorch takes longer than most measurements: once for all numbers of threads
        return run([sys.executable, os.path.abspath(__file__), "--pytorch-worker", json.dumps(job)])

    results = []
    for number in range(rounds):
        order = (ours, theirs) if number % 2 == 0 else (theirs, ours)
        measured = {side: side() for side in order}
        results.append((measured[ours], measured[theirs]))
    return [[(our[i], their[i]) for our, their in results] for i in range(len(THREADS))]


def cpu_name():
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0]}, {len(names)} logical CPUs" if names else "unknown CPU"


def microseconds(value):
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}".replace(",", " ")


def mlp_table(binary, rounds, steps):
    rows = []
    for batch in (32, 128):
        for threads, results in zip(THREADS, compare(binary, {"batch": batch, "steps": steps}, rounds)):
            rows.append((batch, threads, *times_and_ratio(results)))
    print(f"Training step, MLP 784-256-128-10, f32; ours (BLAS: {results[-1][0]['blas']}), PyTorch eager, fused AdamW.")
    print_table(("batch", "threads", "ours, µs", "PyTorch, µs", "PyTorch / ours"), rows, results)


def busy_table(binary, rounds, steps):
    rows = []
    for programs in range(3):
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
        try:
            for threads, results in zip(THREADS, compare(binary, {"batch": 128, "steps": steps}, rounds)):
                rows.append((programs, threads, *times_and_ratio(results, "median_us"), *times_and_ratio(results, "mean_us")))
        finally:
            for other in others:
                other.kill()
    print("Training step, MLP 784-256-128-10, f32, batch 128, beside programs that do nothing but compute.")
    columns = ("ours, median µs", "PyTorch, median µs", "PyTorch / ours", "ours, mean µs", "PyTorch, mean µs", "PyTorch / ours")
    print_table(("busy programs", "threads", *columns), rows, results)


def optimizer_table(binary, rounds):
    rows = []
    for tensors, parameters, steps in ((1, 250_000, 500), (1, 50_000_000, 5), (2500, 1000, 15)):
        for optimizer, (name, options) in OPTIMIZERS.items():
            mode = "fused" if "fused" in options else "foreach" if name else "foreach, by hand"
            size = f"{tensors} x {parameters:,}".replace(",", " ")
            job = {"optimizer": optimizer, "tensors": tensors, "parameters": parameters, "steps": steps}
            for threads, results in zip(THREADS, compare(binary, job, rounds)):
                ours, theirs, ratio = times_and_ratio(results)
                loop = statistics.median(our["ratio"] for our, _ in results)
                rows.append((optimizer, size, threads, ours, theirs, mode, ratio, f"{loop:.2f}"))
    print("One optimizer step, f32; loop: the same rule, hand-written, over the same memory.")
    columns = ("rule", "size", "threads", "ours, µs", "PyTorch, µs", "its mode", "PyTorch / ours", "loop / ours")
    print_table(columns, rows, results)


def times_and_ratio(results, figure="median_us"):
    ours, theirs = ([side[figure] for side in column] for column in zip(*results))
    ratio = statistics.median(b / a for a, b in zip(ours, theirs))
    return microseconds(statistics.median(ours)), microseconds(statistics.median(theirs)), f"{ratio:.2f}"


def print_table(columns, rows, results):
    print(f"PyTorch {results[-1][1]['version']}; {cpu_name()}; medians of {len(results)} rounds.\n")
    for row in (columns, ["---:"] * len(columns), *rows):
        print(f"| {' | '.join(map(str, row))} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", help="our mlp_step, or optimizer_step with --optimizers")
    parser.add_argument("--optimizers", action="store_true", help="optimizer steps alone, of one tensor and of many")
    parser.add_argument("--busy", action="store_true", help="the training step beside 0, 1 and 2 busy programs")
    parser.add_argument("--coretype", help="OPENBLAS_CORETYPE, for a CPU that the OpenBLAS is too old to know")
    parser.add_argument("--rounds", type=int, help="by default 7, of optimizer steps 3 (13 minutes on two cores)")
    parser.add_argument("--steps", type=int, default=300, help="timed training steps per process")
    parser.add_argument("--pytorch-worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pytorch_worker:
        return pytorch_worker(json.loads(arguments.pytorch_worker))
    if not arguments.binary:
        parser.error("which binary?")
    binary = os.path.abspath(arguments.binary)  # a bare file name would be looked up in PATH
    if arguments.coretype:
        CORETYPE["OPENBLAS_CORETYPE"] = arguments.coretype
    if arguments.busy:
        busy_table(binary, arguments.rounds or 5, arguments.steps)
    elif arguments.optimizers:
        optimizer_table(binary, arguments.rounds or 3)
    else:
        mlp_table(binary, arguments.rounds or 7, arguments.steps)


if __name__ == "__main__":
    main()
