#!/usr/bin/env bash
# 2 ranks x 1 thread against 1 rank x 2 threads at the same global batch: srvgg 64 x 16, LR 32, batch 16. First that
# both train the same (losses within 1e-4 over 20 steps), then seconds per step, interleaved, as a ratio.
#   tests/bench/ranks.sh [ROUNDS] [STEPS]    defaults 5 and 20
set -euo pipefail
cd "$(dirname "$0")/../.."
unmush=$PWD/build/unmush rounds=${1:-5} steps=${2:-20}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 LC_ALL=C
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
"$unmush" synth -q -o pictures --count=8 --size=320x320
"$unmush" pairs -q -o pairs.h5 --scale=4 --tile=160 pictures
cat >bench.json <<END
{"name": "bench", "scale": 4, "batch": 16, "crop": 32,
 "generator": {"type": "srvgg", "features": 64, "convs": 16},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 1000000}, "log": {"every": 1},
 "stages": [{"name": "l1", "steps": $steps, "rate": 1e-4, "loss": {"l1": 1}}]}
END

train() { # RUN RANKS THREADS PRECISION
    rm -rf "$1"
    "$unmush" train bench.json -q -o "$1" --ranks="$2" --threads="$3" precision="$4"
}

numbers() { sed -n "s/.*\"$2\":\([0-9.e+-]*\).*/\1/p" "$1/log.jsonl"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Median over a run's steps, but the first three: seconds, then percent of it that is waiting for the other rank.
measure() { # RUN
    paste <(numbers "$1" seconds) <(numbers "$1" exchange) | tail -n +4 >steps
    echo "$(cut -f1 steps | median) $(awk '{ print 100 * $2 / $1 }' steps | median)"
}

compare() { # PRECISION
    local one two round
    : >one.txt && : >two.txt
    for round in $(seq "$rounds"); do
        train one 1 2 "$1" && measure one >>one.txt
        train two 2 1 "$1" && measure two >>two.txt
        paste <(tail -n 1 one.txt) <(tail -n 1 two.txt) |
            awk -v p="$1" -v r="$round" '{ printf "%s round %d: %.3f s against %.3f s: %.2f times, waiting %.1f %%\n", p, r, $1, $3, $1 / $3, $4 }'
    done
    one=$(cut -d' ' -f1 one.txt | median) two=$(cut -d' ' -f1 two.txt | median)
    awk -v p="$1" -v a="$one" -v b="$two" -v r="$(paste one.txt two.txt | awk '{ print $1 / $3 }' | median)" \
        -v w="$(cut -d' ' -f2 two.txt | median)" -v best_one="$(sort -g one.txt | head -1 | cut -d' ' -f1)" \
        -v best_two="$(sort -g two.txt | head -1 | cut -d' ' -f1)" 'BEGIN {
        printf "%s: 1 rank x 2 threads %.3f s, 2 ranks x 1 thread %.3f s a step; ratio: median %.2f, of the best %.2f; waiting for the other rank %.1f %%\n",
            p, a, b, r, best_one / best_two, w }'
}

train one 1 2 fp32 && train two 2 1 fp32
paste <(numbers one l1) <(numbers two l1) | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-4 * $1) bad = 1 }
    END { if (bad || NR < 1) { print "losses differ"; exit 1 } print "losses of both agree to 1e-4 over " NR " steps" }'
uptime
compare fp32
compare bf16
uptime
