#!/bin/bash
# `unmush upscale` keeps what a picture file holds, as exiftool and ImageMagick see it.
# See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

model=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth

# Adobe RGB's primaries, gamma 2.2.
wide_profile() {
    base64 -d <<<'H4sIAAAAAAACA5WRvUoDQRSFT34kYgIKRrSwSKGpEowmAQsbY5EmaIgRVGw2k00i7K7L7gYJvoCNIIiVKfzBR7AVwcZe0EZ8ACtBsNGwnnHFBCGFd5i5H4c5w713AP+8JnQ7mAJ0w7FK+VxsfWMzFnpBGGMYxTiGFGGbi8ViAX3j/QE+me+T8i38L8JV1RaAb5CcEablkBfIhV3HlLxPjoqGUiW3yQmLBZLvpF7x+Ely3eNXyVa5tAT4g+SReg9Xelg0LJ0cJU/pWlP81CM7iajG2irzBPckSsgjhxgqaGIbGhwkmY0+ntS3Zxk7dAieJlqweL+OBp0Jqk3YUJlr1FUuDS0587+ztGvpOe/1SA4YeHbdt2kgdAR0Dl3348x1O+dAgL3fGF1/mzWvXALBz64Wn2W7M8D1SVfLHACnCWD42FQs5fc3/Om0NxdGQB4Xj0B5D8jeAlfc8Ro9W1+Z6JqOOAIAAA==' | gzip -d
}

enlarge() { # OPTION...
    "$UNMUSH" upscale -q --model="$model" "$@"
}

# What must be the same before and after.
TAGS=(-Make -Model -LensModel -ExposureTime -FNumber -ISO -DateTimeOriginal -Artist -Copyright -UserComment -Software
    -GPSLatitude -GPSLongitude -GPSAltitude -XMP-dc:Title -XMP-dc:Creator -XMP-photoshop:City)

tags() { # FILE
    exiftool -s "${TAGS[@]}" "$1"
}

# 40x24 as stored, to be turned a quarter, with everything that cameras and their owners write.
photograph() { # FILE
    wide_profile >"$work/wide.icc"
    convert "$work/plain.png" -quality 95 "$1" && convert "$work/plain.png" -resize 16x "$work/thumbnail.jpg" &&
        exiftool -q -overwrite_original -Make=Maker -Model='Model 5' -LensModel='50mm' -ExposureTime=1/160 -FNumber=2.8 -ISO=200 \
            -DateTimeOriginal='2024:05:06 07:08:09' -Artist='A. Photographer' -Copyright='(c) someone' -UserComment='a remark' \
            -Software=converter -GPSLatitude=48.2 -GPSLatitudeRef=N -GPSLongitude=16.3 -GPSLongitudeRef=E -GPSAltitude=171 \
            -XMP-dc:Title='A title' -XMP-dc:Creator=someone -XMP-photoshop:City=Vienna -XMP-tiff:Orientation#=6 \
            -XMP-exif:ExifImageWidth=40 -XMP-exif:ExifImageHeight=24 -ExifImageWidth=40 -ExifImageHeight=24 -Orientation#=6 \
            -jfif:XResolution=300 -jfif:YResolution=300 -jfif:ResolutionUnit=inches \
            "-ICC_Profile<=$work/wide.icc" "-ThumbnailImage<=$work/thumbnail.jpg" "$1"
}

# One enlarged file against the photograph.
holds_everything() { # FILE
    local file=$1 same=0
    diff <(tags "$work/photo.jpg") <(tags "$file") || same=1
    exiftool -b -ICC_Profile "$file" | cmp - "$work/wide.icc" || same=1
    # Turned upright, and nothing says otherwise, be it EXIF, XMP or TIFF.
    [ "$(identify -format '%wx%h' "$file" 2>/dev/null)" = 96x160 ] || same=1
    exiftool -a -n -s3 -Orientation -XMP-tiff:Orientation "$file" | grep -qvx 1 && same=1
    [ "$(exiftool -s3 -ExifIFD:ExifImageWidth -ExifIFD:ExifImageHeight -XMP-exif:ExifImageWidth -XMP-exif:ExifImageHeight "$file" |
        tr '\n' ' ')" = '96 160 96 160 ' ] || same=1
    [ -z "$(exiftool -ThumbnailImage "$file")" ] || same=1
    # ImageMagick 6 warns of every XMP in WebP, exiftool's own too.
    case $file in *.webp) ;; *) identify -regard-warnings "$file" >/dev/null || same=1 ;; esac
    return $same
}

