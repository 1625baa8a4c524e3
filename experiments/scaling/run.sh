#!/usr/bin/env bash
# Weak scaling over 1, 2 and 4 hosts (network namespaces of this machine), and what a cost model says of it and of
# 8, 64 and 512 ranks on real networks. README.md explains the model. Needs root, iproute2 and bench_allreduce.
#   experiments/scaling/run.sh [STEPS]    default 12; takes some minutes
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh
. tests/network.sh
steps=${1:-12} cores=$(nproc)
[ -x build/bench_allreduce ] || cmake --build build --target bench_allreduce >/dev/null
allreduce=$PWD/build/bench_allreduce
make_hosts 4 || stop "network namespaces cannot be made here"
work=$(mktemp -d) && trap 'remove_hosts; rm -rf "$work"' EXIT
write_agent "$work" 1
cd "$work"
"$unmush" synth -q -o pictures --count=8 --size=320x320
"$unmush" pairs -q -o pairs.h5 --scale=4 --tile=160 pictures
cat >scaling.json <<END
{"name": "scaling", "scale": 4, "crop": 32, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 64, "convs": 16},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 1000000}, "log": {"every": 1},
 "stages": [{"name": "l1", "steps": $steps, "rate": 1e-4, "loss": {"l1": 1}}]}
END
parameters=621424 per_rank=4 # of srvgg 64 x 16; samples

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
numbers() { sed -n "s/.*\"$2\":\([0-9.e+-]*\).*/\1/p" "$1/log.jsonl" | tail -n +4; }

shape() { # RATE: of every host's cable, or "none"
    local i
    for i in 1 2 3 4; do
        ip netns exec "$bridge-$i" tc qdisc del dev eth0 root 2>/dev/null || true
        [ "$1" = none ] ||
            ip netns exec "$bridge-$i" tc qdisc add dev eth0 root tbf rate "$1" burst 64kb latency 200ms
    done
}

# Latency and bandwidth from sums over two hosts, which are two messages one after the other: 2 (a + n b).
# The latency is that of the smallest; the rest is a fit through the large ones.
fit() {
    on_hosts 2 "$allreduce" 2>/dev/null | awk '/buckets/ { next } NR == 1 { a = $2 / 2 }
        $1 >= 262144 { sx += $1; sy += $2 / 2 - a; sxx += $1 * $1; sxy += $1 * ($2 / 2 - a); s += ($2 / 2 - a) * $1 }
        END { printf "%.3g %.3g\n", a, s / sxx }'
}

# The model: seconds per step on p ranks, and how much of them is not overlapped.
#   c  seconds of computing on one rank, s  how many times longer it takes beside p - 1 others,
#   a, b  latency and seconds per byte, m  parameters, k  buckets
model=$(cat <<'END'
function log2_up(p,   n) { n = 0; while (2 ^ n < p) n++; return n }
# OpenMPI's nonblocking all-reduce: a tree up and down to 3 ranks, a ring from 4 on.
function message(n, p) {
    if (p == 1) return 0
    return p < 4 || n < 65536 ? 2 * log2_up(p) * (a + n * b) : 2 * (p - 1) * (a + n * b / p)
}
function exposed(p,   bucket, k, all, back) {
    bucket = m * 4 / 8; if (bucket < 262144) bucket = 262144; if (bucket > 2097152) bucket = 2097152
    k = m * 4 / bucket; if (k < 1) k = 1
    all = k * message(m * 4 / k, p); back = 2 / 3 * c * s * (1 - 1 / k)
    return all - back > message(m * 4 / k, p) ? all - back : message(m * 4 / k, p)
}
END
)

echo "$(date -u +%F), $(lscpu | sed -n 's/^Model name: *//p' | head -1), $cores cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo "| cable | hosts | s/step | waiting, s | model: s/step | model: waiting, s | efficiency | model |"
echo "|---|---|---|---|---|---|---|---|"
for rate in none 1gbit 100mbit; do
    shape $rate
    network_cost=$(fit)
    echo "$rate $network_cost" >>costs
    for hosts in 1 2 4; do
        rm -rf run
        on_hosts $hosts "$unmush" train scaling.json -q -o run --threads=1 batch=$((per_rank * hosts)) >said 2>&1 ||
            { cat said; stop "training failed"; }
        seconds=$(numbers run seconds | median) waiting=$(numbers run exchange | median)
        [ $hosts -gt 1 ] || one=$seconds
        awk -v rate="$rate" -v p=$hosts -v t="$seconds" -v w="$waiting" -v c="$one" -v cores="$cores" -v m=$parameters \
            -v cost="$network_cost" "$model"' BEGIN { split(cost, ab, " "); a = ab[1]; b = ab[2]; s = p > cores ? p / cores : 1
                e = exposed(p); printf "| %s | %d | %.3f | %.4f | %.3f | %.4f | %.2f | %.2f |\n", rate, p, t, w, c * s + e, e, c / t, c / (c * s + e) }'
    done
done
echo
echo "Messages between two hosts: latency, and bandwidth for large ones"
echo
awk '{ printf "- %s: %.0f us, %.0f MB/s\n", $1, $2 * 1e6, 1e-6 / $3 }' costs
echo
echo "load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo "| network | step on one rank | 8 ranks | 64 ranks | 512 ranks |"
echo "|---|---|---|---|---|"
predict() { # NAME SECONDS PARAMETERS LATENCY BYTES_PER_SECOND CABLE
    awk -v name="$1" -v c="$2" -v m="$3" -v a="$4" -v rate="$5" -v cable="$6" "$model"' BEGIN { b = 1 / rate; s = 1
        printf "| %s, %s | %.3g s |", name, cable, c
        for (p = 8; p <= 512; p *= 8) printf " %.3f |", c / (c + exposed(p))
        print "" }'
}
for cable in "1e-5 1.1e9 10-Gbit-Ethernet" "2e-6 1.1e10 100-Gbit-InfiniBand"; do
    set -- $cable
    predict "srvgg 64x16, this processor" "$one" $parameters "$@"
    predict "srvgg 64x16, a rank 20 times as fast" "$(awk -v c="$one" 'BEGIN { print c / 20 }')" $parameters "$@"
    predict "rrdb 23, 1 s a step" 1 16697987 "$@"
    predict "rrdb 23, 0.2 s a step" 0.2 16697987 "$@"
done
