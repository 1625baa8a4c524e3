#!/usr/bin/env bash
# Start-up and memory: this program against the same network in Python's torch, in one run.
#   tests/bench/startup.sh [REPEATS]      needs build/unmush and python3 with torch (Debian: python3-torch)
# Verifies first: both train the same network (equal parameter counts).
set -euo pipefail
cd "$(dirname "$0")/../.."
unmush=${UNMUSH:-$PWD/build/unmush} repeats=${1:-5}
python=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$unmush" synth -q -o "$work/pictures" --count=4 --size=480x320
"$unmush" pairs -q -o "$work/pairs.h5" --scale=4 --tile=160 "$work/pictures"
cat >"$work/config.json" <<END
{"scale": 4, "batch": 16, "crop": 32, "precision": "fp32", "generator": {"type": "srvgg", "features": 64, "convs": 16},
 "data": {"train": [{"pairs": "$work/pairs.h5"}]}, "stages": [{"name": "l1", "steps": 1, "loss": {"l1": 1}}]}
END
cat >"$work/train.py" <<'END'
import sys
import torch
from torch import nn

steps, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
layers = [nn.Conv2d(3, 64, 3, 1, 1), nn.PReLU(64)]
for _ in range(16):
    layers += [nn.Conv2d(64, 64, 3, 1, 1), nn.PReLU(64)]
net = nn.Sequential(*layers, nn.Conv2d(64, 48, 3, 1, 1), nn.PixelShuffle(4))
adam = torch.optim.Adam(net.parameters(), 1e-3)
lr, hr = torch.rand(16, 3, 32, 32), torch.rand(16, 3, 128, 128)
for _ in range(steps):
    loss = (net(lr) + nn.functional.interpolate(lr, scale_factor=4) - hr).abs().mean()
    adam.zero_grad()
    loss.backward()
    adam.step()
print(sum(p.numel() for p in net.parameters()))
END

ours() { rm -rf "$work/run" && "$unmush" train "$work/config.json" -q -o "$work/run" log.every=1 stages[0].steps="$1"; }
theirs() { "$python" "$work/train.py" "$1" "$(nproc)"; }

# Runs a command `repeats` times; prints the median of its seconds and its largest memory in MB.
measure() {
    local i
    for ((i = 0; i < repeats; i++)); do
        /usr/bin/env time -f '%e %M' -o "$work/time" "$@" >/dev/null 2>"$work/stderr" || { cat "$work/stderr" >&2; exit 1; }
        cat "$work/time"
    done | sort -n | awk '{ t[NR] = $1; if ($2 > m) m = $2 } END { printf "%.3f %.0f\n", t[int((NR + 1) / 2)], m / 1024 }'
}
export -f ours theirs
export unmush python work

ours 1
parameters=$("$unmush" info "$work/run/model.safetensors" | sed -n 's/^ *\([0-9]*\) parameters.*/\1/p')
[ "$parameters" = "$(theirs 1)" ] || { echo "startup.sh: the networks differ" >&2; exit 1; }

for command in --help "synth --help" "pairs --help"; do
    read -r seconds _ < <(measure $unmush $command)
    echo "unmush $command: $seconds s"
done
# "First step": from the start to the first step's log line, which follows the step.
first_step() {
    local i began
    for ((i = 0; i < repeats; i++)); do
        began=$EPOCHREALTIME
        ours 1 2>/dev/null
        stat -c %.6Y "$work/run/log.jsonl" | awk -v b="$began" '{ printf "%.3f\n", $1 - b }'
    done | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

a=$(first_step)
read -r b _ < <(measure bash -c "theirs 1")
awk -v a="$a" -v b="$b" 'BEGIN { printf "first step done: unmush %.2f s, Python %.2f s, ratio %.2f\n", a, b, a / b }'
read -r a memory_a < <(measure bash -c "ours 20")
read -r b memory_b < <(measure bash -c "theirs 20")
awk -v a="$a" -v b="$b" -v ma="$memory_a" -v mb="$memory_b" 'BEGIN {
    printf "20 steps, start to end: unmush %.2f s, %d MB; Python %.2f s, %d MB; ratio %.2f in time, %.2f in memory\n", a, ma, b, mb, a / b, ma / mb }'
