# Shared by the end-to-end scripts, which source it, check things and end with `summary`.
#   UNMUSH         the program to test
#   UNMUSH_SHARED  folder of photographs, weights and oracle values; default ../shared
#   UNMUSH_BUILD   its build folder; default: where UNMUSH lies
#   UNMUSH_LONG    yes: the long checks too
# Scratch files go to $work, which is removed at the end; $out is an empty folder below it.
set -u
UNMUSH=$(realpath "${UNMUSH:?set UNMUSH to the program to test}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
UNMUSH_SHARED=${UNMUSH_SHARED:-$here/../../../shared}
UNMUSH_BUILD=${UNMUSH_BUILD:-$(cd "$(dirname "$UNMUSH")" && pwd)}
UNMUSH_LONG=${UNMUSH_LONG:-no}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
passed=0 failed=0 skipped=0
work=$(mktemp -d)
out=$work/output disk=$work/disk
mkdir "$out"

clean_up() {
    mountpoint -q "$disk" && umount "$disk"
    rm -rf "$work"
}
trap clean_up EXIT

child_of() { # PID: a process that it started
    grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null | tail -1 | cut -d/ -f3
}

check() { # SENTENCE STATUS
    if [ "$2" -eq 0 ]; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "not ok $1"
        failed=$((failed + 1))
    fi
}

skip() { # SENTENCE
    echo "skip $1"
    skipped=$((skipped + 1))
}

# ONNX Runtime for Node, kept in the build folder. 0 if it is there.
onnx_runtime() {
    local folder=$UNMUSH_BUILD/onnx-runtime
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    if ! [ -e "$folder/node_modules/.package-lock.json" ]; then
        mkdir -p "$folder" && cp "$here"/../onnx/package*.json "$folder" &&
            (cd "$folder" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund \
                --fetch-retries=1) >"$work/npm" 2>&1 || return 1
    fi
    export NODE_PATH=$folder/node_modules
}

# The C library in it, for unmush. 0 if it is there.
onnx_runtime_library() {
    local machine=x64
    [ "$(uname -m)" = aarch64 ] && machine=arm64
    onnx_runtime || return 1
    UNMUSH_ONNXRUNTIME=$(find "$NODE_PATH/onnxruntime-node/bin" -path "*linux/$machine/libonnxruntime.so.1" | head -1)
    export UNMUSH_ONNXRUNTIME
    [ -n "$UNMUSH_ONNXRUNTIME" ]
}

# ONNX Runtime Web, kept in the build folder, for pages that unmush makes. 0 if it is there.
web_runtime() {
    local folder=$UNMUSH_BUILD/web-runtime
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    if ! [ -e "$folder/node_modules/.package-lock.json" ]; then
        mkdir -p "$folder" && cp "$here"/../web/package*.json "$folder" &&
            (cd "$folder" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund \
                --fetch-retries=1) >"$work/npm" 2>&1 || return 1
    fi
    export UNMUSH_WEB_RUNTIME=$folder
}

# A browser's command. 1 where there is none.
browser() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" && return
    done
    return 1
}

# Runs COMMAND, whose lines "ok ..." and "not ok ..." count as checks.
count_checks() { # WHAT COMMAND...
    local what=$1 line
    shift
    while read -r line; do
        case $line in
        "ok "*) check "$what: ${line#ok }" 0 ;;
        "not ok "*) check "$what: ${line#not ok }" 1 ;;
        "skip "*) skip "$what: ${line#skip }" ;;
        *) echo "$line" ;;
        esac
    done < <("$@" 2>&1 || echo "not ok it ends well")
}

summary() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed -eq 0 ]
}

# In the foreground, because mpirun gives up its ranks at a second signal to its process group.
launcher="timeout --foreground 120 mpirun --oversubscribe --bind-to none -n"
ranks() { # N COMMAND...
    $launcher "$@"
}

# What lies below a folder, each with its size.
contents() { # FOLDER
    find "$1" -printf '%P %s\n' | sort
}

# COMMAND must end with STATUS, with one line on standard error that contains TEXT, and leave
# $watched (default $out) as it was. What it printed is shown where that is not so.
expect_failure() { # STATUS TEXT COMMAND...
    local status=$1 text=$2 folder=${watched:-$out} before result lines limit=(timeout --foreground -k 2 60)
    shift 2
    [ "$1" != ranks ] || limit=()
    before=$(contents "$folder")
    "${limit[@]}" "$@" >"$work/stdout" 2>"$work/stderr"
    result=$?
    # mpirun adds its own remarks: then only the program's lines are counted.
    [ "$1" = ranks ] && lines=$(grep -c '^unmush: ' "$work/stderr") || lines=$(wc -l <"$work/stderr")
    [ $result -eq "$status" ] && [ "$lines" -eq 1 ] && grep -q -- "$text" "$work/stderr" &&
        [ "$(contents "$folder")" = "$before" ] && return
    echo "exit status $result, $lines lines on standard error:"
    head -c 2000 "$work/stderr"
    echo "left in the output folder: $(contents "$folder" | tr '\n' ',')"
    return 1
}

refused() { # SENTENCE STATUS TEXT COMMAND...
    local sentence=$1
    shift
    expect_failure "$@"
    check "$sentence" $?
}

# Mounts a small file system at $disk. 1 where that cannot be done.
small_disk() { # SIZE
    mkdir -p "$disk"
    mountpoint -q "$disk" && umount "$disk"
    [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o "size=$1" tmpfs "$disk" 2>/dev/null
}

# A path below the shared folder, if it is there.
has_shared() { # NAME
    [ -e "$UNMUSH_SHARED/$1" ]
}

# The losses of every step of a run, as they stand in its log.
losses() { # RUN
    sed -n 's/.*"losses":\({[^}]*}\).*/\1/p' "$1/log.jsonl"
}

# Two runs have the same losses to 1e-4 relative, in so many lines.
near_losses() { # RUN RUN LINES
    paste <(losses "$1" | tr -c '0-9.e\n-' ' ') <(losses "$2" | tr -c '0-9.e\n-' ' ') | awk -v lines="$3" '
        { half = NF / 2; for (i = 1; i <= half; i++) { d = $i - $(i + half); if (d < 0) d = -d
            if ($i ~ /[0-9]/ && d > 1e-4 * $i) { print NR, $i, $(i + half); bad = 1 } } }
        END { exit bad || NR != lines }'
}
