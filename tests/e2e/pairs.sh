#!/bin/bash
# `unmush pairs` from outside: the same pairs on any number of ranks and threads, and bad input.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

presets() {
    "$UNMUSH" pairs --help | sed -n '/^presets:/,/^$/s/^  \([a-z0-9-]*\) .*/\1/p'
}

# The long tests run every combination for every preset, the short ones for the first.
same_store_everywhere() { # DEGRADATION
    local options="--scale=4 --tile=48 --seed=5 --degrade=$1" count threads
    "$UNMUSH" pairs -q $options --threads=1 -o "$work/1.h5" "$work/pictures"
    check "pairs writes a store ($1)" $?
    "$UNMUSH" pairs -q $options --threads=2 -o "$work/2.h5" "$work/pictures"
    cmp "$work/1.h5" "$work/2.h5"
    check "two threads write the file of one ($1)" $?
    for count in 1 2 4; do
        for threads in 1 2; do
            [ "$UNMUSH_LONG" = yes ] || [ $((count * threads)) = 4 ] || continue
            [ "$UNMUSH_LONG" = yes ] || [ "$1" = bicubic ] || [ $count = 2 ] || continue
            ranks $count "$UNMUSH" pairs -q $options --threads=$threads -o "$work/2.h5" "$work/pictures"
            cmp "$work/1.h5" "$work/2.h5"
            check "$count ranks with $threads threads write the same file ($1)" $?
        done
    done
}

structure() {
    ranks 4 "$UNMUSH" pairs -q --scale=2 --tile=192 -o "$work/2.h5" "$work/pictures/$(ls "$work/pictures" | head -1)" &&
        h5dump -d /hr -H "$work/2.h5" | grep -q "( 1, 192, 192, 3 )"
    check "ranks without a tile take part" $?
    "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$work/2.h5" "$work/pictures"
    h5dump -p -H -d /lr "$work/2.h5" | grep -q FLETCHER32 &&
        h5dump -p -H -d /lr "$work/2.h5" | grep -q "CHUNKED ( 1, 12, 12, 3 )" &&
        h5dump -d /hr -o "$work/bytes" "$work/2.h5" >/dev/null
    check "a chunk is one tile with a checksum that HDF5 finds right" $?
}

# Every LR tile follows from its HR tile and what /sample tells; one that was altered is found.
replay() { # DEGRADATION
    local count=20 step=32 store=$work/replay.h5
    [ "$UNMUSH_LONG" = yes ] && count=1000 step=14
    "$UNMUSH" pairs -q --scale=4 --tile=32 --step=$step --degrade="$1" -o "$store" "$work/pictures"
    "$UNMUSH" pairs --replay "$store" --index=random:$count | grep -q "^$count of [0-9]* tiles are made again"
    check "$count tiles are made again bit for bit ($1)" $?
}

replay_of_one() {
    local store=$work/one.h5
    "$UNMUSH" pairs -q --scale=4 --tile=48 --depth=16 -o "$store" "$work/pictures"
    "$UNMUSH" pairs -q --replay "$store" --index=7 -o "$work/lr.png"
    check "a tile of 16 bits is made again and written" $?
    "$UNMUSH" pairs --replay "$store" --json | grep -q '"replayed":120'
    check "without --index all are made again" $?
    refused "a tile that is not there is wrong usage" 2 "one.h5: --index=120: tiles are 0 to 119" \
        "$UNMUSH" pairs -q --replay "$store" --index=120
}

selection() {
    local options="--scale=4 --tile=32 --step=24 --texture=6 --flat=0.2 --most=100 --seed=3"
    "$UNMUSH" pairs -q $options -o "$work/1.h5" "$work/pictures"
    "$UNMUSH" info "$work/1.h5" | grep -q '/hr uint8 \[100,32,32,3\]'
    check "as many tiles as wanted are kept" $?
    ranks 3 "$UNMUSH" pairs -q $options -o "$work/2.h5" "$work/pictures"
    cmp "$work/1.h5" "$work/2.h5"
    check "three ranks select the tiles of one" $?
}

