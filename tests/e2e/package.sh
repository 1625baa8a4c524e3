#!/bin/bash
# The Debian package: what is in it, and that it works from another root. That it installs on a bare system is for
# such a system to show (see README.md). See lib.sh for the environment.
. "$(dirname "$0")/lib.sh"

if ! command -v dpkg-shlibdeps >/dev/null || ! command -v file >/dev/null || ! command -v cpack >/dev/null; then
    skip "cpack makes a Debian package: no dpkg-dev, no file or no cpack here"
    summary
    exit
fi
cpack --config "$UNMUSH_BUILD/CPackConfig.cmake" -B "$work/pack" >"$work/cpack.log" 2>&1
package=$(echo "$work"/pack/unmush_*.deb)
[ -f "$package" ] || cat "$work/cpack.log"
[ -f "$package" ]
check "cpack makes a Debian package" $?

dpkg-deb -f "$package" Depends >"$work/depends"
grep -q 'libtorch' "$work/depends" && grep -q 'libopenmpi' "$work/depends" && grep -q 'libhdf5' "$work/depends"
check "it depends on what the program links, and on what its modules do" $?
dpkg-deb -f "$package" Recommends | grep -q openmpi-bin
check "it recommends what only --ranks needs" $?

root=$work/root
dpkg -x "$package" "$root"
missing=
for file in bin/unmush include/unmush.h share/man/man1/unmush.1 share/man/man1/unmush-upscale.1 share/doc/unmush/copyright \
    share/doc/unmush/README.md share/doc/unmush/examples/example.c share/bash-completion/completions/unmush \
    share/zsh/vendor-completions/_unmush share/fish/vendor_completions.d/unmush.fish share/unmush/configs/balanced-small.json; do
    [ -s "$root/usr/$file" ] || missing+=" $file"
done
[ -z "$missing" ] || echo "missing:$missing"
[ -z "$missing" ]
check "program, header, manual pages, documents, example, completion and configs lie in their places" $?
folder=$(dirname "$(find "$root/usr/lib" -name 'libunmush.so.0')")
[ -f "$folder/pkgconfig/unmush.pc" ] && [ -f "$folder/unmush/libunmush_tensor.so" ]
check "the library lies beside its pkg-config file and the modules" $?
! readelf -d "$root/usr/bin/unmush" "$folder"/*.so "$folder"/unmush/*.so | grep -E 'R(UN)?PATH' | grep -q "$UNMUSH_BUILD"
check "nothing in it leads back to the build folder" $?

"$root/usr/bin/unmush" --version 2>"$work/errors" | grep -q '^libtorch'
check "the program finds its modules beside it" $?
"$root/usr/bin/unmush" synth -q -o "$work/drawn" --count=1 --size=32x32 && ls "$work/drawn"/*.png >/dev/null
check "and works" $?
cc "$root/usr/share/doc/unmush/examples/example.c" $(PKG_CONFIG_PATH=$folder/pkgconfig pkg-config --cflags --libs unmush) -o "$work/example"
check "the example builds against the package" $?
model=$UNMUSH_SHARED/weights/realesr-animevideov3-x4.pth
if [ -f "$model" ]; then
    { printf 'P6\n9 7\n255\n'; head -c 189 /dev/urandom; } >"$work/small.ppm"
    LD_LIBRARY_PATH=$folder "$work/example" "$model" "$work/small.ppm" "$work/large.ppm" >"$work/text" 2>&1 &&
        [ "$(wc -c <"$work/large.ppm")" = $((36 * 28 * 3 + 13)) ]
    check "and enlarges a picture" $?
else
    skip "the example enlarges a picture: no published weights"
fi
summary
