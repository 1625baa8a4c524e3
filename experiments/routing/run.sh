#!/bin/bash
# Judges routing on the labelled pictures: the table of README.md. --fit fits its decisions anew first, on the other half.
#   experiments/routing/run.sh [--fit] FOLDER...    of photographs that labels.txt knows: BSDS500's training part, Set5
set -eu
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh

fit=no folders=()
for argument in "$@"; do
    case $argument in
    --fit) fit=yes ;;
    -*) stop "unknown option $argument" 2 ;;
    *) folders+=("$(absolute "$argument")") ;;
    esac
done
[ ${#folders[@]} -gt 0 ] || stop "usage: experiments/routing/run.sh [--fit] FOLDER..." 2

cmake --preset release >/dev/null
study() { cmake --build build --target routing_study >/dev/null && build/routing_study experiments/routing/labels.txt "$@"; }
if [ $fit = yes ]; then
    weights=$(mktemp) && trap 'rm -f "$weights"' EXIT
    study "${folders[@]}" --fit >"$weights"
    cp "$weights" upscale/route/weights.c
    clang-format -i upscale/route/weights.c
fi
study "${folders[@]}"
