#!/usr/bin/env bash
# Weak scaling over 1, 2 and 4 hosts (network namespaces of this machine), and what the cost model says of it. Needs root
# and iproute2.
#   experiments/scaling/run.sh    takes about two minutes
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh
. tests/network.sh
cores=$(nproc) steps=12
[ -x build/bench_allreduce ] || cmake --build build --target bench_allreduce >/dev/null
allreduce=$PWD/build/bench_allreduce model=$(cat experiments/scaling/model.awk)
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
parameters=621424 bucket=77678 # of srvgg 64 x 16, in values

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

echo "$(date -u +%F), $(lscpu | sed -n 's/^Model name: *//p' | head -1), $cores cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo "| cable | computing | hosts | step | waiting | by the model | efficiency | by the model |"
echo "|---|---|---|---|---|---|---|---|"
for rate in none 1gbit; do
    shape $rate
    network_cost=$(fit) || stop "$rate: the messages could not be measured"
    echo "$rate $network_cost" >>costs
    for seconds in 0.3 0.03; do
        for hosts in 1 2 4; do
            read -r step waited < <(on_hosts $hosts "$allreduce" $parameters $bucket $seconds 2>/dev/null) || stop "$hosts hosts: the steps could not be measured"
            [ $hosts -gt 1 ] || one=$step
            awk -v rate="$rate" -v p=$hosts -v t="$step" -v w="$waited" -v c="$seconds" -v one="$one" -v m=$parameters \
                -v cost="$network_cost" "$model"' BEGIN { split(cost, ab, " "); a = ab[1]; b = ab[2]; back = 2 / 3 * c; e = exposed(p)
                    printf "| %s | %g s | %d | %.3f s | %.4f s | %.4f s | %.2f | %.2f |\n", rate, c, p, t, w, e, one / t, c / (c + e) }'
        done
    done
done
shape none
echo
echo "Messages between two hosts: latency, and bandwidth for large ones"
echo
awk '{ printf "- %s: %.0f us, %.0f MB/s\n", $1, $2 * 1e6, 1e-6 / $3 }' costs
echo
# A real training on two hosts, which share this machine's processors as their ranks share it on one host.
for hosts in 1 2; do
    rm -rf run
    on_hosts $hosts "$unmush" train scaling.json -q -o run --threads=1 batch=$((4 * hosts)) >said 2>&1 || { cat said; stop "training failed"; }
    printf 'training, hosts of one rank: %d; %.3f s a step of 4 samples a rank, of it waiting %.4f s\n' \
        "$hosts" "$(numbers run seconds | median)" "$(numbers run exchange | median)"
done
echo
echo "load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
