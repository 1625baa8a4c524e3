#!/bin/bash
# Manual pages and completion, which come from the commands' tables. See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

pages=$work/documentation
mkdir "$work/folder" "$work/folder/inner"
touch "$work/folder/"{model.safetensors,model.pth,photo.png,PHOTO.JPG,notes.txt,config.json,"two words.png"}

everything_is_there() {
    local command option lost=
    "$UNMUSH" documentation "$pages"
    check "pages and completion are written" $?
    for command in $commands; do
        for option in $("$UNMUSH" "$command" --help | grep -oE '^  (-., )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'); do
            grep -qF -- "$option" <(sed 's/\\-/-/g' "$pages/man1/unmush-$command.1") || lost+=" page:$command$option"
            sed -n "/^_unmush_${command}_options/,/^}/p" "$pages/bash/unmush" | grep -qE -- "[' ]$option[= ]" || lost+=" bash:$command$option"
            sed -n "/^_unmush_${command}()/,/^}/p" "$pages/zsh/_unmush" | grep -qE -- "$option[='},[]" || lost+=" zsh:$command$option"
            grep -q -- "__fish_seen_subcommand_from $command' -l ${option#--} " "$pages/fish/unmush.fish" || lost+=" fish:$command$option"
        done
    done
    [ -z "$lost" ] || echo "missing:$lost"
    [ -z "$lost" ]
    check "every option of every command is in its page and in three shells' completion" $?
    for command in $commands; do grep -q "unmush\\\\-$command" "$pages/man1/unmush.1" || echo "$command"; done | { ! grep .; }
    check "the overview names every command" $?
}

pages_are_sound() {
    if command -v mandoc >/dev/null; then
        [ -z "$(mandoc -Tlint -Wwarning "$pages"/man1/*.1 2>&1)" ]
        check "mandoc finds nothing to warn of" $?
    else
        skip "mandoc finds nothing to warn of: it is not installed"
    fi
    if command -v groff >/dev/null; then
        [ -z "$(cat "$pages"/man1/*.1 | groff -man -ww -Tutf8 -z 2>&1)" ]
        check "groff finds nothing to warn of" $?
        groff -man -Tascii "$pages/man1/unmush-upscale.1" | sed 's/\x1b\[[0-9;]*m//g' | grep -q -- '--model=FILE'
        check "the page reads as it should" $?
    else
        skip "groff finds nothing to warn of: it is not installed"
    fi
    SOURCE_DATE_EPOCH=86400 "$UNMUSH" documentation "$work/dated" && head -1 "$work/dated/man1/unmush.1" | grep -q 1970-01-02
    check "reproducible builds choose the pages' date" $?
}

# What bash offers for a line, whose words are given as bash takes them apart.
bash_offers() { # WORD...
    (cd "$work/folder" && bash --norc -c '
        source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _unmush
        printf "%s\n" "${COMPREPLY[@]}"' - "$pages/bash/unmush" "$@" 2>&1 | sort | tr '\n' ' ' | sed 's/ $//')
}

offers() { # SENTENCE EXPECTED WORD...
    local sentence=$1 expected=$2 got
    shift 2
    got=$(bash_offers "$@")
    [ "$got" = "$expected" ] || echo "got: $got"
    [ "$got" = "$expected" ]
    check "bash: $sentence" $?
}

bash_completes() {
    offers "commands" upscale unmush up
    offers "options" --precision= unmush upscale --pre
    offers "flags have no =" --overwrite unmush upscale --overw
    offers "common options" --threads= unmush blend --thr
    offers "choices" "bf16 fp32" unmush upscale --precision = ""
    offers "choices right behind the =" "bf16 fp32" unmush upscale --precision =
    offers "choices as a word of their own" bf16 unmush upscale --precision b
    offers "choices where = does not divide words" --precision=bf16 unmush upscale --precision=b
    offers "models" "inner model.pth model.safetensors" unmush upscale --model = ""
    offers "models behind a name" "model.pth model.safetensors" unmush eval --model = mine = mod
    offers "folders" inner unmush eval --hr = ""
    offers "pictures in any case, with blanks" "PHOTO.JPG inner photo.png two words.png" unmush upscale ""
    offers "configs" "config.json inner" unmush train ""
    offers "words that commands know" "fetch list" unmush weights ""
    offers "folders for -o" inner unmush synth -o ""
    offers "shells" "bash fish zsh" unmush completion ""
    offers "nothing for numbers" "" unmush upscale --tile = ""
    offers "nothing for commands that do not exist" "" unmush nonsense ""
}

other_shells_complete() {
    if command -v zsh >/dev/null; then
        zsh -n "$pages/zsh/_unmush" &&
            zsh -f -c 'autoload -U compinit && compinit -D && source "$1" && (( $+functions[_unmush_upscale] )) && [[ $_comps[unmush] == _unmush ]]' - "$pages/zsh/_unmush"
        check "zsh takes its completion" $?
    else
        skip "zsh takes its completion: it is not installed"
    fi
    if ! command -v fish >/dev/null; then
        skip "fish completes: it is not installed"
        return
    fi
    fish_offers() { (cd "$work/folder" && HOME=$work fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$pages/fish/unmush.fish" "$1" 2>&1 | cut -f1 | sort | tr '\n' ' '); }
    [ "$(fish_offers "unmush upsc")" = "upscale " ] && [ "$(fish_offers "unmush upscale --precision=")" = "--precision=bf16 --precision=fp32 " ]
    check "fish completes commands and choices" $?
    [ "$(fish_offers "unmush upscale --model ")" = "inner/ model.pth model.safetensors " ]
    check "fish completes files by extension" $?
}

refuses() {
    "$UNMUSH" completion csh >/dev/null 2>"$work/errors"
    [ $? = 2 ] && grep -q 'csh is none of bash|zsh|fish' "$work/errors"
    check "a shell that nobody wrote a completion for is wrong usage" $?
    "$UNMUSH" completion bash | cmp -s - "$pages/bash/unmush"
    check "unmush completion bash prints what is installed" $?
}

commands=$("$UNMUSH" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | grep -v '^unmush$' | tr '\n' ' ')
everything_is_there
pages_are_sound
bash_completes
other_shells_complete
refuses
summary
