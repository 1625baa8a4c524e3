#!/usr/bin/env bash
# How fast training crops come from a pair store, beside BasicSR's PairedImageDataset reading the same tiles as
# PNG files: LR 32 px, HR 128 px, batches of 16, two workers each; verified, then timed in turns, medians.
#   tests/bench/batches.sh BASICSR [PHOTOS [ROUNDS]]
# BASICSR is a checkout of XPixelGroup/BasicSR; needs build/ and a python3 with torch, numpy, cv2, h5py, yaml
# (Debian: python3-torch python3-opencv python3-h5py python3-yaml).
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
basicsr=$1 photos=${2:-../shared/photos/train} rounds=${3:-5}
python=${PYTHON:-/usr/bin/python3} build=${BUILD:-build}
cmake --build "$build" --target bench_batches unmush >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/unmush" pairs -q -o "$work/pairs.h5" --scale=4 --tile=192 "$photos"
theirs() { "$python" tests/bench/batches_peer.py "$basicsr" "$work/png" "$@" | cut -d' ' -f1; }
ours() { "$build/bench_batches" "$work/pairs.h5" 2 | sed -n 's/^2 threads: \([0-9]*\) .*/\1/p'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

theirs --prepare "$work/pairs.h5"
theirs --verify
for round in $(seq "$rounds"); do
    ours >>"$work/ours"
    theirs >>"$work/theirs"
    echo "round $round of $rounds: ours $(tail -1 "$work/ours"), BasicSR $(tail -1 "$work/theirs") crops/s" >&2
done
LC_ALL=C awk -v a="$(median "$work/ours")" -v b="$(median "$work/theirs")" \
    'BEGIN { printf "ours %d crops/s, BasicSR %.1f crops/s: %.0f times (at least 30 asked for)\n", a, b, a / b }'
echo "Two threads against two worker processes. Ours hands over uint8, theirs float tensors."
