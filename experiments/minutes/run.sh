#!/usr/bin/env bash
# How near to the truth a small network comes in two minutes and in four (L1, photographs shrunk by bicubic as they are
# drawn, x4). Everything lands in runs/minutes/; README.md beside this script holds a run's table.
#   experiments/minutes/run.sh --photos DIR [--test DIR] [--threads N] [--two STEPS] [--four STEPS] [--output DIR]
# --photos: pictures to train on; all of them where --test names others (Set5, say) to validate on, else every 20th, at
# most 10, is held out. --threads: that train, 2 unless told otherwise. --two, --four: steps of the two trainings;
# unless told, as many as fit into 120 and 240 seconds of the processors, start and validation included. Seconds of the
# processors are their time divided by the threads: what the training takes on a machine that does nothing else.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh

declare -A wanted=([two]='' [four]='')
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
    --two | --four) wanted[${1#--}]=${2:?$1 needs a number}; shift ;;
    --two=* | --four=*) name=${1%%=*} wanted[${name#--}]=${1#*=} ;;
    *) arguments+=("$1") ;;
    esac
    shift
done
study_arguments minutes threads 2 ${arguments[@]+"${arguments[@]}"}
threads=$amount
for name in two four; do
    [[ ${wanted[$name]} =~ ^[0-9]*$ ]] || stop "--$name: a whole number" 2
done

./setup.sh
mkdir -p "$run"
trained=$photos
[ -n "$tests" ] || { split_photographs "$photos" "$run"; trained=$run/train tests=$run/held-out; }
source=$(printf '{"hr":"%s","degrade":"bicubic","size":%s,"weight":%s},' "$trained" 1 2 "$trained" 0.7 1 "$trained" 0.5 1)
source="data.train=[${source%,}]"
# Threads that wait for each other do not spin, so that the time of the processors is the work's.
export OMP_NUM_THREADS=$threads OMP_WAIT_POLICY=passive
TIMEFORMAT='%R %U %S'

# Trains by CONFIG; prints seconds by the clock and of the processors.
timed() { # CONFIG NAME OPTION...
    local config=$here/$1.json name=$2
    shift 2
    { time "$unmush" train "$config" "$source" "data.validation.hr=$tests" -o "$run/$name" -q --ranks=1 "$@" >"$run/$name.txt" 2>&1; } 2>&1 |
        awk -v threads="$threads" '{ printf "%.1f %.1f\n", $1, ($2 + $3) / threads }'
}

# Steps that fit, by the difference between 20 and 220 of them.
pace() { # CONFIG SECONDS
    local few many
    few=$(timed "$1" pace 'stages[0].steps=20' 'stages[0].warmup=5')
    rm -r "$run/pace"
    many=$(timed "$1" pace 'stages[0].steps=220')
    rm -r "$run/pace"
    awk -v few="${few#* }" -v many="${many#* }" -v seconds="$2" 'BEGIN { printf "%d", (seconds - few) / ((many - few) / 200) }'
}

validation() { # NAME: PSNR-Y of the last one
    grep '"validation"' "$run/$1/log.jsonl" | tail -n 1 | sed -n 's/.*"psnr_y":\([0-9.]*\).*/\1/p'
}

echo "| | steps | seconds by the clock | seconds of the processors | PSNR-Y, dB |" >"$run/table.md"
echo "|---|---|---|---|---|" >>"$run/table.md"
for name in two four; do
    seconds=120
    [ $name = two ] || seconds=240
    steps=${wanted[$name]:-$(pace $name $seconds)}
    echo "--- $name: $steps steps"
    spent=$(timed $name $name "stages[0].steps=$steps")
    printf '| %s | %s | %s | %s | %.2f |\n' $name "$steps" "${spent% *}" "${spent#* }" "$(validation $name)" >>"$run/table.md"
done
cat "$run/table.md"
echo "reports: $run/two/report.html, $run/four/report.html"
