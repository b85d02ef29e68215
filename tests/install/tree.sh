#!/bin/bash
# tree.sh SUITE TREE: a Debian as it is when it has just been installed (its packages of priority "important"), in the
# directory TREE, which is kept. From the mirror that this machine uses itself.
set -euo pipefail
SUITE=$1 TREE=$2
[ ! -d "$TREE" ] || exit 0
MIRROR=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null ||
  awk '$1 == "deb" {print $2; exit}' /etc/apt/sources.list)
mkdir -p "$(dirname "$TREE")"
rm -rf "$TREE.new"
mmdebstrap --quiet --variant=important "$SUITE" "$TREE.new" "$MIRROR"
mv "$TREE.new" "$TREE"
