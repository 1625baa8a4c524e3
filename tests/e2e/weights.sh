#!/bin/bash
# unmush weights: listing and fetching published weights, from a server of this test's own.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

if ! command -v node >/dev/null; then
    skip "weights are fetched from a server (needs node)"
    summary
    exit
fi

try() { # SENTENCE COMMAND...
    local sentence=$1 status
    shift
    "$@" >tried 2>&1
    status=$?
    [ $status -eq 0 ] || tail -n 5 tried
    check "$sentence" $status
}

# Files of the right names and sizes; where the published ones are there, with the right content.
mkdir served
for net in alex vgg squeeze; do
    head -c 6009 /dev/zero >served/lpips-v0.1-$net.pth
    if has_shared weights/lpips-v0.1-$net.pth; then
        cp "$UNMUSH_SHARED/weights/lpips-v0.1-$net.pth" served
        chmod u+w served/lpips-v0.1-$net.pth
    fi
done
: >asked
node "$here/weights_server.js" served asked >port &
server=$!
trap 'kill $server 2>/dev/null; clean_up' EXIT
for _ in $(seq 100); do [ -s port ] && break; sleep 0.05; done
base=http://127.0.0.1:$(cat port)
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY UNMUSH_WEIGHTS_MIRROR
export UNMUSH_CACHE=$work/cache no_proxy=127.0.0.1

weights() {
    "$UNMUSH" weights "$@"
}

# What is there of an entry, as the list tells it.
state() { # NAME
    weights list --json "$1" | grep -oE '"state":[[:space:]]*"[a-z]*"' | grep -oE '[a-z]*"$' | tr -d '"'
}

is() { # STATE NAME...
    local wanted=$1 name
    shift
    for name in "$@"; do
        [ "$(state "$name")" = "$wanted" ] || { echo "$name is $(state "$name")"; return 1; }
    done
}