notes() {
    local format
    for format in png jpg webp tif; do
        enlarge -o "$work/large.$format" "$work/photo.jpg" && holds_everything "$work/large.$format"
        check "a photograph's EXIF, GPS, XMP and colour profile survive in $format, its turn is done and its thumbnail gone" $?
    done
    for format in png jpg webp; do
        [ "$(exiftool -s3 -validate "$work/large.$format")" = OK ]
        check "exiftool finds nothing wrong with the $format" $?
    done
    [ "$(exiftool -s3 -PNG-pHYs:PixelsPerUnitX -PNG-pHYs:PixelUnits "$work/large.png" | tr '\n' ' ')" = '11811 meters ' ] &&
        [ "$(exiftool -s3 -JFIF:XResolution -JFIF:ResolutionUnit "$work/large.jpg" | tr '\n' ' ')" = '300 inches ' ] &&
        [ "$(exiftool -s3 -IFD0:XResolution -IFD0:ResolutionUnit "$work/large.tif" | tr '\n' ' ')" = '300 inches ' ]
    check "the resolution is kept in PNG, JPEG and TIFF" $?
    # From every format on: each reads what another one wrote.
    local first same=0
    for first in png webp tif; do
        for format in jpg tif; do
            enlarge --scale=1 -o "$work/$first-again.$format" "$work/large.$first" && holds_everything "$work/$first-again.$format" ||
                { same=1 && echo "from $first to $format"; }
        done
    done
    check "a second pass from PNG, WebP and TIFF keeps it, too" $same
}

# 16 bits and transparency in two formats are the same to a third party.
deep() {
    convert "$work/plain.png" -depth 16 -evaluate multiply 0.9871 -alpha set -channel A -fx 'i/w' "$work/deep.png" &&
        convert "$work/deep.png" -colorspace Gray "$work/deep-gray.png" && convert "$work/deep.png" "$work/deep.tif"
    check "ImageMagick makes 16 bit with transparency" $?
    local name
    for name in deep deep-gray; do
        enlarge -o "$work/$name-large.png" "$work/$name.png" && enlarge -o "$work/$name-large.tif" "$work/$name.png" &&
            [ "$(identify -format '%z' "$work/$name-large.png")" = 16 ] && [ "$(identify -format '%z' "$work/$name-large.tif")" = 16 ] &&
            [ "$(compare -metric AE "$work/$name-large.png" "$work/$name-large.tif" null: 2>&1 | cut -d' ' -f1)" = 0 ] &&
            [ "$(identify -format '%k' "$work/$name-large.png")" -gt 5000 ]
        check "$name: PNG and TIFF hold 16 bits, the same ones" $?
        [ "$(identify -format '%A' "$work/$name-large.tif")" != False ] && [ "$(identify -format '%A' "$work/$name-large.png")" != False ]
        check "$name: both are transparent" $?
    done
    enlarge -o "$work/deep-again.png" "$work/deep.tif" &&
        [ "$(compare -metric AE "$work/deep-large.png" "$work/deep-again.png" null: 2>&1 | cut -d' ' -f1)" = 0 ]
    check "TIFF in is what PNG in is" $?
    enlarge --lossless -o "$work/deep.webp" "$work/deep.png" && enlarge --depth=8 -o "$work/deep-8.png" "$work/deep.png" &&
        [ "$(compare -metric AE "$work/deep.webp" "$work/deep-8.png" null: 2>&1 | cut -d' ' -f1)" = 0 ]
    check "lossless WebP is PNG of 8 bits, transparency included" $?
    convert "$work/plain.png" -colorspace Gray "$work/gray.jpg" && enlarge --format=same -o "$work/gray-large.jpg" "$work/gray.jpg" &&
        [ "$(exiftool -s3 -ColorComponents "$work/gray-large.jpg")" = 1 ]
    check "gray JPEG stays gray" $?
}

# Layouts of TIFF that ImageMagick writes, each against PNG of the same pixels: to a level, as 16 bits become other
# floating-point numbers than 8.
layouts() {
    local same=0 options
    convert "$work/plain.png" -colors 30 "PNG8:$work/palette.png"
    for options in '-compress LZW' '-compress Zip' '-compress RLE' '-interlace plane -compress LZW' \
        '-define tiff:tile-geometry=16x16 -compress Zip' '-define tiff:endian=msb -depth 16' "$work/palette.png -type Palette -compress None" \
        '-monochrome -compress Group4' '-colorspace Gray -define quantum:polarity=min-is-white'; do
        # shellcheck disable=SC2086
        convert "$work/plain.png" $options -delete 0--2 "$work/layout.tif" && convert "$work/layout.tif" "$work/layout.png" &&
            enlarge --overwrite --depth=8 -o "$work/layout-tif.png" "$work/layout.tif" && enlarge --overwrite --depth=8 -o "$work/layout-png.png" "$work/layout.png" &&
            [ "$(compare -fuzz 0.5% -metric AE "$work/layout-tif.png" "$work/layout-png.png" null: 2>&1 | cut -d' ' -f1)" = 0 ] ||
            { same=1 && echo "differs: $options"; }
    done
    check "TIFF in ImageMagick's layouts is what PNG of it is" $same
    convert "$work/plain.png" -colorspace CMYK "$work/cmyk.tif"
    refused "a CMYK TIFF is refused clearly" 1 'cmyk.tif: a TIFF that is CMYK' "$UNMUSH" upscale -q --model="$model" -o "$out/x.png" "$work/cmyk.tif"
}

if ! [ -e "$model" ] || ! command -v exiftool >/dev/null || ! command -v convert >/dev/null; then
    skip "what pictures hold (needs the shared weights, exiftool and ImageMagick)"
    summary
    exit
fi
"$UNMUSH" synth -q -o "$work/pictures" --count=1 --size=40x24 --seed=1 && mv "$work"/pictures/*.png "$work/plain.png" &&
    photograph "$work/photo.jpg"
check "a photograph with everything on it" $?
notes
deep
layouts
summary
