#!/bin/bash
# `unmush eval` from outside: what it writes, on one rank and on several, and bad input of every kind.
# UNMUSH is the program to test; UNMUSH_SHARED a folder with photos/set5 and weights/. Prints "ok",
# "not ok" or "skip" and a sentence for each check.
. "$(dirname "$0")/lib.sh"

# eval must be refused, with one line containing TEXT and without an output folder.
eval_refused() { # SENTENCE STATUS TEXT OPTION...
    local sentence=$1 status=$2 text=$3
    shift 3
    refused "$sentence" "$status" "$text" "$UNMUSH" eval -q "$@" -o "$out/report"
}

mean() { # CSV METHOD COLUMN
    awk -F, -v method="$2" -v column="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) wanted = i }
        $1 == method && $2 == "mean" { print $wanted }' "$1"
}

near() { # VALUE EXPECTED TOLERANCE
    awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { exit !(a != "" && a - b <= t && b - a <= t) }'
}

# Writing

"$UNMUSH" synth -q -o "$work/hr" --count=5 --size=96x80 --seed=3 >"$work/out" 2>"$work/err"
check "procedural pictures to judge on" $?
eval_hr() { "$UNMUSH" eval -q --scale=4 --hr="$work/hr" "$@"; }
"$UNMUSH" synth -q -o "$work/small" --count=5 --size=64x64 --seed=3 >"$work/out" 2>"$work/err"

eval_hr -o "$work/one" >"$work/table" 2>"$work/err"
check "five baselines are judged" $?
[ "$(ls "$work/one" | tr '\n' ' ')" = "classes.csv index.html metrics.csv metrics.json plane.svg strips.png " ]
check "metrics.json, metrics.csv, classes.csv, strips.png, plane.svg and index.html are there and nothing else" $?
[ "$(wc -l <"$work/one/classes.csv")" -eq 121 ]
check "classes.csv has a row per method, picture and class, and the means" $?
[ "$(wc -l <"$work/table")" -eq 6 ] && grep -q '^unsharp ' "$work/table"
check "the table has a row for every baseline" $?
[ "$(wc -l <"$work/one/metrics.csv")" -eq 31 ]
check "the CSV has a row per method and picture, and the means" $?

eval_hr -o "$work/again" --json >"$work/out" 2>"$work/err" &&
    cmp -s "$work/out" "$work/again/metrics.json"
check "--json prints metrics.json" $?
cmp -s "$work/one/metrics.json" "$work/again/metrics.json"
check "a second run gives the same bytes" $?

eval_hr -o "$work/truth" --baseline=none --images=truth="$work/hr" >"$work/out" 2>"$work/err" &&
    near "$(mean "$work/truth/metrics.csv" truth hallucination)" 0 0 &&
    near "$(mean "$work/truth/metrics.csv" truth smoothing)" 0 0 &&
    near "$(mean "$work/truth/metrics.csv" truth recovered)" 1 0 &&
    grep -q '"psnr_y":[[:space:]]*null' "$work/truth/metrics.json"
check "the truth, given as a folder of pictures, has no error of any kind" $?

if command -v mpirun >/dev/null; then
    for ranks in 2 3; do
        mpirun -n $ranks --oversubscribe --bind-to none \
            "$UNMUSH" eval -q --scale=4 --hr="$work/hr" -o "$work/ranks$ranks" >"$work/out" 2>"$work/err" &&
            cmp -s "$work/one/metrics.json" "$work/ranks$ranks/metrics.json" &&
            cmp -s "$work/one/index.html" "$work/ranks$ranks/index.html" &&
            cmp -s "$work/table" "$work/out"
        check "$ranks ranks write the same files and table as one" $?
    done
else
    skip "several ranks: mpirun is not here"
fi

# Photographs and published weights

set5=$UNMUSH_SHARED/photos/set5
model=$UNMUSH_SHARED/weights/realesr-animevideov3-x4
if [ -d "$set5" ]; then
    "$UNMUSH" eval -q --scale=4 --hr="$set5" -o "$work/set5" >"$work/out" 2>"$work/err" &&
        near "$(mean "$work/set5/metrics.csv" bicubic psnr_y)" 28.4314 0.001 &&
        near "$(mean "$work/set5/metrics.csv" bicubic smoothing)" 0.90723 0.0001 &&
        near "$(mean "$work/set5/metrics.csv" unsharp hallucination)" 0.302 0.001
    check "bicubic and unsharp on Set5 measure as the oracle says" $?
else
    skip "Set5: the shared photographs are not here"
