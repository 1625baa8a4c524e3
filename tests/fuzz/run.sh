#!/usr/bin/env bash
# Builds the fuzz targets with clang's libFuzzer, AddressSanitizer and UBSan, and runs each for MINUTES from inputs made
# here. Ends with 1 at the first finding, which stays in build-fuzz/.
#   tests/fuzz/run.sh [MINUTES] [TARGET...]      targets: pictures, recipes, stores, weights
# Needs clang (Debian: clang), and build/unmush for the inputs.
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes=${1:-10}
shift || true
targets=("${@:-}")
[ -n "${targets[0]}" ] || targets=(pictures recipes stores weights)
build=build-fuzz
CC=clang CXX=clang++ cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DUNMUSH_FUZZ=ON -DUNMUSH_TESTS=OFF >/dev/null
names=()
for target in "${targets[@]}"; do names+=("fuzz_$target"); done
cmake --build $build --target "${names[@]}" | tail -1

seeds=$build/seeds
rm -rf $seeds
mkdir -p $seeds/{pictures,recipes,stores,weights}
build/unmush synth -q -o $seeds/pictures --count=3 --size=24x20 --seed=1
# TIFF in several layouts, and notes in every format.
if command -v convert >/dev/null && command -v exiftool >/dev/null; then
    source=$(ls $seeds/pictures/*.png | head -1) number=0
    for options in "-compress LZW" "-compress Zip -depth 16" "-compress RLE -colorspace Gray" "-compress JPEG" "-colors 16 -compress None" \
        "-monochrome -compress Group4" "-define tiff:tile-geometry=16x16 -compress Zip" "-interlace plane -compress LZW" "-alpha set -define tiff:endian=msb"; do
        convert "$source" $options $seeds/pictures/$((++number)).tif
    done
    for format in jpg png webp tif; do
        convert "$source" $seeds/pictures/notes.$format
        exiftool -q -overwrite_original -n -Make=A -Orientation=6 -ExposureTime=0.01 -GPSLatitude=48 -GPSLatitudeRef=N -ExifImageWidth=24 \
            -XMP-tiff:Orientation=6 -XMP-exif:ExifImageWidth=24 $seeds/pictures/notes.$format
    done
fi
head -c 400 /dev/zero >$seeds/stores/zeros # a whole store
cp configs/degrade/*.json $seeds/recipes/
cp tests/fixtures/onnx/*.onnx $seeds/weights/
[ ! -d ../shared/photos/train ] || for photo in $(ls ../shared/photos/train | head -3); do cp "../shared/photos/train/$photo" $seeds/pictures/; done

for target in "${targets[@]}"; do
    echo "--- $target, $minutes minutes"
    mkdir -p $build/found
    # detect_leaks=0: the libraries' own globals. Out of memory is a finding: sizes are checked before they are allocated.
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 nice $build/fuzz_"$target" -max_total_time=$((minutes * 60)) -timeout=30 \
        -rss_limit_mb=4096 -max_len=65536 -artifact_prefix=$build/found/"$target"- -print_final_stats=1 $seeds/"$target" 2>&1 |
        tee $build/"$target".log | grep -E "^stat::number_of_executed_units|SUMMARY|ERROR|Test unit written" || true
    [ -z "$(find $build/found -name "$target-*" | head -1)" ] || { echo "run.sh: $target: see $build/$target.log"; exit 1; }
done
