#!/bin/bash
# What an operator does, in the root of the system that is about to be booted: the package in a virtual environment of
# Debian's own Python under /opt. And the unit that looks at it all: $INSIDE, a module of tests/booted.
set -eu
if [ ! -e "$INSTALLED" ]; then
  mount --bind /dev "$ROOT/dev"
  chroot "$ROOT" /usr/bin/python3 -m venv /opt/fermat-sidecar
  mkdir "$ROOT/opt/fermat-wheels"
  cp "$WHEELS"/*.whl "$ROOT/opt/fermat-wheels"
  PIP="/opt/fermat-sidecar/bin/pip install -q --disable-pip-version-check --no-index --find-links=/opt/fermat-wheels"
  env -i PATH="$PATH" chroot "$ROOT" $PIP "fermat-sidecar[standin,demo]"
  umount "$ROOT/dev"
  cp -a "$ROOT/opt/fermat-sidecar" "$INSTALLED"
else # for another system, a moment ago
  cp -a "$INSTALLED" "$ROOT/opt/fermat-sidecar"
fi
cp -r "$CHECKOUT/tests/booted" "$ROOT/opt/fermat-tests"
"$CHECKOUT/tests/booted/prepare-$INSIDE.sh"
cat > "$ROOT/etc/systemd/system/inside.service" <<UNIT
[Unit]
After=multi-user.target
[Service]
Type=oneshot
WorkingDirectory=/opt/fermat-tests
Environment="ONLY=${ONLY:-}"
ExecStart=-/usr/bin/python3 -m $INSIDE /run/results/seen.json
ExecStopPost=/bin/sh -c 'test -e /run/rebooting || systemctl exit \$EXIT_STATUS'
StandardOutput=append:/run/results/output
StandardError=append:/run/results/output
[Install]
WantedBy=multi-user.target
UNIT
systemctl --quiet --root="$ROOT" enable inside.service
