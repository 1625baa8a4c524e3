#!/bin/bash
# `unmush pairs` from outside: the same pairs on any number of ranks and threads, and bad input.
# UNMUSH is the program to test. Prints "ok", "not ok" or "skip" and a sentence for each check.
set -u
UNMUSH=${UNMUSH:?set UNMUSH to the program to test}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
passed=0 failed=0 skipped=0
work=$(mktemp -d)
disk=$work/disk
trap 'mountpoint -q "$disk" && umount "$disk"; rm -rf "$work"' EXIT

check() { # SENTENCE STATUS
    if [ "$2" -eq 0 ]; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "not ok $1"
        failed=$((failed + 1))
    fi
}

skip() {
    echo "skip $1"
    skipped=$((skipped + 1))
}

# In the foreground, because mpirun gives up its ranks at a second signal to its process group.
launcher="timeout --foreground 120 mpirun --oversubscribe --bind-to none -n"
ranks() { # N COMMAND...
    $launcher "$@"
}

# Runs a command that must fail with STATUS, one line naming TEXT, and no new file in FOLDER.
refused() { # SENTENCE STATUS TEXT FOLDER COMMAND...
    local sentence=$1 status=$2 text=$3 folder=$4 before after
    shift 4
    before=$(ls -A "$folder")
    "$@" >"$work/out" 2>"$work/err"
    local result=$?
    after=$(ls -A "$folder")
    # mpirun adds its own remarks: only the program's lines are counted.
    [ $result -eq "$status" ] && [ "$(grep -c '^unmush: ' "$work/err")" -eq 1 ] &&
        grep -q -- "$text" "$work/err" && [ "$before" = "$after" ]
    check "$sentence" $?
    [ "$before" = "$after" ] && grep -q -- "$text" "$work/err" || cat "$work/err"
}

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
    local out=$work/bad
    mkdir "$out" "$work/small" "$work/broken"
    "$UNMUSH" synth -q -o "$work/small" --count=5 --size=40x30
    refused "pictures smaller than a tile are counted and named" 1 "(40x30), \.\.\.: 5 of 5" "$out" \
        "$UNMUSH" pairs -q --scale=4 -o "$out/a.h5" "$work/small"
    refused "two ranks refuse them in one line" 1 "(40x30), \.\.\.: 5 of 5" "$out" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 -o "$out/a.h5" "$work/small"
    cp "$work"/pictures/* "$work/broken"
    local victim
    victim=$(ls "$work/broken" | tail -1)
    head -c 5000 "$work/pictures/$victim" >"$work/broken/$victim"
    refused "a truncated picture is named" 1 "$victim" "$out" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/a.h5" "$work/broken"
    refused "a truncated picture on one rank ends all" 1 "$victim" "$out" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/a.h5" "$work/broken"
    echo old >"$out/a.h5"
    "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/a.h5" "$work/broken" 2>/dev/null
    [ "$(cat "$out/a.h5")" = old ]
    check "a failed run leaves the old store as it was" $?
    refused "a missing picture is named" 1 "absent.png" "$out" \
        "$UNMUSH" pairs -q --scale=4 -o "$out/b.h5" "$work/absent.png"
    refused "a missing output folder is named" 1 "nowhere/b.h5" "$out" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$out/nowhere/b.h5" "$work/pictures"
    refused "an unknown degradation is named" 1 "blurr" "$out" \
        "$UNMUSH" pairs -q --scale=4 --degrade=blurr -o "$out/b.h5" "$work/pictures"
    refused "a missing scale is wrong usage" 2 "--scale" "$out" \
        "$UNMUSH" pairs -o "$out/b.h5" "$work/pictures"
    refused "a tile that the scale does not divide is wrong usage" 2 "--tile=50" "$out" \
        "$UNMUSH" pairs --scale=4 --tile=50 -o "$out/b.h5" "$work/pictures"
}

full_disk() {
    mkdir "$disk"
    if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=1500k tmpfs "$disk" 2>/dev/null; then
        skip "a full disk (needs root and a tmpfs)"
        return
    fi
    refused "a full disk is reported and left clean" 1 "needs .* MB, .* MB free" "$disk" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$disk/a.h5" "$work/pictures"
    refused "two ranks report a full disk in one line" 1 "needs .* MB, .* MB free" "$disk" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$disk/a.h5" "$work/pictures"
    umount "$disk"
}

# Starts a run that takes seconds, signals it once its part file is there.
interrupted() { # SENTENCE COMMAND...
    local out=$work/stopped sentence=$1 pictures=()
    shift
    mkdir -p "$out"
    for _ in $(seq 60); do
        pictures+=("$work/pictures")
    done
    "$@" pairs -q --scale=2 --tile=8 -o "$out/a.h5" "${pictures[@]}" 2>"$work/err" &
    local process=$!
    for _ in $(seq 100); do
        sleep 0.05
        ls "$out"/*.part >/dev/null 2>&1 && break
    done
    kill -TERM $process
    wait $process
    local status=$?
    [ $status -ne 0 ] && [ -z "$(ls -A "$out")" ]
    check "$sentence" $?
    rm -rf "$out"
}

start_up() {
    if ldd "$UNMUSH" | grep -q libasan; then
        skip "start-up time (sanitizers are on)"
        return
    fi
    local best=1000000 began took
    for _ in $(seq 30); do
        began=${EPOCHREALTIME/[.,]/}
        "$UNMUSH" pairs --help >/dev/null
        took=$((${EPOCHREALTIME/[.,]/} - began))
        best=$((took < best ? took : best))
    done
    [ $best -lt 20000 ]
    check "pairs starts in under 20 ms ($best us)" $?
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
start_up
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
