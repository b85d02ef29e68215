#!/bin/bash
# Unit mode: nothing but what the tests need beside it. install-units is called inside. A mail server that keeps what it
# gets, for the messages; and, where there is a JDK, a small server in the place of the real jar.
set -eu
cat > "$ROOT/etc/systemd/system/mails.service" <<'UNIT'
[Unit]
# So that it is there until the sidecar has stopped.
Before=fermat-sidecar.service
[Service]
ExecStart=/opt/fermat-sidecar/bin/python /opt/fermat-tests/unit/mails.py
StateDirectory=mails
[Install]
WantedBy=multi-user.target
UNIT
systemctl --quiet --root="$ROOT" enable mails.service
[ ! -e "$JAR" ] || install -m 644 "$JAR" "$ROOT/opt/fermat-tests/server.jar"
