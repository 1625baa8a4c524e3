#!/bin/bash
# `unmush upscale` from outside: what it reads, what it writes and under which names.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

published=$UNMUSH_SHARED/weights/realesr-animevideov3-x4

# The same 7x5 gray levels in every form that PNG has for them; alpha is opaque.
pictures_of_every_kind() { # FOLDER
    local kind bytes
    mkdir "$1"
    while read -r kind bytes; do
        base64 -d <<<"$bytes" >"$1/$kind.png"
    done <<'END'
rgb iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAAG+GGPAAAAdUlEQVR42g3MIRrAEBgA0P8kFnyOoKzInICiKYqwc2hUkkM4gBvIPsHqkvXtHeABABBChBDOuRBCrXWMAZRSY0yMsbX2vu/zPAghsNaWUuaca63jODDGWmvIOd/3vfc+z5NzLqVMKUHv/X8ZY0qp67q89//7ATE+NXTHAsKbAAAAAElFTkSuQmCC
gray iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAAAAACs8akEAAAAM0lEQVR42gEoANf/AAAlSm+Uud4ANWWVxfXuHgBqpeDkHyNeAJ/l9DpJWJ4A1CU/WXON3luhEdJcLV2tAAAAAElFTkSuQmCC
gray16 iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAAAAAD8YXVHAAAAVklEQVR42gFLALT/AAAAJSVKSm9vlJS5ud7eADU1ZWWVlcXF9fXu7h4eAGpqpaXg4OTkHx8jI15eAJ+f5eX09Do6SUlYWJ6eANTUJSU/P1lZc3ONjd7eFrkjo6muY3kAAAAASUVORK5CYII=
rgb16 iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAIAAABWaL3MAAAAWklEQVR42iXOoRGCABQA0D8JBo4RKBYzTCDFRqEQnMMmFZJDOIAbkD0CVBJ07h5vghdBRknLmy9/Iqem48fOSkI0fJiYuZDyIAYWNq4U3OmJkfN6o+LJi/N6AL15aue+aiuCAAAAAElFTkSuQmCC
grayalpha iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAQAAAAjkz5TAAAAU0lEQVR42g3LoRWCABQAwD8JBh4jUCxmmACKjWIhOIdNKiSGcAA3IPsIUEmQT65fhEyp9fbxE7lG5+uwScTDaLa4SN3FYLW7KlR6MZ33pvb0Ou8fnp80rw0ibJQAAAAASUVORK5CYII=
rgba iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAYAAACJmvbYAAAAhUlEQVR42h3NoRGAIBiA0X8SDRwjWChmnEALzUIxOAdNKiaHcAA3MHMGrSbNn3e+BZ6ICFprmqZhGAamaWJdV3LOSFVV9H1PjJFt23jfl/u+KYoC8d6zLAvHcXCeJ2VZopTCOYfM88x1XTzPgzEGay1t25JSQvZ9/8+6rum6jnEcCSH85weHH1hRowcE7gAAAABJRU5ErkJggg==
palette iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAMAAAC+RAbqAAAAY1BMVEUAAAAeHh4fHx8jIyMlJSU1NTU6Ojo/Pz9JSUlKSkpYWFhZWVleXl5lZWVqampvb29zc3ONjY2UlJSVlZWenp6fn5+lpaW5ubnFxcXU1NTe3t7g4ODk5OTl5eXu7u709PT19fVigl1TAAAAMElEQVR42mNgYOHkFxKXYmDlFZZQkGNk4BOTlmFi5mEQlZVn4+ASYZBkYecWEJQCACrHAi8ZjLBrAAAAAElFTkSuQmCC
END
}

# Width and height, as PNG's header tells them.
extents() { # FILE.png
    od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}

enlarge() { # OPTION...
    "$UNMUSH" upscale -q --model="$model" "$@"
}

