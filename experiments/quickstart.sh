#!/usr/bin/env bash
# The whole road in one command: pictures, pairs, an L1 and an adversarial training on 2 MPI ranks, evaluation,
# a verified ONNX model and one enlarged picture, all under runs/quickstart/.
#   experiments/quickstart.sh [--photos DIR] [--minutes N] [--output DIR]
# --photos: train on your own pictures instead of procedural ones (every 20th, at most 10, is held out for evaluation).
# --minutes: what all of it may take after set-up, 3 unless told otherwise. A short calibration finds how many steps fit.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/.."
. experiments/lib.sh

photos='' run='' minutes=3
usage='usage: experiments/quickstart.sh [--photos DIR] [--minutes N] [--output DIR]'
while [ $# -gt 0 ]; do
    case $1 in
    --photos) photos=${2:?--photos needs a folder}; shift 2 ;;
    --photos=*) photos=${1#*=}; shift ;;
    --output) run=${2:?--output needs a folder}; shift 2 ;;
    --output=*) run=${1#*=}; shift ;;
    --minutes) minutes=${2:?--minutes needs a number}; shift 2 ;;
    --minutes=*) minutes=${1#*=}; shift ;;
    -h | --help) echo "$usage"; exit 0 ;;
    *) stop "unknown argument $1 ($usage)" 2 ;;
    esac
done
[[ $minutes =~ ^[1-9][0-9]*$ && $minutes -ge 2 ]] || stop "--minutes: a whole number of at least 2" 2
[ -z "$photos" ] || photos=$(absolute "$photos")
if [ -n "$run" ]; then run=$(absolute "$run"); else run=runs/quickstart; fi
[ -z "$photos" ] || [ -d "$photos" ] || stop "$photos: no such folder"
[ ! -e "$run" ] || stop "$run is there already; move it away or choose another --output"

# Seconds that the two trainings may take: what the other parts leave, a half for each.
training_seconds=$((minutes * 60 - 60))
stage_seconds=$((training_seconds / 2))

./setup.sh

# Runs one part of the road and notes how long it took.
names=() seconds=()
part() {
    local name=$1 began=$EPOCHREALTIME
    shift
    echo "--- $name"
    "$@"
    names+=("$name")
    seconds+=("$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')")
}

mkdir -p "$run"

procedural_pictures() {
    "$unmush" synth -o "$run/train" --count=120 --size=480x320 --seed=1
    "$unmush" synth -o "$run/held-out" --count=6 --size=480x320 --seed=2
}

train_both() {
    local common=("data.train[0].pairs=$run/pairs.h5" "data.validation.hr=$run/held-out")
    ranks train configs/quickstart.json "${common[@]}" -o "$run/calibration" -q log.every=1 checkpoint.every=1000000 \
        data.validation.every=1000000 stages[0].steps=20 stages[1].steps=8
    local l1 adversarial
    l1=$(steps_that_fit "$run/calibration" l1 $stage_seconds)
    adversarial=$(steps_that_fit "$run/calibration" adversarial $stage_seconds)
    rm -r "$run/calibration"
    echo "this machine takes $l1 L1 steps and $adversarial adversarial steps in the time meant for them"
    ranks train configs/quickstart.json "${common[@]}" -o "$run/training" stages[0].steps="$l1" stages[1].steps="$adversarial"
    cp "$run/training/l1.safetensors" "$run/training/adversarial.safetensors" "$run/"
    "$unmush" blend "$run/l1.safetensors" "$run/adversarial.safetensors" --alpha=0.5 -o "$run/blend.safetensors"
}

evaluate() {
    "$unmush" eval --scale=4 --hr="$run/held-out" --model=l1="$run/l1.safetensors" \
        --model=adversarial="$run/adversarial.safetensors" --model=blend="$run/blend.safetensors" -o "$run/report" | tee "$run/table.txt"
}

upscale_one() {
    local picture
    picture=$(find -L "$run/held-out" -type f | sort | head -n 1)
    "$unmush" upscale --overwrite --model="$run/adversarial.safetensors" -o "$run/upscaled.png" "$picture"
}

# The table of means, seconds per part and versions, as JSON.
write_summary() {
    {
        printf '{\n "table": [\n'
        awk -F, 'NR == 1 { for (i = 3; i <= NF; i++) key[i] = $i }
            $2 == "mean" { printf "%s  {\"method\":\"%s\"", (rows++ ? ",\n" : ""), $1
                for (i = 3; i <= NF; i++) if ($i != "") printf ",\"%s\":%s", key[i], $i
                printf "}" } END { print "" }' "$run/report/metrics.csv"
        printf ' ],\n "seconds": {'
        for i in "${!names[@]}"; do printf '%s"%s":%s' "$([ "$i" = 0 ] || echo ,)" "${names[$i]}" "${seconds[$i]}"; done
        printf '},\n "versions": ['
        "$unmush" --version | awk '{ printf "%s\"%s\"", (NR > 1 ? "," : ""), $0 }'
        printf ']\n}\n'
    } >"$run/summary.json.part"
    mv "$run/summary.json.part" "$run/summary.json"
}

if [ -n "$photos" ]; then part pictures split_photographs "$photos" "$run"; else part pictures procedural_pictures; fi
part pairs ranks pairs -o "$run/pairs.h5" --scale=4 --tile=160 "$run/train"
part training train_both
part evaluation evaluate
part export "$unmush" export "$run/adversarial.safetensors" -o "$run/model.onnx" --verify
part upscaling upscale_one
write_summary

echo "---"
cat "$run/table.txt"
cat <<END

models         $run/l1.safetensors, $run/adversarial.safetensors, $run/blend.safetensors
for deployment $run/model.onnx
report         $run/report/index.html
a picture      $run/upscaled.png
summary        $run/summary.json ($SECONDS s in all)
END
