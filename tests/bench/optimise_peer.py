"""An optimiser's step of ours beside PyTorch's: Adam with an exponential moving average, both the foreach way.

    python3 optimise_peer.py BENCH_OPTIMISE [THREADS]

For the sizes of srvgg and of a 23-block rrdb. Both programs take turns, values are compared after three steps;
best times. "norm" is the gradient's length, which clipping needs."""
import math
import subprocess
import sys
import time

import peer

peer.tune()
import torch  # noqa: E402

TURNS, ROUNDS = 3, 10


class Theirs:
    """One tensor for the values, as kind to PyTorch as can be: a network has hundreds."""

    def __init__(self, count):
        values = torch.from_numpy(peer.uniform(count, 0)).float()
        self.value = torch.nn.Parameter(values.clone())
        self.value.grad = torch.from_numpy(peer.uniform(count, 1)).float()
        self.average = values.clone()
        self.adam = torch.optim.Adam([self.value], lr=1e-3, betas=(0.9, 0.99), foreach=True)

    @torch.no_grad()
    def step(self):
        self.adam.step()
        torch._foreach_mul_([self.average], 0.999)
        torch._foreach_add_([self.average], [self.value], alpha=0.001)

    def norm(self):
        return torch.norm(self.value.grad)


def best(call):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times)


def length(t):
    return t.detach().double().norm().item()


def compare(program, count, threads):
    theirs = Theirs(count)
    for _ in range(3):
        theirs.step()
    wanted = length(theirs.value), length(theirs.average)
    ours_best, theirs_best = [math.inf] * 2, [math.inf] * 2
    for _ in range(TURNS):
        words = subprocess.run([program, str(count), str(threads)], check=True, capture_output=True).stdout.split()
        numbers = [float(word) for word in words]
        if any(abs(ours / want - 1) > 1e-6 for ours, want in zip(numbers, wanted)):
            sys.exit(f"after three steps: {numbers[:2]}, PyTorch {wanted}")
        ours_best = [min(pair) for pair in zip(ours_best, numbers[2:])]
        theirs_best = [min(pair) for pair in zip(theirs_best, (best(theirs.step), best(theirs.norm)))]
    for name, a, b in zip(("step", "norm"), ours_best, theirs_best):
        print(f"{count:9d} values, {name}: ours {a:7.3f} ms, PyTorch {b:7.3f} ms, {b / a:.1f} times", flush=True)


def main():
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else peer.threads()
    torch.set_num_threads(threads)
    print(f"torch {torch.__version__}, {threads} threads")
    for count in (620_000, 16_700_000):
        compare(sys.argv[1], count, threads)


main()
