#!/usr/bin/env bash
# The seconds of a training step on 1 and 2 ranks of this machine, predicted from measured layers, messages and
# optimiser, beside real trainings; then what the same model says of 8, 64 and 512 ranks. README.md tells the model.
#   experiments/scaling/predict.sh    takes about four minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
. experiments/lib.sh
export OMP_WAIT_POLICY=passive
cmake --build build --target bench_allreduce --target bench_optimise >/dev/null
allreduce=$PWD/build/bench_allreduce optimise=$PWD/build/bench_optimise model=$(cat experiments/scaling/model.awk)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cd "$work"
"$unmush" synth -q -o pictures --count=8 --size=320x320
"$unmush" pairs -q -o pairs.h5 --scale=4 --tile=320 pictures
small=4 large=12 edge=32 # what is measured: samples of a rank, and LR pixels of their edges
tiny='{"type": "srvgg", "features": 4, "convs": 0}' # a network that hardly computes

# Runs a command once for each rank, all at the same time, so that as many processors are busy as when ranks train. Writes
# OUTPUT.1 ... OUTPUT.RANKS; a % at an argument's end is the rank.
at_once() { # RANKS OUTPUT COMMAND...
    local output=$2 ranks=$1 rank pids=()
    shift 2
    for rank in $(seq "$ranks"); do
        "${@//%/$rank}" >"$output.$rank" 2>"$output.said" &
        pids+=($!)
    done
    for rank in "${pids[@]}"; do wait "$rank" || { cat "$output.said" >&2; stop "a measurement failed"; }; done
}

# Lines "LAYER OPERATION FORWARD BACK" in ms, at last "rest", what the whole pass takes beside them. In the table layers
# without weights have no name.
layers() { # of `info --bench`
    awk '$1 == "layer" && /GFLOP/ { on = 1; next }
        on && /at most/ { on = 0 }
        on { at = /^   / ? 1 : 2
             back = $(at + 7) == "-" ? 0 : $(at + 7)
             forward = $(at + 4) == "-" ? 0 : $(at + 4)
             print at == 1 ? "-" : $1, $at, forward, back; sum += forward + back }
        $1 == "forward" && $3 == "back" { printf "- rest %.3f 0\n", $4 - sum }'
}

bench() { # RANKS OUTPUT NETWORK PRECISION SAMPLES
    local rank
    at_once "$1" "$2.said" "$unmush" info --bench --threads=1 --network="$3" --precision="$4" --batch="$5" --input=${edge}x$edge
    for rank in $(seq "$1"); do layers <"$2.said.$rank" >"$2.$rank"; done
}

config() { # NETWORK PRECISION SAMPLES EDGE STEPS; samples of all ranks
    cat <<JSON
{"name": "predict", "scale": 4, "batch": $3, "crop": $4, "precision": "$2", "generator": $1,
 "data": {"train": [{"pairs": "pairs.h5"}]}, "checkpoint": {"every": 1000000}, "log": {"every": 1},
 "stages": [{"name": "l1", "steps": $5, "rate": 1e-4, "loss": {"l1": 1}}]}
JSON
}

# Seconds of a step: the median without the first three.
steps() { # RUN
    sed -n 's/.*"seconds":\([0-9.e+-]*\).*/\1/p' "$1/log.jsonl" | tail -n +4 | median
}

train() { # RANKS NETWORK PRECISION SAMPLES EDGE STEPS; samples of a rank
    config "$2" "$3" $(($1 * $4)) "$5" "$6" >train.json
    rm -rf run
    "$unmush" train train.json -q -o run --threads=1 --ranks="$1" >said 2>&1 || { cat said >&2; stop "training failed"; }
    steps run
}

# What a step does beside its layers and its parameters (batch, loss, log): milliseconds with `small` and with `large` samples,
# of trainings of the tiny network, less its layers.
measure_rest() { # RANKS
    local samples rank
    for samples in $small $large; do
        config "$tiny" fp32 "$samples" "$edge" 99 >tiny.json
        at_once "$1" tiny.said "$unmush" train tiny.json -q -o "tiny-$1-$samples-%" --threads=1
        bench "$1" tiny "$tiny" fp32 "$samples"
        for rank in $(seq "$1"); do
            awk -v step="$(steps "tiny-$1-$samples-$rank")" '{ sum += $3 + $4 } END { print 1000 * step - sum }' "tiny.$rank"
        done | median
    done | paste -sd' ' >"rest.$1"
}

# A message's latency and seconds per byte between two ranks of this machine: a sum is two of them. The latency is that of
# short ones; the rest is a fit through the long ones. Of three measurements the least counts: waiting for others' work is
# milliseconds here.
measure_messages() {
    for _ in 1 2 3; do
        mpirun -n 2 --bind-to none --oversubscribe "$allreduce" 2>said || { cat said >&2; stop "the messages could not be measured"; }
    done | awk '/buckets/ { next } !($1 in least) || $2 < least[$1] { least[$1] = $2 } END { for (n in least) print n, least[n] / 2 }' >least
    awk -v a="$(awk '$1 <= 1024 { print $2 }' least | median)" '$1 >= 262144 { sxx += $1 * $1; sxy += $1 * ($2 - a) }
        END { printf "%.3g %.3g\n", a, sxy / sxx }' least >messages
}

# How much more processor time a rank takes that computes and looks after sums under way.
measure_looks() {
    for _ in 1 2 3; do
        mpirun -n 2 --bind-to none --oversubscribe "$allreduce" 0.01 2>said || { cat said >&2; stop "looks could not be measured"; }
    done | median >look
}

