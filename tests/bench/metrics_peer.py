#!/usr/bin/env python3
"""Our measures beside published implementations, interleaved in one run, one thread, processor time.

  metrics_peer.py BENCH_METRICS BASICSR PYTORCH_MSSSIM PIQ PICTURE [ROUNDS]

Checkouts of XPixelGroup/BasicSR, VainF/pytorch-msssim and photosynthesis-team/piq; PICTURE is the truth, its x4
bicubic by OpenCV the output. First all must agree; then times: "psnr + ssim" against BasicSR's calculate_psnr and
calculate_ssim with test_y_channel, of the whole picture; MS-SSIM and VIF of lumas in float32, which the peers are
given ready and ours computes; the rest of the picture cut to multiples of 4, ours alone."""
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types

import cv2
import numpy as np
import torch

bench, basicsr, msssim, piq, picture = sys.argv[1:6]
rounds = int(sys.argv[6]) if len(sys.argv) > 6 else 7
torch.set_num_threads(1)
cv2.setNumThreads(0)


def module(name, **members):
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


filters = load(os.path.join(piq, "piq/functional/filters.py"), "filters")
module("piq")
module("piq.functional", gaussian_filter=filters.gaussian_filter)
module("piq.utils", _validate_input=lambda *a, **k: None, _reduce=lambda x, kind: x.mean())
vif = load(os.path.join(piq, "piq/vif.py"), "vif")
ssim = load(os.path.join(msssim, "pytorch_msssim/ssim.py"), "msssim")
module("basicsr")
utils = module("basicsr.utils")
colour = load(os.path.join(basicsr, "basicsr/utils/color_util.py"), "basicsr.utils.color_util")
utils.bgr2ycbcr = colour.bgr2ycbcr
load(os.path.join(basicsr, "basicsr/utils/registry.py"), "basicsr.utils.registry")
module("basicsr.metrics")
load(os.path.join(basicsr, "basicsr/metrics/metric_util.py"), "basicsr.metrics.metric_util")
psnr_ssim = load(os.path.join(basicsr, "basicsr/metrics/psnr_ssim.py"), "basicsr.metrics.psnr_ssim")


def luma(image, kind):
    y = 16 + (image.astype(np.float64) @ np.array([24.966, 128.553, 65.481])) / 255
    return torch.from_numpy(y.astype(kind))[None, None]


def run(files, *arguments):
    lines = subprocess.run([bench, *files, *arguments], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split("\t") for line in lines.splitlines())}


def prepare(folder, hr):
    height, width = hr.shape[:2]
    lr = cv2.resize(hr, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    sr = cv2.resize(lr, (width, height), interpolation=cv2.INTER_CUBIC)
    files = [os.path.join(folder, "%s-%d.png" % (name, width)) for name in ("hr", "sr", "lr")]
    for file, image in zip(files, (hr, sr, lr)):
        cv2.imwrite(file, image)
    return files, sr


def both(hr, sr):
    return (psnr_ssim.calculate_psnr(hr, sr, 0, test_y_channel=True),
            psnr_ssim.calculate_ssim(hr, sr, 0, test_y_channel=True))


def verify(files, hr, sr, whole):
    ours = run(files)
    psnr, similarity = both(hr, sr)
    expected = {"psnr": (psnr, 1e-5), "ssim": (similarity, 1e-5),
                "vif": (vif.vif_p(luma(sr, np.float64), luma(hr, np.float64), data_range=255).item(), 2e-5)}
    if not whole:  # at odd extents that peer pads with zeros, Wang's code mirrors
        expected["ms-ssim"] = ssim.ms_ssim(luma(hr, np.float64), luma(sr, np.float64), data_range=255).item(), 1e-5
    for name, (value, tolerance) in expected.items():
        error = abs(ours[name] / value - 1)
        print("%-8s ours %.7f, theirs %.7f: %.1e apart" % (name, ours[name], value, error))
        if not error < tolerance:
            sys.exit("metrics_peer.py: %s does not agree" % name)


def least(function, *arguments, repeats=5):
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        function(*arguments)
        best = min(best, time.process_time() - start)
    return 1e3 * best


with tempfile.TemporaryDirectory() as folder:
    hr = cv2.imread(picture)
    cut = np.ascontiguousarray(hr[:hr.shape[0] // 16 * 16, :hr.shape[1] // 16 * 16])
    files, sr = prepare(folder, hr)
    cut_files, cut_sr = prepare(folder, cut)
    verify(files, hr, sr, True)
    verify(cut_files, cut, cut_sr, False)
    a, b = luma(hr, np.float32), luma(sr, np.float32)
    peers = {"psnr + ssim": lambda: both(hr, sr), "ms-ssim": lambda: ssim.ms_ssim(a, b, data_range=255),
             "vif": lambda: vif.vif_p(b, a, data_range=255)}
    ours, theirs = {}, {}
    for _ in range(rounds):
        for name, value in {**run(cut_files, "21"), **run(files, "21")}.items():
            ours.setdefault(name, []).append(value)
        for name, function in peers.items():
            theirs.setdefault(name, []).append(least(function))
    print("%-12s %9s %9s %7s   ms of one core, %dx%d" % ("", "ours", "theirs", "ratio", hr.shape[1], hr.shape[0]))
    for name, values in ours.items():
        line = "%-12s %9.3f" % (name, statistics.median(values))
        if name in theirs:
            ratios = [t / o for o, t in zip(values, theirs[name])]
            line += " %9.2f %7.1f" % (statistics.median(theirs[name]), statistics.median(ratios))
        print(line)