no_parts() {
    ! ls "$UNMUSH_CACHE"/*.part 2>/dev/null
}

lists_all() {
    weights list >listed || return 1
    cat listed
    for name in vgg19 vgg16 alexnet squeezenet1_1 lpips-v0.1-alex lpips-v0.1-vgg lpips-v0.1-squeeze \
        dists-weights; do
        grep -qE "^$name +[0-9.]+ [kM]B +no .*(BSD|MIT)" listed || return 1
    done
    grep -q "^weights in $UNMUSH_CACHE" listed && grep -q 'https://download.pytorch.org/models/vgg19' listed
}

try "the list names every file, its size, its licence and where it comes from" lists_all
try "a list makes no folder" test ! -e cache
refused "weights that are not known are answered with the nearest name" 2 'did you mean lpips-alex?' \
    "$UNMUSH" weights fetch lpips-alexx
refused "a fetch of nothing is wrong usage" 2 'weights list' "$UNMUSH" weights fetch
refused "list and fetch are all there is" 2 'list or fetch, not get' "$UNMUSH" weights get vgg19

watched=$work/cache
mkdir cache
refused "what a server does not have is named with its answer" 1 "$base/none/vgg19-dcbb9e9d.pth: .*404" \
    "$UNMUSH" weights fetch -q vgg19 --from="$base/none"
refused "without a network the address is named" 1 'nowhere.invalid/lpips-v0.1-alex.pth: .*resolve' \
    "$UNMUSH" weights fetch -q lpips-v0.1-alex --from=http://nowhere.invalid
refused "a file with the wrong hash is deleted, and both hashes named" 1 \
    'lpips-v0.1-alex.pth: from .* SHA-256 is [0-9a-f]\{64\}, not df73285e35b22355.*deleted' \
    "$UNMUSH" weights fetch -q lpips-v0.1-alex --from="$base/wrong"
refused "redirections without end are given up" 1 'loop/lpips-v0.1-alex.pth: .*redirects' \
    "$UNMUSH" weights fetch -q lpips-v0.1-alex --from="$base/loop"
refused "a folder that cannot be made is named" 1 'port: cannot make the folder: Not a directory' \
    env UNMUSH_CACHE="$work/port/weights" "$UNMUSH" weights fetch -q vgg19 --from="$base/none"
unset watched

stalls() {
    weights fetch -q lpips-v0.1-alex --from="$base/stall" --stall=1 2>stalled && return 1
    cat stalled
    [ "$(wc -l <stalled)" -eq 1 ] && grep -q 'are here, and the same command goes on: .*too slow' stalled &&
        is part lpips-v0.1-alex && [ "$(stat -c %s cache/lpips-v0.1-alex.pth.part)" -eq 1000 ] &&
        weights list | grep -q '^lpips-v0.1-alex .* part, 17 %'
}
try "a server that stalls is given up, what came stays, and the list shows how much" stalls
rm cache/*.part

no_room() {
    : >asked
    UNMUSH_CACHE=$disk/cache weights fetch -q lpips-v0.1-squeeze --from="$base/good" 2>full && return 1
    cat full
    [ "$(wc -l <full)" -eq 1 ] && grep -q 'MB are free' full && [ ! -s asked ] && [ -z "$(ls "$disk/cache")" ]
}
if small_disk 8k; then
    try "a disk without room is told before anything is asked for" no_room
else
    skip "a disk without room is told before anything is asked for (needs a mount)"
fi

measures_nothing() {
    expect_failure 1 "$UNMUSH_CACHE: LPIPS alex lacks alexnet.*.unmush weights fetch lpips-alex. gets" \
        "$UNMUSH" eval -q -o "$out/report" --scale=4 --hr=pictures --weights=cache
}
"$UNMUSH" synth -q -o pictures --count=1 --size=64x64
try "eval without the weights it is to use names the command that gets them" measures_nothing

if ! has_shared weights/lpips-v0.1-squeeze.pth; then
    skip "files arrive whole (needs the shared weights)"
    summary
    exit
fi

# What was asked for since the log was emptied.
asked_only() { # LINE...
    printf '%s\n' "$@" | cmp - asked || { cat asked; return 1; }
}

arrives() { # BEHAVIOUR NAME
    : >asked
    weights fetch -q "$2" --from="$base/$1" && is whole "$2" && no_parts &&
        cmp "served/$2.pth" "cache/$2.pth"
}

arrives_resumed() {
    "$UNMUSH" weights fetch -q lpips-v0.1-squeeze --from="$base/slow" &
    local pid=$! bytes
    until [ "$(stat -c %s cache/lpips-v0.1-squeeze.pth.part 2>/dev/null || echo 0)" -ge 1500 ]; do sleep 0.02; done
    kill -s KILL $pid
    wait $pid
    is part lpips-v0.1-squeeze || return 1
    bytes=$(stat -c %s cache/lpips-v0.1-squeeze.pth.part)
    arrives good lpips-v0.1-squeeze && asked_only "GET /good/lpips-v0.1-squeeze.pth bytes=$bytes-"
}

arrives_without_ranges() {
    head -c 3000 served/lpips-v0.1-vgg.pth >cache/lpips-v0.1-vgg.pth.part
    arrives whole lpips-v0.1-vgg && asked_only "GET /whole/lpips-v0.1-vgg.pth bytes=3000-"
}

# A part of another file.
arrives_in_spite() {
    head -c 3000 served/lpips-v0.1-squeeze.pth | tr '\0-\377' '\1-\377\0' >cache/lpips-v0.1-vgg.pth.part
    rm -f cache/lpips-v0.1-vgg.pth
    arrives good lpips-v0.1-vgg &&
        asked_only "GET /good/lpips-v0.1-vgg.pth bytes=3000-" "GET /good/lpips-v0.1-vgg.pth -"
}

asks_nothing() {
    : >asked
    weights fetch lpips-v0.1-squeeze --from="$base/good" && [ ! -s asked ]
}

is_replaced() {
    printf x | dd of=cache/lpips-v0.1-alex.pth bs=1 seek=100 conv=notrunc status=none
    is damaged lpips-v0.1-alex && arrives good lpips-v0.1-alex
}

arrives_from_elsewhere() {
    rm cache/lpips-v0.1-alex.pth
    arrives away lpips-v0.1-alex &&
        asked_only "GET /away/lpips-v0.1-alex.pth -" "GET /good/lpips-v0.1-alex.pth -"
}

two_at_once() {
    rm -f cache/lpips-v0.1-alex.pth
    : >asked
    weights fetch -q lpips-v0.1-alex --from="$base/slow" &
    local first=$!
    weights fetch -q lpips-v0.1-alex --from="$base/slow" && wait $first &&
        asked_only "GET /slow/lpips-v0.1-alex.pth -" && is whole lpips-v0.1-alex && no_parts
}

by_mirror() {
    rm -f cache/lpips-v0.1-alex.pth
    UNMUSH_WEIGHTS_MIRROR=$base/good/ weights fetch -q lpips-v0.1-alex && is whole lpips-v0.1-alex
}

by_proxy() {
    rm -f cache/lpips-v0.1-alex.pth
    : >asked
    http_proxy=$base weights fetch -q lpips-v0.1-alex --from=http://nowhere.invalid/good &&
        is whole lpips-v0.1-alex && asked_only "GET http://nowhere.invalid/good/lpips-v0.1-alex.pth -"
}

# The linear weights are there; the backbone is not to be had: one line, and they stay.
group_fails() {
    expect_failure 1 'alexnet-owt-7be5be79.pth: .*404' \
        "$UNMUSH" weights fetch -q lpips-alex --from="$base/good" && is whole lpips-v0.1-alex
}

fetches_json() {
    weights fetch -q --json lpips-v0.1-alex lpips-v0.1-vgg --from="$base/good" >fetched &&
        node -e 'const files = JSON.parse(require("fs").readFileSync("fetched")).files;
            process.exit(files.length === 2 && files.every(f => f.state === "whole" && f.licence) ? 0 : 1)'
}

try "a file arrives whole" arrives good lpips-v0.1-alex
try "a fetch that is killed goes on where it was: only the rest is asked for" arrives_resumed
try "a server that sends no ranges is taken the whole from" arrives_without_ranges
try "a part of something else is noticed and fetched again" arrives_in_spite
try "what is there is not asked for again" asks_nothing
try "a damaged file is listed as such and replaced" is_replaced
try "redirections are followed" arrives_from_elsewhere
try "two fetches at once ask once and both succeed" two_at_once
try "a mirror can be named once for all" by_mirror
try "a proxy of the environment is used" by_proxy
try "a group of which one file is not to be had says which, and keeps the others" group_fails
try "what was fetched is told as JSON" fetches_json

summary
