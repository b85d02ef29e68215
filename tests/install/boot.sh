#!/bin/bash
# boot.sh TREE PREPARE PIDFILE [systemd-nspawn options]: boots a copy of TREE that is in memory alone, by systemd-nspawn.
#
# PREPARE is run first, with $ROOT set. Its PID 1, as this machine counts, is in PIDFILE; a reboot inside boots the same
# copy again. It has no network but its own loopback. SIGTERM shuts it down. Needs root; leaves nothing behind.
set -uo pipefail
export TREE=$1 PREPARE=$2 PIDFILE=$3; shift 3
export W=/run/fermat-install-$$ GROUP=/fermat-install-$$
mkdir "$W" "$W.cg" && mount -t cgroup2 cgroup2 "$W.cg" && mkdir "$W.cg$GROUP" || exit 99
trap 'until find "$W.cg$GROUP" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.1; done
  umount "$W.cg"; rmdir "$W.cg" "$W"' EXIT
trap 'kill -TERM $CHILD' TERM INT
unshare --mount --propagation private bash -uc '
  set -e
  echo $$ > $W.cg$GROUP/cgroup.procs
  mount -t cgroup2 cgroup2 /sys/fs/cgroup                       # version 2, whatever this machine has there
  mount -t tmpfs -o mode=755 tmpfs $W; mkdir $W/upper $W/work $W/root $W/nspawn; export ROOT=$W/root
  mkdir -p /run/systemd/nspawn; mount --bind $W/nspawn /run/systemd/nspawn
  mount -t overlay -o lowerdir=$TREE,upperdir=$W/upper,workdir=$W/work overlay $ROOT
  "$PREPARE"
  set +e; trap "kill -TERM \$N" TERM
  while :; do
    systemd-nspawn --quiet --boot --directory=$ROOT --machine=fermat --register=no --keep-unit --private-network \
      --link-journal=no --resolv-conf=off --timezone=off --console=pipe "$@" & N=$!
    until P=$(cat /proc/$N/task/$N/children) && [ -n "$P" ] && grep -qx systemd /proc/${P%% *}/comm; do
      kill -0 $N 2>/dev/null || break; sleep 0.02
    done
    echo ${P%% *} > $PIDFILE
    while kill -0 $N 2>/dev/null; do wait $N; status=$?; done
    [ $status = 133 ] || exit $status                           # 133: a reboot, under --keep-unit
  done
' bash "$@" </dev/null &
CHILD=$!; while kill -0 $CHILD 2>/dev/null; do wait $CHILD; status=$?; done
exit $status