real_pairs() {
    mkdir "$work/small_ones"
    cp "$work"/pictures/* "$work/small_ones"
    "$UNMUSH" pairs -q --scale=1 --tile=48 --lr="$work/small_ones" -o "$work/1.h5" "$work/pictures"
    check "pictures that are already paired become a store" $?
    ranks 2 "$UNMUSH" pairs -q --scale=1 --tile=48 --lr="$work/small_ones" -o "$work/2.h5" "$work/pictures"
    cmp "$work/1.h5" "$work/2.h5"
    check "two ranks make the same store of them" $?
    refused "there is nothing to replay in it" 1 "1.h5: its pairs are real" \
        "$UNMUSH" pairs --replay "$work/1.h5"
    refused "paired pictures of another scale are all named" 1 "6 of 6 pictures do not fit scale 2" \
        "$UNMUSH" pairs -q --scale=2 --tile=48 --lr="$work/small_ones" -o "$out/a.h5" "$work/pictures"
    refused "--lr and --degrade exclude each other" 2 "exclude each other" \
        "$UNMUSH" pairs -q --scale=2 --lr="$work/small_ones" --degrade=bicubic -o "$out/a.h5" "$work/pictures"
}

show() {
    "$UNMUSH" pairs --show 5 -o "$work/sheet.png" --scale=4 --tile=64 "$work/pictures" |
        grep -q "^5 pairs: .*sheet.png, [0-9]*x[0-9]* pixels"
    check "a contact sheet of pictures is drawn" $?
    "$UNMUSH" pairs -q --scale=4 --tile=64 -o "$work/1.h5" "$work/pictures"
    "$UNMUSH" pairs -q --show=5 --seed=2 -o "$work/sheet2.png" "$work/1.h5" &&
        ! cmp -s "$work/sheet.png" "$work/sheet2.png"
    check "a contact sheet of a store is drawn" $?
    "$UNMUSH" pairs --show=500 --json -o "$work/sheet2.png" "$work/1.h5" | grep -q '"pairs":54,'
    check "a contact sheet shows at most what there is" $?
    refused "a contact sheet needs a name" 2 "--show needs -o" "$UNMUSH" pairs --show=5 "$work/1.h5"
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
    echo '{"steps": [{"video": {}}, {"resize": {"of": "lr"}}]}' >"$work/video.json"
    refused "video without its library says what to install" 1 "video needs libavcodec .*install libavcodec-dev" \
        env UNMUSH_VIDEO_LIBRARY="$work/none.so" "$UNMUSH" pairs -q --scale=4 --tile=48 --degrade="$work/video.json" -o "$out/b.h5" "$work/pictures"
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
    refused "too little space is told before anything is written" 1 "needs .* MB, .* MB free" \
        "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$disk/a.h5" "$work/pictures"
    refused "two ranks tell it in one line" 1 "needs .* MB, .* MB free" \
        ranks 2 "$UNMUSH" pairs -q --scale=4 --tile=48 -o "$disk/a.h5" "$work/pictures"
    small_disk 300m
    for count in 1 2; do
        disk_that_fills $count
        rm -f "$disk"/*.h5
    done
}

# Somebody else fills the disk as soon as the first parts are there.
disk_that_fills() { # RANKS
    local run=("$UNMUSH") status process attempt
    [ "$1" = 1 ] || run=($launcher "$1" "$UNMUSH")
    for attempt in $attempts; do
        "${run[@]}" pairs -q $many_options -o "$disk/a.h5" "${many[@]}" 2>"$work/err" &
        process=$!
        wait_for_parts "$disk"
        fallocate -l "$(($(df --output=avail -B1 "$disk" | tail -1) * 9 / 10))" "$disk/filler"
        dd if=/dev/zero of="$disk/more" bs=64k 2>/dev/null
        wait $process
        status=$?
        [ $status -eq 0 ] || break
        rm -f "$disk"/*
    done
    [ $status -eq 1 ] && [ ! -e "$disk/a.h5" ] && [ -d "$disk/a.h5.parts" ] &&
        [ "$(grep -c '^unmush: ' "$work/err")" = 1 ] && grep -q "the same command goes on" "$work/err"
    check "a disk that fills up stops $1 rank(s) with one line" $?
    rm -f "$disk/filler" "$disk/more"
    "$UNMUSH" pairs $many_options -o "$disk/a.h5" "${many[@]}" 2>"$work/err" >/dev/null
    grep -q "^resuming: [1-9][0-9]* of $many_count pairs are there" "$work/err" &&
        cmp "$disk/a.h5" "$work/many.h5" && [ ! -e "$disk/a.h5.parts" ]
    check "with room again the same command goes on, after $1 rank(s)" $?
}

# On a busy machine a run may be over before it is disturbed: then once more.
attempts="1 2 3 4 5"

wait_for_parts() { # FOLDER [RUN]
    for _ in $(seq 200); do
        [ -n "$(find "$1" -name "*${2:-1}-*.part" -size +100k)" ] && break
        sleep 0.02
    done
}

# A run that takes a second or two, and what it should leave.
long_run() {
    local began=$EPOCHREALTIME
    for _ in $(seq 16); do
        many+=("$work/pictures")
    done
    "$UNMUSH" pairs -q $many_options -o "$work/many.h5" "${many[@]}"
    many_micros=$((${EPOCHREALTIME/./} - ${began/./}))
    many_count=$("$UNMUSH" info "$work/many.h5" | sed -n 's/.*\/hr uint8 \[\([0-9]*\),.*/\1/p')
}

