#!/bin/bash
# What an operator does, in the root of the system that is about to be booted: the package in a virtual environment of
# Debian's own Python under /opt, the server's unit and the sidecar's. And the unit that looks at it all.
set -eu
mount --bind /dev "$ROOT/dev"
chroot "$ROOT" /usr/bin/python3 -m venv /opt/fermat-sidecar
mkdir "$ROOT/opt/fermat-wheels" "$ROOT/opt/fermat-tests" "$ROOT/opt/fermat-cloud-server" "$ROOT/etc/fermat-sidecar"
cp "$WHEELS"/*.whl "$ROOT/opt/fermat-wheels"
cp "$CHECKOUT"/tests/oom/{inside,server}.py "$ROOT/opt/fermat-tests"
PIP="/opt/fermat-sidecar/bin/pip install -q --disable-pip-version-check --no-index --find-links=/opt/fermat-wheels"
env -i PATH="$PATH" chroot "$ROOT" $PIP "fermat-sidecar[standin]"
umount "$ROOT/dev"
chroot "$ROOT" useradd --system --home-dir /nonexistent fermat-cloud-server
chroot "$ROOT" chown fermat-cloud-server /opt/fermat-cloud-server
cat > "$ROOT/etc/fermat-sidecar/sidecar.toml" <<'TOML'
[server]
unit = "fermat-cloud-server.service"
directory = "/opt/fermat-cloud-server"
[rules.tasks-spent]
for = "20s"
TOML
units=$ROOT/etc/systemd/system
cat > "$units/fermat-cloud-server.service" <<'UNIT'
[Unit]
StartLimitIntervalSec=600
StartLimitBurst=20
[Service]
User=fermat-cloud-server
WorkingDirectory=/opt/fermat-cloud-server
ExecStart=/opt/fermat-sidecar/bin/python /opt/fermat-tests/server.py --port 9090
Restart=always
RestartSec=0
SuccessExitStatus=143
MemoryMax=96M
UNIT
# As root, which may see whose the port is, and needs no rule of polkit.
cat > "$units/fermat-sidecar.service" <<'UNIT'
[Service]
Type=notify
ExecStart=/opt/fermat-sidecar/bin/fermat-sidecar run
StateDirectory=fermat-sidecar
TimeoutStartSec=120
UNIT
cat > "$units/inside.service" <<'UNIT'
[Unit]
SuccessAction=poweroff-force
FailureAction=poweroff-force
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/opt/fermat-sidecar/bin/python /opt/fermat-tests/inside.py /results/seen.json
StandardOutput=append:/results/output
StandardError=append:/results/output
[Install]
WantedBy=multi-user.target
UNIT
systemctl --quiet --root="$ROOT" enable inside.service
