#!/bin/bash
# Command mode: a user, the unit and a configuration that starts the stand-in.
set -eu
chroot "$ROOT" useradd --system --home-dir /nonexistent fermat
install -m 644 "$CHECKOUT/systemd/command-mode/fermat-sidecar.service" "$ROOT/etc/systemd/system/"
mkdir -p "$ROOT/etc/systemd/system/fermat-sidecar.service.d" "$ROOT/etc/fermat-sidecar"
printf '[Service]\nWatchdogSec=2\n' > "$ROOT/etc/systemd/system/fermat-sidecar.service.d/sooner.conf"
cat > "$ROOT/etc/fermat-sidecar/sidecar.toml" <<'TOML'
[server]
command = ["/opt/fermat-sidecar/bin/python", "-m", "cloudserver", "--port", "9090"]
directory = "/var/lib/fermat-sidecar"
TOML