# Waits for a launcher, but not for ever: OpenMPI 4's now and then waits for itself after a rank was killed.
launcher_ends() { # PROCESS
    local watch status
    { sleep 60; kill -9 "$1"; } >/dev/null 2>&1 &
    watch=$!
    wait "$1" 2>/dev/null
    status=$?
    pkill -P $watch 2>/dev/null
    kill $watch 2>/dev/null
    wait $watch 2>/dev/null
    return $status
}

# Stops a run, which must leave no store or the whole one; the same command must complete it.
stopped() { # SENTENCE SIGNAL RANKS [ATTEMPT]
    local folder=$work/stopped run=("$UNMUSH") process victim
    mkdir "$folder"
    [ "$3" = 1 ] || run=(mpirun --oversubscribe --bind-to none -n "$3" "$UNMUSH")
    "${run[@]}" pairs -q $many_options -o "$folder/a.h5" "${many[@]}" 2>"$work/err" &
    process=$! victim=$!
    if [ "$2" = TERM ]; then
        wait_for_parts "$folder"
        # As Slurm does; mpirun passes the signal on only after a second.
        [ "$3" = 1 ] || victim=$(pgrep -P $process -x unmush)
    else
        sleep "$(((RANDOM * 32768 + RANDOM) % (many_micros * $3) / 1000000)).$(printf %06d $((RANDOM * 30)))"
        # One of the ranks or, now and then, the launcher.
        [ "$3" = 1 ] || [ $((RANDOM % 3)) = 0 ] || victim=$(pgrep -P $process -x unmush | tail -1)
    fi
    kill -"$2" ${victim:-$process} 2>/dev/null
    launcher_ends $process
    local status=$? good=0
    if [ "$2" = TERM ] && [ $status -eq 0 ] && [ "${4:-1}" -lt 5 ]; then
        rm -rf "$folder"
        stopped "$1" "$2" "$3" $((${4:-1} + 1))
        return
    fi
    [ -e "$folder/a.h5" ] && { cmp "$folder/a.h5" "$work/many.h5" || good=1; }
    if [ "$2" = TERM ]; then
        [ $status -ne 0 ] && [ ! -e "$folder/a.h5" ] &&
            [ "$(grep -c '^unmush: .*interrupted; the same command resumes' "$work/err")" = 1 ] || good=1
    fi
    "$UNMUSH" pairs -q $many_options -o "$folder/a.h5" "${many[@]}" &&
        cmp "$folder/a.h5" "$work/many.h5" && [ "$(ls -A "$folder")" = a.h5 ] || good=1
    check "$1" $good
    rm -rf "$folder"
}

