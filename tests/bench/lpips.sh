#!/usr/bin/env bash
# LPIPS and DISTS beside their reference implementations, in turns in one run, after their values were found to agree:
# one picture against one method and against four, where ours computes the truth's features once.
#   tests/bench/lpips.sh PERCEPTUAL_SIMILARITY DISTS PICTURE [ROUNDS [SCALE]]
# Checkouts of richzhang/PerceptualSimilarity and dingkeyan93/DISTS, and a picture that is enlarged SCALE times; defaults
# 7 and 1. Needs /usr/bin/python3 with PyTorch and OpenCV (python3-torch, python3-opencv).
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --build build --target bench_lpips >/dev/null
for net in alex vgg squeeze dists; do
    /usr/bin/python3 tests/bench/lpips_peer.py build/bench_lpips "$1" "$2" "$net" "$3" "${@:4}"
done
