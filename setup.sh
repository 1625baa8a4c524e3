#!/usr/bin/env bash
# Installs what is missing (Debian 12 and 13, Ubuntu 24.04), configures and builds into build/.
#   setup.sh [--tests] [--debug]     --tests: what the tests need, too; --debug: build-debug/ with sanitizers
# An official libtorch (with CUDA): CMAKE_PREFIX_PATH=/path/to/libtorch ./setup.sh
set -euo pipefail
cd "$(dirname "$0")"

tests=OFF preset=release build=build
for argument in "$@"; do
    case $argument in
    --tests) tests=ON ;;
    --debug) preset=debug build=build-debug tests=ON ;;
    *) echo "setup.sh: unknown option $argument" >&2; exit 2 ;;
    esac
done

packages=(build-essential cmake ninja-build pkg-config file libhdf5-openmpi-dev libopenmpi-dev openmpi-bin
    libpng-dev libjpeg-dev libwebp-dev libtiff-dev liblcms2-dev libcjson-dev libcurl4-openssl-dev ca-certificates libdnnl-dev libonnx-dev libprotobuf-c-dev protobuf-c-compiler)
[ -n "${CMAKE_PREFIX_PATH:-}" ] || packages+=(libtorch-dev libopenblas0-openmp) # libtorch's own choice, the reference BLAS, is ten times as slow
[ "$tests" = OFF ] || packages+=(libcunit1-dev libavcodec-dev hdf5-tools iproute2 procps python3-onnx python3-numpy nodejs npm libimage-exiftool-perl imagemagick mandoc)
# A browser for the tests of pages; Ubuntu's package of that name is a snap, for which containers have no room.
[ "$tests" = OFF ] || ! grep -qsx ID=debian /etc/os-release || packages+=(chromium)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# What is there by other means (a newer node, say) needs no package.
has_command() {
    case $1 in
    nodejs) command -v node ;;
    npm | cmake) command -v "$1" ;;
    chromium) command -v "${CHROMIUM:-chromium}" || command -v google-chrome ;;
    libcurl4-openssl-dev) pkg-config --exists libcurl 2>/dev/null ;; # the GnuTLS one will do, and excludes it
    *) false ;;
    esac >/dev/null
}

install_missing() {
    local missing=() package
    for package in "${packages[@]}"; do
        has_command "$package" && continue
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

if command -v apt-get >/dev/null; then
    install_missing
else
    echo "setup.sh: no apt-get here; the libraries' names on Debian: ${packages[*]}" >&2
fi

werror=OFF
[ "${CI:-}" != true ] || werror=ON
log=$(mktemp) && trap 'rm -f "$log"' EXIT
cmake --preset "$preset" -G Ninja -DUNMUSH_TESTS=$tests -DUNMUSH_WERROR=$werror \
    ${CMAKE_PREFIX_PATH:+"-DCMAKE_PREFIX_PATH=$CMAKE_PREFIX_PATH"} >"$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }
cmake --build "$build"