# Milliseconds of the optimiser's step; the gradient's norm reads it once, and before it is written once, with zeros.
measure_optimiser() { # RANKS VALUES
    at_once "$1" optimiser "$optimise" "$2" 1
    awk '{ print $3 + 2 * $4 }' optimiser.[0-9]* | sort -g | tail -n 1
    rm optimiser.*
}

# The model: "COMPUTING BACK LAYERS REST OPTIMISER EXCHANGE", seconds of the slowest rank. Every layer is a line through its two
# measurements, in samples x pixels.
predict() { # RANKS SAMPLES EDGE
    local rank
    for rank in $(seq "$1"); do
        paste "small.$rank" "large.$rank" | awk -v p="$1" -v x=$(($2 * $3 * $3)) -v x1=$((small * edge * edge)) \
            -v x2=$((large * edge * edge)) -v rest="$(cat "rest.$1")" -v optimiser="$(cat optimiser)" -v m="$parameters" \
            -v messages="$(cat messages)" -v look="$(cat look)" "$model"'
            { forward += line(x1, $3, x2, $7, x); back += line(x1, $4, x2, $8, x) }
            END {
                split(rest, r, " "); split(messages, ab, " "); a = ab[1]; b = ab[2]
                rest = line(x1, r[1], x2, r[2], x) / 1000; optimiser /= 1000; forward /= 1000; back /= 1000
                print forward + back + rest + optimiser, back, forward + back, rest, optimiser, moved(p)
            }'
    done | sort -g | tail -n 1
}

# A row for each of two sizes; what one rank computes with the first is kept for the last table. Measurements and trainings
# take turns.
compare() { # NAME NETWORK PRECISION RANKS STEPS
    local size
    measure_optimiser "$4" "$parameters" >optimiser
    bench "$4" small "$2" "$3" $small
    train "$4" "$2" "$3" 8 32 "$5" >measured.8x32
    bench "$4" large "$2" "$3" $large
    train "$4" "$2" "$3" 4 48 "$5" >measured.4x48
    predict "$4" 8 32 >predicted.8x32
    predict "$4" 4 48 >predicted.4x48
    [ "$4" != 1 ] || echo "$1|$3|$parameters|$(cut -d' ' -f1-2 predicted.8x32)" >>expected
    for size in 8x32 4x48; do
        awk -v name="$1 $3" -v p="$4" -v size="${size/x/ x }²" -v measured="$(cat measured.$size)" '{
            t = $1 + $6
            printf "| %s | %d | %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %+.1f |\n", name, p, size, 1000 * $3, 1000 * $4,
                1000 * $5, 1000 * $6, 1000 * t, 1000 * measured, 100 * (t / measured - 1) }' predicted.$size | tee -a rows
    done
}

echo "$(date -u +%F), $(lscpu | sed -n 's/^Model name: *//p' | head -1), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
measure_messages
measure_looks
measure_rest 1
measure_rest 2
awk -v look="$(cat look)" '{ printf "messages between two ranks: latency %.2g us, %.0f MB/s; looking after them slows computing by %.1f %%\n",
    1e6 * $1, 1e-6 / $2, 100 * look }' messages
echo
echo "Milliseconds of a step, samples of a rank:"
echo
echo "| network | ranks | samples | layers | rest | optimiser | exchange | predicted | measured | error, % |"
echo "|---|---|---|---|---|---|---|---|---|---|"
while IFS='|' read -r name network precisions steps; do
    parameters=$("$unmush" info --network="$network" | sed -n 's/^ *\([0-9]*\) parameters.*/\1/p')
    for precision in $precisions; do
        for ranks in 1 2; do compare "$name" "$network" "$precision" $ranks "$steps"; done
    done
done <<'NETWORKS'
srvgg 64 x 16|{"type": "srvgg", "features": 64, "convs": 16}|fp32 bf16|30
edsr 64 x 16|{"type": "edsr"}|bf16|20
rrdb 6 blocks|{"type": "rrdb", "blocks": 6}|fp32 bf16|12
NETWORKS
echo
awk -F'|' '{ e = $(NF - 1) < 0 ? -$(NF - 1) : $(NF - 1) + 0; sum += e; if (e > most) most = e; if (e <= 10) near++ }
    END { printf "%d of %d within 10 %%; mean error %.1f %%, at most %.1f %%\n", near, NR, sum / NR, most }' rows
echo
echo "Expected of one rank a host and 8 samples of 32 x 32 a rank: milliseconds of a step, and efficiency"
echo
echo "| network | cable | 1 rank | 8 ranks | 64 ranks | 512 ranks |"
echo "|---|---|---|---|---|---|"
while read -r a rate cable; do
    awk -F'|' -v a="$a" -v rate="$rate" -v cable="$cable" -v look="$(cat look)" "$model"'{
        split($4, seconds, " "); c = seconds[1]; back = seconds[2]; m = $3; b = 1 / rate
        printf "| %s %s | %s | %.1f |", $1, $2, cable, 1000 * c
        for (p = 8; p <= 512; p *= 8) printf " %.1f, %.3f |", 1000 * (c + exposed(p)), c / (c + exposed(p))
        print "" }' expected
done <<'CABLES'
2e-5 1.1e9 10 Gbit/s Ethernet
2e-6 1.1e10 100 Gbit/s InfiniBand
CABLES
echo
echo "load at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
