#!/usr/bin/env python3
"""Pairs per second of the published Real-ESRGAN degradation (feed_data, unchanged), x4, on the CPU.

  degrade_peer.py REAL_ESRGAN BASICSR PHOTOS [--hr=256] [--batch=8] [--batches=6] [--threads=2] [--plain]

HR is the centred crop of each photograph, already in memory; kernels are drawn before the clock starts
(their time is printed apart). --plain switches both sharpenings off. The authors' loader degrades
400 px crops (--hr=400) of which it keeps 256 px. JPEG: their DiffJPEG (float DCT, chroma averaged and
repeated, no rounding of its input or output)."""
import argparse
import os
import random
import sys
import time

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures"))
from realesrgan_published import Published, photographs  # noqa: E402

parser = argparse.ArgumentParser()
for name in ("real_esrgan", "basicsr", "photos"):
    parser.add_argument(name)
for name, fallback in (("hr", 256), ("batch", 8), ("batches", 6), ("threads", 2), ("seed", 0)):
    parser.add_argument("--" + name, type=int, default=fallback)
parser.add_argument("--plain", action="store_true")
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(options.seed)
random.seed(options.seed)
np.random.seed(options.seed)
published = Published(options.real_esrgan, options.basicsr, options.batch)
if options.plain:
    published.model.usm_sharpener = torch.nn.Identity()

hr = photographs(options.photos, options.hr)
start = time.perf_counter()
kernels = [published.kernels(options.batch) for _ in range(options.batches + 1)]
kernel_seconds = (time.perf_counter() - start) / len(kernels) / options.batch

for index, drawn in enumerate(kernels):
    if index == 1:  # the first is the warm-up
        start = time.perf_counter()
    first = index * options.batch % (len(hr) - options.batch)
    lr, _ = published.degrade(hr[first:first + options.batch], drawn)
    assert lr.shape == (options.batch, 3, 64, 64) and 0 <= lr.min() and lr.max() <= 1
seconds = (time.perf_counter() - start) / options.batches / options.batch
print("%.3f pairs/s (kernels apart: %.2f ms a pair, one thread)" % (1 / seconds, 1e3 * kernel_seconds))
