#!/bin/bash
# `unmush pairs` from outside: the same pairs on any number of ranks and threads, and bad input.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

digest() { # STORE: of everything a reader sees
    for set in hr lr; do
        h5dump -d /$set -b LE -o "$work/bytes" "$1" >/dev/null && sha256sum <"$work/bytes"
    done
    h5dump -d /sample "$1" | tail -n +2 | sha256sum
}

same_pairs_everywhere() {
    local options="--scale=4 --tile=48 --seed=5" reference
    "$UNMUSH" pairs -q $options --threads=1 -o "$work/1.h5" "$work/pictures"
    check "pairs writes a store" $?
    reference=$(digest "$work/1.h5")
    "$UNMUSH" pairs -q $options --threads=2 -o "$work/2.h5" "$work/pictures"
    [ "$(digest "$work/2.h5")" = "$reference" ]
    check "two threads write the pairs of one" $?
    for count in 1 2 4; do
        for threads in 1 2; do
            ranks $count "$UNMUSH" pairs -q $options --threads=$threads -o "$work/2.h5" "$work/pictures"
            [ "$(digest "$work/2.h5")" = "$reference" ]
            check "$count ranks with $threads threads write the same pairs" $?
        done
    done
    ranks 4 "$UNMUSH" pairs -q --scale=2 --tile=192 -o "$work/2.h5" "$work/pictures/$(ls "$work/pictures" | head -1)" &&
        h5dump -d /hr -H "$work/2.h5" | grep -q "( 1, 192, 192, 3 )"
    check "ranks without a tile take part" $?
    h5dump -p -H -d /lr "$work/1.h5" | grep -q FLETCHER32 &&
        h5dump -p -H -d /lr "$work/1.h5" | grep -q "CHUNKED ( 1, 12, 12, 3 )"
    check "a chunk is one tile with a checksum" $?
}

bad_input() {
    mkdir "$work/small" "$work/broken"
    "$UNMUSH" synth -q -o "$work/small" --count=5 --size=40x30
    refused "pictures smaller than a tile are counted and named" 1 "(40x30), \.\.\.: 5 of 5" \
        "$UNMUSH" pairs -q --scale=4 -o "$out/a.h5" "$work/small"
    refused "two ranks refuse them in one line" 1 "(40x30), \.\.\.: 5 of 5" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 -o "$out/a.h5" "$work/small"
    cp "$work"/pictures/* "$work/broken"
    local victim
    victim=$(ls "$work/broken" | tail -1)
    head -c 5000 "$work/pictures/$victim" >"$work/broken/$victim"
    refused "a truncated picture is named" 1 "$victim" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/a.h5" "$work/broken"
    refused "a truncated picture on one rank ends all" 1 "$victim" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/a.h5" "$work/broken"
    echo old >"$out/a.h5"
    "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/a.h5" "$work/broken" 2>/dev/null
    [ "$(cat "$out/a.h5")" = old ]
    check "a failed run leaves the old store as it was" $?
    refused "a missing picture is named" 1 "absent.png" \
        "$UNMUSH" pairs -q --scale=4 -o "$out/b.h5" "$work/absent.png"
    refused "a missing output folder is named" 1 "nowhere/b.h5" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/nowhere/b.h5" "$work/pictures"
    refused "an unknown degradation is named" 1 "blurr" \
        "$UNMUSH" pairs -q --scale=4 --degrade=blurr -o "$out/b.h5" "$work/pictures"
    refused "a missing scale is wrong usage" 2 "--scale" \
        "$UNMUSH" pairs -o "$out/b.h5" "$work/pictures"
    refused "a tile that the scale does not divide is wrong usage" 2 "--tile=50" \
        "$UNMUSH" pairs --scale=4 --tile=50 -o "$out/b.h5" "$work/pictures"
}

full_disk() {
    local watched=$disk
    if ! small_disk 1500k; then
        skip "a full disk (needs root and a tmpfs)"
        return
    fi
    refused "a full disk is reported and left clean" 1 "needs .* MB, .* MB free" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$disk/a.h5" "$work/pictures"
    refused "two ranks report a full disk in one line" 1 "needs .* MB, .* MB free" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$disk/a.h5" "$work/pictures"
}

# Starts a run that takes seconds, signals it once its part file is there.
interrupted() { # SENTENCE COMMAND...
    local stopped=$work/stopped sentence=$1 pictures=()
    shift
    mkdir -p "$stopped"
    for _ in $(seq 60); do
        pictures+=("$work/pictures")
    done
    "$@" pairs -q --scale=2 --tile=8 -o "$stopped/a.h5" "${pictures[@]}" 2>"$work/err" &
    local process=$!
    for _ in $(seq 100); do
        sleep 0.05
        ls "$stopped"/*.part >/dev/null 2>&1 && break
    done
    kill -TERM $process
    wait $process
    local status=$?
    [ $status -ne 0 ] && [ -z "$(ls -A "$stopped")" ]
    check "$sentence" $?
    rm -rf "$stopped"
}

mkdir "$work/pictures"
"$UNMUSH" synth -q -o "$work/pictures" --count=6 --size=250x200 --seed=1
if command -v h5dump >/dev/null; then
    same_pairs_everywhere
else
    skip "the same pairs on any ranks (needs h5dump)"
fi
bad_input
full_disk
interrupted "an interrupted run leaves nothing behind" "$UNMUSH"
interrupted "interrupted ranks leave nothing behind" $launcher 2 "$UNMUSH"
summary
