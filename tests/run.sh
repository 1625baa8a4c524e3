#!/usr/bin/env bash
# Builds and runs the tests; ends with "N passed, N failed, N skipped".
#   tests/run.sh [--all] [NAME...]    --all: the long ones too (sanitizers, kills, a thousand replays)
# NAME: only test programs or scripts whose name contains it (test_core, e2e/pairs, ...).
# Photographs and oracle values for some tests are looked for in ../shared or $UNMUSH_SHARED.
set -uo pipefail
cd "$(dirname "$0")/.."

all=no names=()
for argument in "$@"; do
    case $argument in
    --all) all=yes ;;
    -*) echo "tests/run.sh: unknown option $argument" >&2; exit 2 ;;
    *) names+=("$argument") ;;
    esac
done

./setup.sh --tests || exit 1
export UNMUSH="$PWD/build/unmush" UNMUSH_BUILD="$PWD/build" UNMUSH_LONG=$all
export UNMUSH_SHARED="${UNMUSH_SHARED:-$PWD/../shared}"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# Threads that wait turning round take the processors from other programs, and from the next test's ranks.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

passed=0 failed=0 skipped=0 broken=()
log=$(mktemp) && trap 'rm -f "$log"' EXIT

wanted() {
    [ ${#names[@]} -gt 0 ] || return 0
    local name
    for name in "${names[@]}"; do [[ $1 == *"$name"* ]] && return 0; done
    return 1
}

# Runs one program that ends with "N passed, N failed, N skipped" and adds its counts.
count() {
    local title=$1 began=$SECONDS status last
    shift
    wanted "$title" || return 0
    "$@" >"$log" 2>&1
    status=$?
    last=$(tail -n 1 "$log") # mpirun and sanitizers may speak before it, never after
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
        skipped=$((skipped + BASH_REMATCH[3]))
    else
        last="ended without a count (exit status $status)"
        failed=$((failed + 1)) status=1
    fi
    printf '%-24s %s (%d s)\n' "$title" "$last" $((SECONDS - began))
    grep -E '^skip' "$log" | sed 's/^/    /'
    [ $status = 0 ] || { broken+=("$title"); grep -v '^ok ' "$log" | sed 's/^/    /'; }
}

for program in build/test_*; do
    [ -x "$program" ] && [ -f "$program" ] && count "$(basename "$program")" "$program"
done
for script in tests/e2e/*.sh; do
    [ "$(basename "$script")" = lib.sh ] || count "e2e/$(basename "$script" .sh)" bash "$script"
done
if [ $all = yes ]; then
    ./setup.sh --debug || exit 1
    # The leak checker trips over libtorch's thread-local storage without intercept_tls_get_addr=0.
    export ASAN_OPTIONS=intercept_tls_get_addr=0 UBSAN_OPTIONS=halt_on_error=1
    for program in build-debug/test_*; do
        [ -x "$program" ] && [ -f "$program" ] && count "debug/$(basename "$program")" "$program"
    done
fi

if [ $((passed + failed + skipped)) = 0 ]; then
    echo "tests/run.sh: no test is called ${names[*]:-anything}" >&2
    failed=1
fi
[ ${#broken[@]} = 0 ] || echo "failed: ${broken[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ ${#broken[@]} = 0 ]