kills() {
    local moments=4
    [ "$UNMUSH_LONG" = yes ] && moments=20
    for moment in $(seq $moments); do
        stopped "a run of $((moment % 2 + 1)) rank(s) killed at moment $moment resumes" KILL $((moment % 2 + 1))
    done
}

# Parts of two interrupted ranks, gone on with by four, then by three.
other_ranks() {
    local folder=$work/ranks
    local run attempt
    for attempt in $attempts; do
        rm -rf "$folder"
        mkdir "$folder"
        for run in 1 2; do
            mpirun --oversubscribe --bind-to none -n $((2 * run)) \
                "$UNMUSH" pairs -q $many_options -o "$folder/a.h5" "${many[@]}" 2>/dev/null &
            wait_for_parts "$folder" $run
            kill -TERM $(pgrep -P $! -x unmush) 2>/dev/null
            launcher_ends $!
        done
        [ ! -d "$folder/a.h5.parts" ] || break
    done
    refused "parts of another command are refused" 1 "a.h5.parts: holds what another command has made" \
        "$UNMUSH" pairs -q $many_options --seed=99 -o "$folder/a.h5" "${many[@]}"
    ranks 3 "$UNMUSH" pairs -q $many_options -o "$folder/a.h5" "${many[@]}"
    cmp "$folder/a.h5" "$work/many.h5"
    check "parts of any number of ranks make the same file" $?
    rm -rf "$folder"
}

# Every kind of bad picture, all named at once.
check_pictures() {
    local folder=$work/checked
    mkdir "$folder" "$folder/lr"
    "$UNMUSH" synth -q -o "$folder" --count=3 --size=250x200 --seed=7
    "$UNMUSH" pairs --check --tile=128 "$folder"/*.png >"$work/stdout" && grep -q "^3 pictures, none of them bad" "$work/stdout"
    check "good pictures are found good" $?
    set -- "$folder"/*.png
    cp "$1" "$folder/twice.png"
    head -c 3000 "$2" >"$folder/torn.png"
    "$UNMUSH" pairs --check --tile=240 "$folder"/*.png >"$work/stdout" 2>"$work/stderr"
    [ $? = 1 ] && grep -q "^unmush: 5 of 5 pictures are bad" "$work/stderr" && [ "$(wc -l <"$work/stdout")" = 5 ] &&
        grep -q "torn.png: truncated PNG" "$work/stdout" && grep -q "smaller than a tile of 240" "$work/stdout" &&
        grep -q "twice.png: .*the same pixels as" "$work/stdout"
    check "bad pictures are all named, with every reason" $?
    cp "$1" "$folder/lr/"
    "$UNMUSH" pairs --check --tile=64 --scale=2 --lr="$folder/lr" "$1" "$2" >"$work/stdout" 2>/dev/null
    [ $? = 1 ] && grep -q "250x200 is not 2 times the 250x200" "$work/stdout" && grep -q "no picture of this stem" "$work/stdout"
    check "pairs of the wrong scale are named" $?
    "$UNMUSH" pairs -q --scale=2 --tile=64 -o "$folder/a.h5" "$1" "$1" &&
        "$UNMUSH" pairs --check --json "$folder/a.h5" >"$work/stdout" 2>/dev/null
    [ $? = 1 ] && grep -q '"checked":18,"bad":\[{"name":"[^"]*a.h5: tile 9","reasons":"[^"]*the same pixels as' "$work/stdout"
    check "a store's tiles are checked" $?
    refused "--check of nothing is wrong usage" 2 "--check needs" "$UNMUSH" pairs --check
}

mkdir "$work/pictures"
"$UNMUSH" synth -q -o "$work/pictures" --count=6 --size=250x200 --seed=1
many=() many_options="--scale=2 --tile=8" many_micros=0 many_count=0
for preset in $(presets); do
    same_store_everywhere "$preset"
    replay "$preset"
done
if command -v h5dump >/dev/null; then
    structure
else
    skip "the structure that others see (needs h5dump)"
fi
replay_of_one
selection
real_pairs
show
check_pictures
bad_input
long_run
full_disk
stopped "an interrupted run resumes" TERM 1
stopped "interrupted ranks resume" TERM 2
other_ranks
kills
summary
