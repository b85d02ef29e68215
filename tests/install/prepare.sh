#!/bin/bash
# What somebody has brought along to a machine that has just been installed: the wheel. And its name, and a name server.
set -eu
cp "$WHEEL" "$ROOT/root/"
cp --remove-destination /etc/resolv.conf "$ROOT/etc/resolv.conf"
echo debian > "$ROOT/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 debian\n' > "$ROOT/etc/hosts"
: > "$ROOT/etc/machine-id"
