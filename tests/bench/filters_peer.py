#!/usr/bin/env python3
"""Our filters beside PyTorch's grouped conv2d (with reflect padding, as Real-ESRGAN's filter2D), one thread,
interleaved in one run.

  filters_peer.py [BENCH_FILTERS] [--rounds=3] [--extent=256]

Milliseconds per RGB picture: the median over rounds of ours (bench_filters, which verifies itself first) and
of PyTorch's best of five, and their ratio. PyTorch's masked sharpening is what USMSharp computes: two dense
51x51 convolutions."""
import argparse
import os
import statistics
import subprocess
import time

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
here = os.path.dirname(os.path.abspath(__file__))
parser.add_argument("bench", nargs="?", default=os.path.join(here, "..", "..", "build", "bench_filters"))
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--extent", type=int, default=256)
options = parser.parse_args()
torch.set_num_threads(1)
picture = torch.rand(1, 3, options.extent, options.extent)


def filtered(image, size):
    padded = F.pad(image, (size // 2,) * 4, mode="reflect")
    return F.conv2d(padded, torch.rand(1, 1, size, size).repeat(3, 1, 1, 1), groups=3)


def sharpened(image, size):
    residual = image - filtered(image, size) / (size * size)
    mask = filtered((residual.abs() * 255 > 10).float(), size) / (size * size)
    return mask * torch.clip(image + 0.5 * residual, 0, 1) + (1 - mask) * image


def milliseconds(function, *arguments):
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return 1e3 * best


peers = {"dense %d" % size: (filtered, picture, size) for size in (7, 9, 11, 13, 15, 17, 19, 21, 51)}
peers["published kernels"] = (filtered, picture, 21)  # every kernel is padded to 21
peers["sharpen masked 51"] = (sharpened, picture, 51)
ours, theirs = {}, {}
for _ in range(options.rounds):
    lines = subprocess.run([options.bench, str(options.extent)], check=True, capture_output=True, text=True).stdout
    for line in lines.splitlines():
        name, numbers = line.split("\t")
        ours.setdefault(name, []).append(float(numbers.split()[0]))
    for name, call in peers.items():
        theirs.setdefault(name, []).append(milliseconds(*call))
print("%-20s %8s %8s %7s" % ("ms per RGB picture", "ours", "PyTorch", "ratio"))
for name, values in ours.items():
    line = "%-20s %8.3f" % (name, statistics.median(values))
    if name in theirs:
        peer = statistics.median(theirs[name])
        line += " %8.2f %7.1f" % (peer, peer / statistics.median(values))
    print(line)
