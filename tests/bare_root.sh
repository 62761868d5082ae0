#!/usr/bin/env bash
# Installs Racklens on a Debian 12 that has next to nothing, in a folder. By hand, as root: bash tests/bare_root.sh FOLDER
# MIRROR names another Debian mirror than debootstrap's own choice.
set -euo pipefail

root="${1:?usage: bare_root.sh FOLDER}"
repo="$(cd "$(dirname "$0")/.." && pwd)"

inside() { # the network's settings come from outside; everything else is the bare system's own
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 $(env | grep -E '^(PIP_|https?_proxy=|HTTPS?_PROXY=)') \
        chroot "$root" bash -c "cd /racklens && $1"
}

if [ ! -e "$root/usr/bin/python3" ]; then
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,make,git bookworm "$root" ${MIRROR:-}
fi
rm -rf "$root/racklens"
git clone --quiet "$repo" "$root/racklens"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
[ ! -d /etc/apt/apt.conf.d ] || cp -n /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
[ -e "$root/proc/self" ] || mount --bind /proc "$root/proc" 2>/dev/null || echo "note: /proc could not be mounted"
[ -c "$root/dev/urandom" ] || mknod -m 666 "$root/dev/urandom" c 1 9
[ -c "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
trap 'umount "$root/proc" 2>/dev/null || true' EXIT

if inside "command -v g++" >/dev/null; then
    echo "this root has a compiler, so the ready-made hnswlib was not tried" >&2
    exit 1
fi
echo "== without a compiler it installs, and OpenCV loads without a desktop's libraries"
inside "make .venv/.installed && .venv/bin/python -c 'import cv2, hnswlib, onnxruntime, streamlit; print(\"cv2\", cv2.__version__)'"
if inside "ldconfig -p" | grep -q libGL.so.1; then
    echo "this root has libGL, so the swap of OpenCV was not tried" >&2
    exit 1
fi

echo "== the tests but the browser's"
inside "make .venv/.installed-dev && .venv/bin/python -m pytest -q -m 'not browser'"
