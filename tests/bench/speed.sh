#!/usr/bin/env bash
# The table of speed: training steps (L1, and adversarial as Real-ESRGAN's), upscaling and LPIPS beside plain PyTorch
# and ONNX Runtime, in one run, in turns. Every line is preceded by what was verified: gradients or values of all.
#   tests/bench/speed.sh [--quick] [--similarity=DIR] [--dists=DIR] [PART...]      --help tells the rest
# Ratios are medians over rounds, with the least and the most of them: how many times as fast ours is, for memory (most
# held by steps beyond the start) ours as a part of the other's. "PyTorch default" is fp32 in PyTorch's own layout;
# "tuned" is channels last, bf16 by autocast, AVX-512 element kernels and an allocator that keeps its memory, which ours
# sets too.
# DIR: checkouts of richzhang/PerceptualSimilarity and dingkeyan93/DISTS, without which their lines are left out. Needs
# /usr/bin/python3 with PyTorch and OpenCV (python3-torch, python3-opencv); ONNX Runtime for Node is fetched by npm.
UNMUSH=${UNMUSH:-$(dirname "$0")/../../build/unmush}
. "$(dirname "$0")/../e2e/lib.sh"
set -e
cmake --build "$UNMUSH_BUILD" --target unmush bench_train bench_upscale bench_lpips >/dev/null
onnx_runtime_library || echo "no ONNX Runtime: its line is left out" >&2
"${PYTHON:-/usr/bin/python3}" "$here/../bench/speed.py" --build="$UNMUSH_BUILD" "$@"
