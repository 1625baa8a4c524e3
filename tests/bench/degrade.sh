#!/usr/bin/env bash
# The `realesrgan` recipe against the published Python pipeline, x4, 256 px HR crops of photographs, in one
# run, interleaved; medians and their ratios.
#   tests/bench/degrade.sh REAL_ESRGAN BASICSR [PHOTOS [ROUNDS]]
# REAL_ESRGAN and BASICSR are checkouts of xinntao/Real-ESRGAN and XPixelGroup/BasicSR; needs build/ and a
# python3 with torch, numpy, cv2, yaml (Debian: python3-torch python3-opencv python3-yaml).
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
esrgan=$1 basicsr=$2 photos=${3:-../shared/photos/train} rounds=${4:-5}
python=${PYTHON:-/usr/bin/python3} build=${BUILD:-build} threads=2
cmake --build "$build" --target bench_degrade >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

theirs() { "$python" tests/bench/degrade_peer.py "$esrgan" "$basicsr" "$photos" --threads=$threads --seed="$1" "${@:2}" | cut -d' ' -f1; }
ours() { "$build/bench_degrade" "$photos" $threads "$@" | cut -d' ' -f1; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
compare() { # name, file of ours, file of theirs, least ratio
    LC_ALL=C awk -v name="$1" -v a="$(median "$work/$2")" -v b="$(median "$work/$3")" -v least="$4" \
        'BEGIN { printf "%-24s ours %.1f pairs/s, published %.2f pairs/s: %.1f times (at least %d asked for)\n", name, a, b, a / b, least }'
}

for round in $(seq "$rounds"); do
    ours 400 >>"$work/ours" 
    theirs "$round" --batches=4 >>"$work/theirs" 
    ours 400 --plain >>"$work/ours_plain" 
    theirs "$round" --batches=24 --plain >>"$work/theirs_plain" 
    echo "round $round of $rounds: ours $(tail -1 "$work/ours"), published $(tail -1 "$work/theirs"), without sharpening $(tail -1 "$work/ours_plain") and $(tail -1 "$work/theirs_plain") pairs/s" >&2
done
compare "as published" ours theirs 35
compare "without sharpening" ours_plain theirs_plain 8
echo "$threads threads. Published: kernels drawn before the clock starts, no pool of older pairs, batches of 8, DiffJPEG (float, no rounding of"
echo "what goes in or out). Ours: everything from the HR crop to the rounded pair, $("$build/unmush" --version | grep libjpeg) in memory (8 bits"
echo "in and out, exact integer DCT, smooth chroma)."
