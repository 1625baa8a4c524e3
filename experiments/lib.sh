# What the studies share; they source it after `cd` to the repository.
#   called_from  the folder the user called from: relative paths of arguments start there
export LC_ALL=C # decimal points, whatever the user's language
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
unmush=$PWD/build/unmush

stop() { # TEXT [STATUS]
    echo "$(basename "$0"): $1" >&2
    exit "${2:-1}"
}

absolute() { case $1 in /*) echo "$1" ;; *) echo "$called_from/$1" ;; esac; }

# Of numbers, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

ranks() { mpirun -n 2 --bind-to none --oversubscribe "$unmush" "$@"; }

# Reads a study's arguments into photos, tests (or nothing), run and amount, checked, and sets `here`.
study_arguments() { # STUDY UNIT DEFAULT ARGUMENT...
    local study=$1 unit=$2
    amount=$3 here=experiments/$study photos='' tests='' run=''
    local usage="usage: $here/run.sh --photos DIR [--test DIR] [--$unit N] [--output DIR]"
    shift 3
    while [ $# -gt 0 ]; do
        case $1 in
        --photos) photos=${2:?--photos needs a folder}; shift 2 ;;
        --photos=*) photos=${1#*=}; shift ;;
        --test) tests=${2:?--test needs a folder}; shift 2 ;;
        --test=*) tests=${1#*=}; shift ;;
        --output) run=${2:?--output needs a folder}; shift 2 ;;
        --output=*) run=${1#*=}; shift ;;
        "--$unit") amount=${2:?--$unit needs a number}; shift 2 ;;
        "--$unit="*) amount=${1#*=}; shift ;;
        -h | --help) echo "$usage"; exit 0 ;;
        *) stop "unknown argument $1 ($usage)" 2 ;;
        esac
    done
    [[ $amount =~ ^[1-9][0-9]*$ ]] || stop "--$unit: a whole number of at least 1" 2
    [ -n "$photos" ] || stop "--photos is missing ($usage)" 2
    photos=$(absolute "$photos")
    [ -d "$photos" ] || stop "$photos: no such folder"
    [ -z "$tests" ] || tests=$(absolute "$tests")
    [ -z "$tests" ] || [ -d "$tests" ] || stop "$tests: no such folder"
    if [ -n "$run" ]; then run=$(absolute "$run"); else run=runs/$study; fi
    [ ! -e "$run" ] || stop "$run is there already; move it away or choose another --output"
}

# Links the pictures of a folder into $2/train and $2/held-out: every 20th, at most 10, is held out, unless told otherwise.
split_photographs() { # FOLDER RUN [EVERY MOST]
    local photos=$1 run=$2 every=${3:-20} most=${4:-10} list=() i held=0
    while IFS= read -r -d '' file; do list+=("$file"); done < <(find -L "$(cd "$photos" && pwd)" -type f \
        \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \) -print0 | sort -z)
    if [ ${#list[@]} -le 10 ]; then
        rmdir "$run"
        stop "$photos: needs more than 10 pictures, has ${#list[@]}"
    fi
    mkdir -p "$run/train" "$run/held-out"
    for i in "${!list[@]}"; do
        local set=train
        [ $((i % every)) != $((every / 2)) ] || [ $held = "$most" ] || { set=held-out held=$((held + 1)); }
        ln -s "${list[$i]}" "$run/$set/$(printf '%05d' "$i")-$(basename "${list[$i]}")"
    done
    echo "${#list[@]} pictures, $held of them held out"
}

# How many steps of a stage fit into the given seconds, by the median of a run's log without its first third.
steps_that_fit() { # RUN STAGE SECONDS
    grep "\"stage\":\"$2\"" "$1/log.jsonl" | sed -n 's/.*"seconds":\([0-9.e+-]*\).*/\1/p' |
        awk '{ v[NR] = $1 } END { for (i = int(NR / 3) + 1; i <= NR; i++) print v[i] }' | sort -g |
        awk -v t="$3" '{ v[NR] = $1 } END { n = int(t / v[int((NR + 1) / 2)]); print (n > 10 ? n : 10) }'
}

# Trains NAME by CONFIG of this study on $source for so many seconds, by the pace of 30 steps.
train_for() { # SECONDS NAME CONFIG OPTION...
    local time=$1 name=$2 config=$here/$3.json steps
    shift 3
    "$unmush" train "$config" "$source" -o "$run/pace" -q --ranks=2 log.every=1 'stages[0].steps=30' "$@"
    steps=$(steps_that_fit "$run/pace" '[^"]*' "$time")
    rm -r "$run/pace"
    echo "--- $name: $steps steps"
    "$unmush" train "$config" "$source" -o "$run/$name" -q --ranks=2 "stages[0].steps=$steps" "$@"
}
