#!/usr/bin/env bash
# How well `unmush upscale --grain=keep` gives film its grain back: photographs are enlarged to be clean HR pictures, degraded by film-scan (and
# film-scan-grain), enlarged by a network, and their grain in flat areas is set beside that of the truth. README.md beside this script holds a run's table.
#   experiments/grain/run.sh --photos DIR [--model FILE] [--output DIR]
# --model: another network than the one that takes all fine grain away (tests/upscale/smoother.h).
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh

photos='' model=smooth run=runs/grain
while [ $# -gt 0 ]; do
    case $1 in
    --photos) photos=$(absolute "$2") ;;
    --model) model=$(absolute "$2") ;;
    --output) run=$(absolute "$2") ;;
    *) stop "unknown argument $1" 2 ;;
    esac
    shift 2
done
[ -d "$photos" ] || stop "--photos DIR is missing" 2

./setup.sh
cmake --build build --target bench_grain
mkdir -p "$run"
for preset in film-scan film-scan-grain; do
    echo "$preset"
    build/bench_grain $preset "$model" 3 "$photos"/* | tee "$run/$preset.tsv" | grep -E '^\||left out'
done
