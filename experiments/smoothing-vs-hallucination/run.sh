#!/usr/bin/env bash
# Where upscalers stand between smoothing and hallucination: interpolation and a filter, a network trained for fidelity,
# the same trained adversarially, the blends between them and, if given, published models, on held-out photographs and on
# a test set. Everything lands in runs/smoothing-vs-hallucination/; README.md beside this script holds a run's tables.
#   experiments/smoothing-vs-hallucination/run.sh --photos DIR [--test DIR] [--model NAME=FILE]... [--steps N] [--output DIR]
# --photos: photographs; every fifth, at most 40, is held out, the rest is trained on. --test: judge on these as well.
# --steps: of the first training, 12000 unless told otherwise; the adversarial one takes a tenth as many.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/../.."
. experiments/lib.sh

models=() arguments=()
while [ $# -gt 0 ]; do
    case $1 in
    --model) models+=(--model="${2%%=*}=$(absolute "${2#*=}")"); shift ;;
    --model=*=*) models+=(--model="$(cut -d= -f2 <<<"$1")=$(absolute "$(cut -d= -f3- <<<"$1")")") ;;
    *) arguments+=("$1") ;;
    esac
    shift
done
study_arguments smoothing-vs-hallucination steps 12000 ${arguments[@]+"${arguments[@]}"}

./setup.sh
mkdir -p "$run"
split_photographs "$photos" "$run" 5 40
source="data.train=[{\"hr\":\"$run/train\",\"degrade\":\"bicubic\"}]"
"$unmush" train $here/l1.json "$source" -o "$run/l1" -q --ranks=2 "stages[0].steps=$amount"
"$unmush" train $here/adversarial.json "$source" -o "$run/adversarial" -q --ranks=2 "stages[0].steps=$(((amount + 9) / 10))" \
    "generator.weights=$run/l1/model.safetensors"

judge() { # NAME FOLDER
    "$unmush" eval -q --scale=4 --hr="$2" --baseline=bicubic,lanczos,unsharp --model=l1="$run/l1/model.safetensors" \
        --model=adversarial="$run/adversarial/model.safetensors" --blend=l1,adversarial ${models[@]+"${models[@]}"} -o "$run/$1" >/dev/null
    echo
    echo "| $1 | PSNR-Y, dB | SSIM-Y | detail energy | smoothing | sharpening | hallucination | recovered | coherence | consistency, dB |"
    echo "|---|---|---|---|---|---|---|---|---|---|"
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $2 == "mean" { printf "| %s | %.2f | %.4f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.1f |\n", $1, $at["psnr_y"], $at["ssim_y"], $at["detail_energy"],
            $at["smoothing"], $at["sharpening"], $at["hallucination"], $at["recovered"], $at["coherence"], $at["consistency"] }' "$run/$1/metrics.csv"
}

# The two methods whose PSNR-Y differs by at most 0.15 dB and whose shares differ most.
blind_spot() { # NAME
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $2 == "mean" { name[++n] = $1; p[n] = $at["psnr_y"]; s[n] = $at["smoothing"]; h[n] = $at["hallucination"] }
        END {
            for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) {
                d = sqrt((s[i] - s[j]) ^ 2 + (h[i] - h[j]) ^ 2)
                if ((p[i] - p[j]) ^ 2 <= 0.0225 && d > most) { most = d; a = i; b = j }
            }
            if (most) printf "%s and %s have nearly the same PSNR-Y (%.2f and %.2f dB): one smooths %.3f and makes up %.3f, the other smooths %.3f and makes up %.3f.\n",
                name[a], name[b], p[a], p[b], s[a], h[a], s[b], h[b]
        }' "$run/$1/metrics.csv"
}

{
    judge held-out "$run/held-out"
    [ -z "$tests" ] || judge test "$tests"
    echo
    blind_spot held-out
    [ -z "$tests" ] || blind_spot test
} | tee "$run/tables.md"
echo "reports: $run/held-out/index.html${tests:+, $run/test/index.html} ($SECONDS s in all)"
