#!/bin/bash
# In the root of the system that is about to be booted: the package, this bench, and the supervisors to compare with.
set -eu
mount --bind /dev "$ROOT/dev"
trap 'umount "$ROOT/dev"' EXIT
printf '#!/bin/sh\nexit 101\n' > "$ROOT/usr/sbin/policy-rc.d"  # what is installed is not started
chmod 755 "$ROOT/usr/sbin/policy-rc.d"
APT="apt-get -qq -o Dpkg::Use-Pty=0"
export DEBIAN_FRONTEND=noninteractive
chroot "$ROOT" $APT update
chroot "$ROOT" $APT install -y --no-install-recommends supervisor monit
for unit in supervisor monit; do systemctl --quiet --root="$ROOT" mask "$unit.service"; done
chroot "$ROOT" /usr/bin/python3 -m venv /opt/fermat-sidecar
mkdir "$ROOT/opt/fermat-wheels" "$ROOT/opt/bench"
cp "$WHEELS"/*.whl "$ROOT/opt/fermat-wheels"
cp -r "$CHECKOUT/benchmarks" "$ROOT/opt/bench"
PIP="/opt/fermat-sidecar/bin/pip install -q --disable-pip-version-check --no-index --find-links=/opt/fermat-wheels"
env -i PATH="$PATH" chroot "$ROOT" $PIP "fermat-sidecar[standin]"
cat > "$ROOT/etc/systemd/system/inside.service" <<'UNIT'
[Unit]
SuccessAction=exit
FailureAction=exit
After=multi-user.target
[Service]
Type=oneshot
WorkingDirectory=/opt/bench
ExecStart=/opt/fermat-sidecar/bin/python -m benchmarks.unit.inside /run/results/took.json
StandardOutput=append:/run/results/output
StandardError=append:/run/results/output
[Install]
WantedBy=multi-user.target
UNIT
systemctl --quiet --root="$ROOT" enable inside.service
