#!/bin/bash
# What an operator does, in the root of the system that is about to be booted: the package in a virtual environment of
# Debian's own Python under /opt, a user, the unit, a configuration. And the unit that looks at it all.
set -eu
mount --bind /dev "$ROOT/dev"
chroot "$ROOT" /usr/bin/python3 -m venv /opt/fermat-sidecar
mkdir "$ROOT/opt/fermat-wheels" "$ROOT/opt/fermat-tests"
cp "$WHEELS"/*.whl "$ROOT/opt/fermat-wheels"
cp "$CHECKOUT/tests/booted/inside.py" "$ROOT/opt/fermat-tests"
PIP="/opt/fermat-sidecar/bin/pip install -q --disable-pip-version-check --no-index --find-links=/opt/fermat-wheels"
env -i PATH="$PATH" chroot "$ROOT" $PIP "fermat-sidecar[standin]"
umount "$ROOT/dev"
chroot "$ROOT" useradd --system --home-dir /nonexistent fermat
install -m 644 "$CHECKOUT/systemd/fermat-sidecar.service" "$ROOT/etc/systemd/system/"
mkdir -p "$ROOT/etc/systemd/system/fermat-sidecar.service.d" "$ROOT/etc/fermat-sidecar"
printf '[Service]\nWatchdogSec=2\n' > "$ROOT/etc/systemd/system/fermat-sidecar.service.d/sooner.conf"
cat > "$ROOT/etc/fermat-sidecar/sidecar.toml" <<'TOML'
[server]
command = ["/opt/fermat-sidecar/bin/python", "-m", "cloudserver", "--port", "9090"]
directory = "/var/lib/fermat-sidecar"
TOML
cat > "$ROOT/etc/systemd/system/inside.service" <<'UNIT'
[Unit]
SuccessAction=exit
FailureAction=exit
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /opt/fermat-tests/inside.py /run/results/seen.json
StandardOutput=append:/run/results/output
StandardError=append:/run/results/output
[Install]
WantedBy=multi-user.target
UNIT
systemctl --quiet --root="$ROOT" enable inside.service
