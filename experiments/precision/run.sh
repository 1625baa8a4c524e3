#!/usr/bin/env bash
# Whether it matters what computes a training: the same start, the same pairs, in bf16 and fp32 by our own kernels and in
# fp32 by libtorch's operators. `srvgg` and a `rrdb` of 6 blocks by L1, then `srvgg` adversarially with three seeds each.
# Everything lands in runs/precision/; README.md beside this script holds a run's tables.
#   experiments/precision/run.sh --photos DIR [--test DIR] [--steps N] [--rrdb N] [--adversarial N] [--full] [--output DIR]
# --photos: pictures to train on (every 20th, at most 10, is held out). --test: measure on these (Set5, say) instead.
# --steps: of srvgg, 3000 unless told otherwise; --rrdb: of rrdb, as many; --adversarial: of each of the nine, 300. 0: none.
# --full: generators of their published widths, in batches of 4 crops of 16 instead of small ones.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh

rrdb_steps='' adversarial_steps=300 full='' arguments=()
while [ $# -gt 0 ]; do
    case $1 in
    --rrdb) rrdb_steps=${2:?--rrdb needs a number}; shift ;;
    --rrdb=*) rrdb_steps=${1#*=} ;;
    --adversarial) adversarial_steps=${2:?--adversarial needs a number}; shift ;;
    --adversarial=*) adversarial_steps=${1#*=} ;;
    --full) full=yes ;;
    *) arguments+=("$1") ;;
    esac
    shift
done
study_arguments precision steps 3000 ${arguments[@]+"${arguments[@]}"}
: "${rrdb_steps:=$amount}"
for number in "$rrdb_steps" "$adversarial_steps"; do
    [[ $number =~ ^[0-9]+$ ]] || stop "--rrdb, --adversarial: whole numbers" 2
done

./setup.sh
mkdir -p "$run"
split_photographs "$photos" "$run"
tests=${tests:-$run/held-out}
source="data.train=[{\"hr\":\"$run/train\",\"degrade\":\"bicubic\"}]"
ways=(bf16-fused fp32-fused fp32-torch)

widths() { # NETWORK
    [ -n "$full" ] || return 0
    case $1 in
    rrdb) printf '%s\n' 'generator={"type":"rrdb","blocks":6}' batch=4 crop=16 ;;
    srvgg | adversarial) printf '%s\n' 'generator={"type":"srvgg"}' batch=4 crop=16 ;;
    esac
}

train_by() { # WAY NAME CONFIG STEPS OPTION...
    local way=$1 name=$2 config=$3 steps=$4 options
    shift 4
    mapfile -t options < <(widths "$config")
    "$unmush" train "$here/$config.json" "$source" -o "$run/$name" -q --ranks=1 \
        "stages[0].steps=$steps" "precision=${way%-*}" "backend=${way#*-}" ${options[@]+"${options[@]}"} "$@"
    echo "--- $name: $steps steps"
}

measure() { # STUDY NAME...: metrics of these runs' models
    local study=$1 name models=()
    shift
    for name; do models+=("--model=$name=$run/$name/model.safetensors"); done
    "$unmush" eval -q --scale=4 --hr="$tests" --baseline=bicubic "${models[@]}" -o "$run/$study" >/dev/null
}

median_step() { # NAME: in milliseconds
    sed -n 's/.*"seconds":\([0-9.e+-]*\).*/\1/p' "$run/$1/log.jsonl" | median | awk '{ printf "%.1f", $1 * 1000 }'
}

losses() { # NAME...: lines "NAME STEP LOSS"
    local name
    for name; do
        sed -n "s/^{\"step\":\([0-9]*\),.*\"l1\":\([0-9.e+-]*\).*/$name \1 \2/p" "$run/$name/log.jsonl"
    done
}

fidelity() { # NETWORK STEPS
    local network=$1 steps=$2 names=() way
    [ "$steps" != 0 ] || return 0
    for way in "${ways[@]}"; do
        train_by "$way" "$network-$way" "$network" "$steps"
        names+=("$network-$way")
    done
    losses "${names[@]}" | awk -v steps="$steps" -f $here/plot.awk >"$run/$network.svg"
    # What chance does: the same arithmetic, other pairs and another start.
    train_by fp32-fused "$network-other-seed" "$network" "$steps" seed=1
    measure "$network" "${names[@]}" "$network-other-seed"
    {
        echo
        echo "| $network, $steps steps | PSNR-Y, dB | to fp32 by libtorch | mean loss of the last tenth | ms per step, median |"
        echo "|---|---|---|---|---|"
        local reference
        reference=$(column_mean "$network" "$network-fp32-torch" psnr_y)
        for way in "${names[@]}" "$network-other-seed"; do
            printf '| %s | %.3f | %+.3f | %s | %s |\n' "${way#"$network"-}" "$(column_mean "$network" "$way" psnr_y)" \
                "$(column_mean "$network" "$way" psnr_y | awk -v r="$reference" '{ print $1 - r }')" \
                "$(losses "$way" | awk -v n="$steps" '$2 > 0.9 * n { s += $3; c++ } END { printf "%.5f", s / c }')" "$(median_step "$way")"
        done
    } | tee -a "$run/tables.md"
}

column_mean() { # STUDY NAME COLUMN
    awk -F, -v name="$2" -v column="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $1 == name && $2 == "mean" { print $at[column] }' "$run/$1/metrics.csv"
}

adversarial() { # STEPS
    local names=() way seed column
    [ "$1" != 0 ] || return 0
    for way in "${ways[@]}"; do
        for seed in 0 1 2; do
            train_by "$way" "adversarial-$way-$seed" adversarial "$1" "seed=$seed" \
                "generator.weights=$run/srvgg-fp32-torch/model.safetensors"
            names+=("adversarial-$way-$seed")
        done
    done
    measure adversarial "${names[@]}"
    {
        echo
        echo "| adversarial, $1 steps; mean and range of three seeds | PSNR-Y, dB | detail energy | smoothing | hallucination | ms per step, median |"
        echo "|---|---|---|---|---|---|"
        for way in "${ways[@]}"; do
            printf '| %s' "$way"
            for column in psnr_y detail_energy smoothing hallucination; do
                for seed in 0 1 2; do column_mean adversarial "adversarial-$way-$seed" $column; done | sort -g |
                    awk '{ v[NR] = $1; s += $1 } END { printf " | %.3f (%.3f to %.3f)", s / NR, v[1], v[NR] }'
            done
            printf ' | %s |\n' "$(median_step "adversarial-$way-0")"
        done
    } | tee -a "$run/tables.md"
}

fidelity srvgg "$amount"
fidelity rrdb "$rrdb_steps"
adversarial "$adversarial_steps"
echo "tables: $run/tables.md; curves: $run/srvgg.svg, $run/rrdb.svg ($SECONDS s in all)"
