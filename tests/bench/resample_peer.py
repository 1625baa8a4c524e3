"""Antialiased bicubic shrinking of 1024 x 1024 RGB to a quarter, beside PyTorch's and BasicSR's.

    /usr/bin/python3 tests/bench/resample_peer.py BUILD BASICSR [THREADS]

BUILD: folder of bench_resample (cmake --build BUILD --target bench_resample); BASICSR: a checkout, used unchanged.
Verifies the three against each other inside the picture (borders differ), then takes turns.
"""
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch
import torch.nn.functional as functional

build, basicsr = sys.argv[1], sys.argv[2]
threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2
torch.set_num_threads(threads)
module = importlib.util.spec_from_file_location("functions", basicsr + "/basicsr/utils/matlab_functions.py")
functions = importlib.util.module_from_spec(module)
module.loader.exec_module(functions)

picture = torch.rand(3, 1024, 1024, generator=torch.Generator().manual_seed(1))


def with_torch():
    return functional.interpolate(picture[None], scale_factor=0.25, mode="bicubic", antialias=True)[0]


def with_basicsr():
    return functions.imresize(picture, 0.25)


def timed(work):
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


with tempfile.TemporaryDirectory() as folder:
    picture.numpy().tofile(folder + "/picture")

    def with_ours(rounds):
        command = [build + "/bench_resample", folder + "/picture", folder + "/result", str(threads), str(rounds)]
        return [float(line) for line in subprocess.run(command, check=True, capture_output=True).stdout.split()]

    with_ours(0)
    ours = torch.from_numpy(numpy.fromfile(folder + "/result", dtype=numpy.float32)).reshape(3, 256, 256)
    inner = (slice(None), slice(4, -4), slice(4, -4))
    for name, other in (("PyTorch", with_torch()), ("BasicSR", with_basicsr())):
        worst = (ours[inner] - other[inner]).abs().max().item()
        print(f"largest difference from {name} inside: {worst:.2e}")
        assert worst < 1e-5
    times = {"unmush": [], "PyTorch": [], "BasicSR": []}
    for _ in range(7):
        times["unmush"] += with_ours(20)[5:]
        times["PyTorch"] += [timed(with_torch) for _ in range(20)][5:]
        times["BasicSR"] += [timed(with_basicsr) for _ in range(6)][2:]

ours = statistics.median(times["unmush"])
for name, values in times.items():
    quarter = statistics.quantiles(values)
    print(f"{name:8} {quarter[1]:7.2f} ms (quartiles {quarter[0]:.2f} to {quarter[2]:.2f}), {quarter[1] / ours:5.1f} times ours, {threads} threads")
