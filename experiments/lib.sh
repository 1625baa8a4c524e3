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

ranks() { mpirun -n 2 --bind-to none --oversubscribe "$unmush" "$@"; }

# Links the pictures of a folder into $2/train and $2/held-out: every 20th, at most 10, is held out.
split_photographs() { # FOLDER RUN
    local photos=$1 run=$2 list=() i held=0
    while IFS= read -r -d '' file; do list+=("$file"); done < <(find -L "$(cd "$photos" && pwd)" -type f \
        \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \) -print0 | sort -z)
    if [ ${#list[@]} -le 10 ]; then
        rmdir "$run"
        stop "$photos: needs more than 10 pictures, has ${#list[@]}"
    fi
    mkdir -p "$run/train" "$run/held-out"
    for i in "${!list[@]}"; do
        local set=train
        [ $((i % 20)) != 10 ] || [ $held = 10 ] || { set=held-out held=$((held + 1)); }
        ln -s "${list[$i]}" "$run/$set/$(printf '%05d' "$i")-$(basename "${list[$i]}")"
    done
    echo "${#list[@]} pictures, $held of them held out"
}

# How many steps of a stage fit into the given seconds, by the median of a run's log.
steps_that_fit() { # RUN STAGE SECONDS
    grep "\"stage\":\"$2\"" "$1/log.jsonl" | sed -n 's/.*"seconds":\([0-9.e+-]*\).*/\1/p' | sort -g |
        awk -v t="$3" '{ v[NR] = $1 } END { n = int(t / v[int((NR + 1) / 2)]); print (n > 10 ? n : 10) }'
}
