#!/usr/bin/env bash
# Measures of one 481x321 picture beside their published implementations, one thread each, in turns: first all must
# agree, then processor time and ratios. Bars: PSNR-Y and SSIM-Y 30 times as fast as BasicSR's, "all" below 150 ms.
#   tests/bench/metrics.sh BASICSR PYTORCH_MSSSIM PIQ [PICTURE [ROUNDS]]
# The first three are checkouts of XPixelGroup/BasicSR, VainF/pytorch-msssim and photosynthesis-team/piq; needs
# build/ and a python3 with torch, numpy and cv2 (Debian: python3-torch python3-opencv).
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
basicsr=$1 msssim=$2 piq=$3 picture=${4:-../shared/photos/train/100075.jpg} rounds=${5:-7}
python=${PYTHON:-/usr/bin/python3} build=${BUILD:-build}
cmake --build "$build" --target bench_metrics >/dev/null
"$python" tests/bench/metrics_peer.py "$build/bench_metrics" "$basicsr" "$msssim" "$piq" "$picture" "$rounds"
