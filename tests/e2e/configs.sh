#!/bin/bash
# Every config in configs/ trains: two steps of every stage, on small crops of procedural pictures.
. "$(dirname "$0")/lib.sh"
configs=$(cd "$here/../../configs" && pwd)
cd "$work" || exit 1

"$UNMUSH" synth -q -o photos --count=6 --size=224x224 || exit 1

# What makes a config small: few steps, samples and channels, pictures that are there. VGG19's weights
# are not: its loss is left out.
trains() {
    local name=$1 file="$configs/$1.json" options=(batch=2 crop=16 checkpoint.every=100000) i=0
    shift
    while [ $i -lt "$(grep -c '"steps"' "$file")" ]; do
        options+=("stages[$i].steps=2")
        if grep -q '"perceptual"' "$file" && [ $i = 1 ]; then
            options+=('stages[1].loss.perceptual.weight=0')
        fi
        i=$((i + 1))
    done
    grep -q '"pairs"' "$file" && options+=('data.train=[{"hr":"photos","degrade":"bicubic"}]')
    grep -q '"weights": "runs' "$file" && options+=("generator.weights=runs/l1/model.safetensors")
    grep -q "\"type\": \"vgg\"" "$file" && options+=(crop=32)
    "$UNMUSH" train "$file" "${options[@]}" -o "runs/$name" --threads=2 "$@" >"$name.out" 2>&1 ||
        { tail -n 3 "$name.out"; return 1; }
    [ -f "runs/$name/model.safetensors" ]
}

trains l1 'stages[0].steps=2'
check "l1 trains" $?
for file in "$configs"/*.json; do
    name=$(basename "$file" .json)
    [ "$name" = l1 ] && continue
    trains "$name"
    check "$name trains" $?
done
for scale in 2 3; do
    for name in fidelity-small balanced-medium texture-small; do
        rm -rf "runs/$name"
        trains "$name" scale=$scale
        check "$name trains at scale $scale" $?
    done
done
summary