names() {
    local first=$work/pictures/$one
    (cd "$work/pictures" && enlarge "$one")
    [ -e "${first%.png}-x4.png" ] && [ "$(extents "${first%.png}-x4.png")" = 160x128 ]
    check "without -o the picture lies beside the first one as NAME-x4.png" $?
    rm -f "${first%.png}-x4.png"
    enlarge -o "$work/one.png" "$first" && [ "$(extents "$work/one.png")" = 160x128 ]
    check "-o FILE names the file" $?
    mkdir "$work/there"
    enlarge -o "$work/there" "$first" && cmp -s "$work/there/$one" "$work/one.png"
    check "one picture goes into a folder that is there" $?
    enlarge -o "$work/made/new/" "$first" && cmp -s "$work/made/new/$one" "$work/one.png"
    check "a name that ends in / is a folder to be made" $?
    enlarge -o "$work/all" "$work/pictures" "$work/kinds" &&
        [ "$(ls "$work/all")" = "$( (ls "$work/pictures"; ls "$work/kinds") | sort)" ]
    check "folders of pictures become a folder of the same names" $?
    cmp -s "$work/all/$one" "$work/one.png"
    check "a picture becomes the same in company" $?
    refused "two pictures that would get the same name are refused" 2 "$one and .*$one would both become" \
        "$UNMUSH" upscale -q --model="$model" -o "$out/both" "$first" "$work/all/$one"
    refused "a picture is not replaced by its enlarged form" 2 "$one would replace" \
        "$UNMUSH" upscale -q --model="$model" -o "$work/pictures" "$work/pictures"
    refused "a file name that is no PNG's is refused" 2 'large.jpg: pictures are written as PNG' \
        "$UNMUSH" upscale -q --model="$model" -o "$out/large.jpg" "$first"
}

every_kind() {
    local kind same=0
    for kind in gray gray16 rgb16 grayalpha rgba palette; do
        cmp -s "$work/all/rgb.png" "$work/all/$kind.png" || { same=1 && echo "$kind differs"; }
    done
    check "gray, palette, 16-bit and alpha pictures become what their RGB form becomes" $same
    [ "$(extents "$work/all/rgb.png")" = 28x20 ]
    check "odd extents are enlarged" $?
}

tiles() {
    local tile same=0
    for tile in 16 37 8192; do
        enlarge -o "$work/tile$tile.png" --tile=$tile "$work/pictures/$one" || same=1
    done
    # Bytes may differ where a sum in another order rounds the other way: eval measures by how much.
    mkdir -p "$work/whole" "$work/tiled" && cp "$work/tile8192.png" "$work/whole/a.png"
    for tile in 16 37; do
        cp "$work/tile$tile.png" "$work/tiled/a.png"
        "$UNMUSH" eval -q -o "$work/report" --scale=4 --crop=0 --hr="$work/whole" --baseline=none \
            --images=tiled="$work/tiled" >"$work/table" &&
            awk -F, '$1 == "tiled" && $2 == "a.png" { exit !($4 == "" || $4 > 70) }' "$work/report/metrics.csv"
        check "tiles of $tile pixels give the untiled picture" $?
    done
    check "every tile size is accepted" $same
}

files() {
    local kind
    for kind in pth safetensors; do
        model=$published.$kind enlarge -o "$work/from-$kind.png" "$work/kinds/rgb.png"
    done
    model=$published-legacy.pth enlarge -o "$work/from-legacy.png" "$work/kinds/rgb.png"
    cmp -s "$work/from-pth.png" "$work/from-safetensors.png" && cmp -s "$work/from-pth.png" "$work/from-legacy.png"
    check "the published network gives the same bytes from each of its three files" $?
}

if ! [ -e "$published.pth" ]; then
    skip "upscale (needs the shared weights)"
    summary
    exit
fi
model=$published.pth
"$UNMUSH" synth -q -o "$work/pictures" --count=2 --size=40x32 --seed=1
check "pictures to enlarge" $?
one=$(basename "$(ls "$work"/pictures/*.png | head -1)")
pictures_of_every_kind "$work/kinds"
names
every_kind
tiles
files
summary