fi
if [ -d "$set5" ] && [ -e "$model.pth" ]; then
    "$UNMUSH" eval -q --scale=4 --hr="$set5" --baseline=none -o "$work/models" --model=a="$model.pth" \
        --model=b="$model-legacy.pth" --model=c="$model.safetensors" >"$work/out" 2>"$work/err"
    near "$(mean "$work/models/metrics.csv" a hallucination)" 0.487 0.001 &&
        [ "$(grep '^a,' "$work/models/metrics.csv" | cut -c3-)" = "$(grep '^b,' "$work/models/metrics.csv" | cut -c3-)" ] &&
        [ "$(grep '^a,' "$work/models/metrics.csv" | cut -c3-)" = "$(grep '^c,' "$work/models/metrics.csv" | cut -c3-)" ]
    check "a published model gives the same numbers from each of its three files" $?
    eval_refused "a model of another scale is refused" 1 'enlarges by 4, --scale asks for 2' \
        --scale=2 --hr="$work/hr" --model="$model.pth"
else
    skip "published models: the shared weights are not here"
fi

# Two evaluations compared

mkdir "$work/other" # every picture under the next one's name
names=("$work"/hr/*.png)
for i in 0 1 2 3 4; do ln -s "${names[$i]}" "$work/other/$(basename "${names[$(((i + 1) % 5))]}")"; done
eval_hr --baseline=none --images=mine="$work/hr" -o "$work/before" >"$work/out" 2>"$work/err" &&
    eval_hr --baseline=none --images=mine="$work/other" -o "$work/after" >"$work/out" 2>"$work/err"
check "the truth and other pictures are judged under one name" $?
"$UNMUSH" eval --compare "$work/before/metrics.json" "$work/before/metrics.json" >"$work/out" 2>"$work/err" &&
    grep -q 'mine .*smoothing .*no difference shown' "$work/out"
check "--compare of one with itself passes" $?
"$UNMUSH" eval --compare "$work/before/metrics.json" "$work/after/metrics.json" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q 'mine: smoothing went from 0.0000 to' "$work/err"
check "--compare fails where smoothing rose, and says so" $?
"$UNMUSH" eval --compare "$work/before/metrics.json" "$work/after/metrics.json" --threshold=smoothing=9,hallucination=9 \
    --json >"$work/out" 2>"$work/err" && grep -q '"verdict":[[:space:]]*"worse"' "$work/out"
check "thresholds let it pass" $?

# Without truth

mkdir "$work/alone" "$work/fourfold"
"$UNMUSH" synth -q -o "$work/alone" --count=4 --size=48x40 --seed=5 >"$work/out" 2>"$work/err"
"$UNMUSH" synth -q -o "$work/fourfold" --count=4 --size=192x160 --seed=6 >"$work/out" 2>"$work/err"
for picture in "$work"/fourfold/*; do mv "$picture" "${picture/synth-6/synth-5}"; done
eval_lr() { "$UNMUSH" eval -q --scale=4 --lr="$work/alone" --images=other="$work/fourfold" "$@"; }
eval_lr -o "$work/blind" >"$work/table" 2>"$work/err" &&
    [ "$(ls "$work/blind" | tr '\n' ' ')" = "index.html metrics.csv metrics.json " ]
check "inputs alone are judged, without strips and classes" $?
grep -q input_consistency "$work/table" && ! grep -q 'psnr_y\|hallucination' "$work/table" "$work/blind/metrics.json"
check "without truth nothing is measured that needs one" $?
grep -q '"evidence":[[:space:]]*"input alone: weaker"' "$work/blind/metrics.json" &&
    grep -q 'Weaker evidence' "$work/blind/index.html" && ! grep -q 'Weaker evidence' "$work/one/index.html"
check "what is said without truth is called weaker evidence" $?
! grep -q '{{' "$work/blind/index.html" "$work/one/index.html"
check "no placeholder is left in either page" $?
near "$(mean "$work/blind/metrics.csv" bicubic input_consistency)" 40 10 &&
    [ "$(mean "$work/blind/metrics.csv" other input_consistency | cut -d. -f1)" -lt 25 ]
check "pictures that contradict their inputs have a low consistency with them" $?
near "$(mean "$work/blind/metrics.csv" bicubic disagreement)" 1 0.3 &&
    [ -z "$(mean "$work/blind/metrics.csv" other disagreement)" ]
check "methods are compared with the models, which alone have nobody to disagree with" $?
if command -v mpirun >/dev/null; then
    mpirun -n 3 --oversubscribe --bind-to none "$UNMUSH" eval -q --scale=4 --lr="$work/alone" \
        --images=other="$work/fourfold" -o "$work/blind3" >"$work/out" 2>"$work/err" &&
        cmp -s "$work/blind/metrics.json" "$work/blind3/metrics.json" &&
        cmp -s "$work/blind/index.html" "$work/blind3/index.html"
    check "three ranks say the same without truth as one" $?
fi
eval_refused "weights without truth are wrong usage" 2 'compares with the truth' \
    --scale=4 --lr="$work/alone" --weights="$work"
eval_refused "a blend without truth is wrong usage" 2 'compares with the truth' \
    --scale=4 --lr="$work/alone" --blend=a,b
"$UNMUSH" eval -q --scale=2 --lr="$work/alone" --images="$work/fourfold" -o "$work/twofold" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && [ "$(grep -c '192x160 pixels where .* has 96x80' "$work/err")" -eq 4 ] && [ ! -e "$work/twofold" ]
check "pictures that are not the scale times the inputs are refused" $?

"$UNMUSH" eval --help >"$work/out" 2>&1 && grep -q 'example:' "$work/out"
check "--help shows an example" $?

# Bad input

eval_refused "a missing scale is wrong usage" 2 '--scale=S' --hr="$work/hr"
eval_refused "missing truth is wrong usage" 2 '--hr=DIR' --scale=4
eval_refused "--lr with --degrade is wrong usage" 2 'exclude each other' \
    --scale=4 --hr="$work/hr" --lr="$work/hr" --degrade=bicubic
eval_refused "an unknown baseline is wrong usage" 2 'sharpest is none of' \
    --scale=4 --hr="$work/hr" --baseline=sharpest
eval_refused "two methods of one name are wrong usage" 2 'two methods are called bicubic' \
    --scale=4 --hr="$work/hr" --images=bicubic="$work/hr"
eval_refused "an unknown degradation is named" 1 'nonsense' --scale=4 --hr="$work/hr" --degrade=nonsense
eval_refused "a missing folder is named" 1 "$work/nowhere" --scale=4 --hr="$work/nowhere"
eval_refused "a missing model is named" 1 'nowhere.pth' --scale=4 --hr="$work/hr" --model="$work/nowhere.pth"
"$UNMUSH" eval -q --scale=4 --hr="$work/hr" --lr="$work/hr" --model="$work/no.pth" -o "$work/sizes" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && [ "$(grep -c '96x80 pixels.*needs 24x20' "$work/err")" -eq 5 ] && [ "$(wc -l <"$work/err")" -eq 5 ] && [ ! -e "$work/sizes" ]
check "inputs of the wrong size are all told at once, with both sizes" $?
"$UNMUSH" eval -q --scale=4 --hr="$work/hr" --images=a="$work/small" --images=b="$work/nowhere" --model="$work/no.pth" \
    -o "$work/many" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && [ "$(grep -c '64x64 pixels where' "$work/err")" -eq 5 ] && grep -q "$work/nowhere" "$work/err" &&
    grep -q 'no.pth' "$work/err" && [ "$(wc -l <"$work/err")" -eq 7 ]
check "what is wrong with each method is told at once" $?

mkdir "$work/some" "$work/broken" "$work/empty" "$work/lots"
for i in $(seq 200); do ln -s "$work/hr/$(ls "$work/hr" | head -1)" "$work/lots/$i.png"; done
first=$(ls "$work/hr" | head -1)
cp "$work/hr/$first" "$work/some"
eval_refused "a folder without some of the pictures is refused naming them" 1 'no picture there for' \
    --scale=4 --hr="$work/hr" --images="$work/some"
eval_refused "an empty folder is refused" 1 "$work/empty" --scale=4 --hr="$work/empty"
cp "$work"/hr/*.png "$work/broken"
head -c 3000 "$work/hr/$first" >"$work/broken/$first"
eval_refused "a truncated picture among the truth is named" 1 "$first" --scale=4 --hr="$work/broken"
eval_refused "a truncated picture of another program is named" 1 "$first" \
    --scale=4 --hr="$work/hr" --images="$work/broken"
eval_refused "a border that leaves nothing is refused" 1 'fewer than 11x11' \
    --scale=4 --hr="$work/hr" --crop=40
touch "$work/file"
"$UNMUSH" eval -q --scale=4 --hr="$work/hr" -o "$work/file" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q "$work/file" "$work/err"
check "an output folder that is a file is refused" $?
if command -v mpirun >/dev/null; then
    ranks 2 "$UNMUSH" eval -q --scale=4 --hr="$work/lots" -o "$work/killed" >"$work/out" 2>"$work/err" &
    started=$!
    rank=
    for _ in $(seq 200); do
        rank=$(child_of "$(child_of "$(child_of $started)")") && [ -n "$rank" ] && [ -e "$work/killed" ] && break
        sleep 0.05
    done
    kill -9 "$rank"
    wait $started
    status=$?
    [ $status -ne 0 ] && [ $status -ne 124 ] && [ ! -e "$work/killed/metrics.json" ]
    check "a rank that is killed ends all, and nothing is half-written" $?
    timeout 60 mpirun -n 2 --oversubscribe --bind-to none "$UNMUSH" eval -q --scale=4 \
        --hr="$work/broken" -o "$work/refused" >"$work/out" 2>"$work/err"
    status=$?
    [ $status -ne 0 ] && [ $status -ne 124 ] && grep -q "$first" "$work/err" && [ ! -e "$work/refused" ]
    check "a truncated picture ends all ranks" $?
fi

summary
