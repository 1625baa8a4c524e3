#!/usr/bin/env python3
"""Our noise, grain, colour and quantise operations beside BasicSR's noise (PyTorch, unchanged) and the same
written with NumPy and OpenCV, one thread, interleaved in one run.

  noise_peer.py BASICSR IMAGE [BENCH_NOISE] [--rounds=5]

BASICSR is a checkout. Milliseconds per 256x256 RGB picture, the middle of IMAGE: the median over rounds of
ours (bench_noise, which verifies itself first) and of the peer's best of five, and their ratio. Peers are
verified by their deviation before they are timed. NumPy: random numbers are float32 of PCG64's ziggurat;
speckle and sensor are written like ours; grain is white noise through cv2.GaussianBlur.
Where no peer stands, none was set beside it."""
import argparse
import os
import statistics
import subprocess
import sys
import time

import cv2
import numpy as np
import torch

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "fixtures"))
import realesrgan_published  # noqa: E402,F401  puts empty modules in the place of torchvision

parser = argparse.ArgumentParser()
parser.add_argument("basicsr")
parser.add_argument("image")
parser.add_argument("bench", nargs="?", default=os.path.join(here, "..", "..", "build", "bench_noise"))
parser.add_argument("--rounds", type=int, default=5)
options = parser.parse_args()
sys.meta_path.insert(0, realesrgan_published._Finder())
sys.path.insert(0, options.basicsr)
from basicsr.data import degradations  # noqa: E402

EDGE = 256
torch.set_num_threads(1)
cv2.setNumThreads(1)
pixels = cv2.cvtColor(cv2.imread(options.image), cv2.COLOR_BGR2RGB)
y, x = (pixels.shape[0] - EDGE) // 2, (pixels.shape[1] - EDGE) // 2
pixels = np.ascontiguousarray(pixels[y:y + EDGE, x:x + EDGE]).astype(np.float32)
generator = np.random.default_rng(1)


def normal(shape):
    return generator.standard_normal(shape, dtype=np.float32)


def torch_of(p):
    return torch.from_numpy(p.transpose(2, 0, 1).copy())[None] / 255


def gaussian(t, gray=0):
    return degradations.add_gaussian_noise_pt(t, sigma=12, gray_noise=gray)


def poisson(t, gray=0):
    return degradations.add_poisson_noise_pt(t, scale=0.05, gray_noise=gray)


def speckle(p):
    return np.clip(p + p / 255 * 20 * normal(p.shape), 0, 255)


def sensor(p):
    return np.clip(p + np.sqrt(0.5 * p + 9) * normal(p.shape), 0, 255)


def grain(p, size):
    reach = int(np.ceil(3 * size))
    squares = np.exp(-np.arange(-reach, reach + 1) ** 2 / size ** 2)
    gain = np.exp(-np.arange(-reach, reach + 1) ** 2 / (2 * size ** 2)).sum() ** 2 / squares.sum()
    shared, own = (cv2.GaussianBlur(normal(s) * gain, (2 * reach + 1,) * 2, size)
                   for s in (p.shape[:2], p.shape))
    v = p / 255
    return np.clip(p + 40 * v * (1 - v) * (0.7 ** 0.5 * shared[..., None] + 0.3 ** 0.5 * own), 0, 255)


def gamma(p):
    return 255 * np.power(p / 255, np.float32(1.8))


def check(name, result, deviation):
    made = result.numpy() * 255 if isinstance(result, torch.Tensor) else result
    if abs(made.std() - deviation) > 0.05 * deviation + 0.01:
        sys.exit("%s: deviation %g where %g is right" % (name, made.std(), deviation))


def milliseconds(function, *arguments):
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return 1e3 * best


def flat(level):
    return np.full((EDGE, EDGE, 3), level, np.float32)


# Of a flat field of this level, this deviation is right.
tensor = torch_of(pixels)
peers = {
    "gaussian": (gaussian, (tensor,), torch_of(flat(120)), 12),
    "gaussian gray": (gaussian, (tensor, 1), torch_of(flat(120)), 12),
    "poisson": (poisson, (tensor,), torch_of(flat(51)), 5.702),
    "poisson gray": (poisson, (tensor, 1), torch_of(flat(51)), 5.702),
    "speckle": (speckle, (pixels,), flat(102), 8),
    "sensor": (sensor, (pixels,), flat(100), 7.681),
    "grain 1": (grain, (pixels, 1), flat(127.5), 10),
    "grain 3": (grain, (pixels, 3), flat(127.5), 10),
    "gamma": (gamma, (pixels,), flat(128), 0),
    "ns a normal": (normal, (EDGE * EDGE,), None, None),
    "ns a uniform": (lambda n: generator.random(n, dtype=np.float32), (EDGE * EDGE,), None, None),
}
for name, (function, arguments, field, deviation) in peers.items():
    if field is not None:
        check(name, function(field, *arguments[1:]), deviation)
ours, theirs = {}, {}
for _ in range(options.rounds):
    lines = subprocess.run([options.bench, options.image], check=True, capture_output=True, text=True).stdout
    for line in lines.splitlines():
        name, numbers = line.split("\t")
        ours.setdefault(name, []).append(float(numbers.split()[0]))
    for name, (function, arguments, _, _) in peers.items():
        scale = 1e6 / EDGE ** 2 if name.startswith("ns ") else 1
        theirs.setdefault(name, []).append(scale * milliseconds(function, *arguments))
print("%-22s %8s %8s %7s" % ("ms per RGB picture", "ours", "peer", "ratio"))
for name, values in ours.items():
    line = "%-22s %8.3f" % (name, statistics.median(values))
    if name in theirs:
        peer = statistics.median(theirs[name])
        line += " %8.3f %7.1f" % (peer, peer / statistics.median(values))
    print(line)
