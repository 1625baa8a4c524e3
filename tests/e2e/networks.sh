#!/bin/bash
# Every network trains: 20 steps give the same losses on 1, 2 and 4 ranks, and bf16 works.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

"$UNMUSH" synth -q -o pictures --count=4 --size=160x160 || exit 1
"$UNMUSH" pairs -q -o pairs.h5 --scale=4 --tile=128 pictures || exit 1
cat >try.json <<'JSON'
{"scale": 4, "batch": 4, "crop": 8, "precision": "fp32",
 "generator": {"type": "srvgg", "features": 16, "convs": 2},
 "data": {"train": [{"pairs": "pairs.h5"}]},
 "checkpoint": {"every": 100000}, "log": {"every": 1},
 "stages": [{"name": "all", "steps": 20, "rate": 1e-4, "loss": {"l1": 1}}]}
JSON

train() { "$UNMUSH" train try.json -q --threads=1 "$@"; }

trains() { # SENTENCE OPTION...
    local sentence=$1
    shift
    rm -rf one two four half
    train -o one "$@" && train -o two --ranks=2 "$@" && train -o four --ranks=4 "$@" &&
        near_losses one two 20 && near_losses one four 20
    check "$sentence on 1, 2 and 4 ranks" $?
    train -o half 'stages[0].steps=3' precision=bf16 "$@" && [ "$(losses half | wc -l)" -eq 3 ] &&
        ! losses half | grep -qi 'nan\|inf\|null'
    check "$sentence in bf16" $?
}

for network in '"srvgg"' '"rrdb","features":8,"growth":4,"blocks":2' '"edsr","features":8,"blocks":2' \
    '"msrresnet","features":8,"blocks":2' '"span","features":8,"norm":false' \
    '"realplksr","features":8,"blocks":2,"kernel":5' \
    '"swinir","features":12,"layers":1,"depth":2,"heads":2,"picture":16,"upsampler":"pixelshuffledirect"'; do
    trains "$(echo "$network" | cut -d'"' -f2) trains" "generator={\"type\":$network}"
done
for network in '"unet","features":8' '"patch","features":8,"layers":2' '"vgg","features":8,"size":32'; do
    trains "$(echo "$network" | cut -d'"' -f2) judges" "discriminator={\"type\":$network}" 'stages[0].rate=2e-5' \
        'stages[0].loss={"l1":1,"adversarial":{"kind":"relativistic","weight":0.1}}'
done
summary
