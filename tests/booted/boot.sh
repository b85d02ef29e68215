#!/bin/bash
# boot.sh PREPARE RESULTS: boots a real systemd over this machine's own root, which stays as it is.
#
# All that is written goes to memory and is gone at the end. PREPARE is run with $ROOT set, still in the machine's
# network; the booted system has none but its own loopback. A reboot inside boots the same root again; the exit status is
# the one that `systemctl exit` gives. Needs root, and nothing but util-linux and systemd.
set -uo pipefail
export PREPARE=$1 RESULTS=$2
export W=/run/fermat-booted-$$ GROUP=/fermat-booted-$$
mkdir "$W" "$W.cg" && mount -t cgroup2 cgroup2 "$W.cg" && mkdir "$W.cg$GROUP" || exit 99
trap 'until find "$W.cg$GROUP" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.1; done
  umount "$W.cg"; rmdir "$W.cg" "$W"' EXIT
timeout --kill-after=10 300 unshare --mount --propagation private bash -euc '
  echo $$ > $W.cg$GROUP/cgroup.procs
  mount -t tmpfs -o mode=755 tmpfs $W; mkdir $W/upper $W/work $W/root; export ROOT=$W/root
  mount -t overlay -o lowerdir=/,upperdir=$W/upper,workdir=$W/work overlay $ROOT
  rm -rf $ROOT/etc/systemd/system $ROOT/etc/rc?.d $ROOT/var/log/journal $ROOT/var/lib/dbus/machine-id
  mkdir $ROOT/etc/systemd/system; : > $ROOT/etc/machine-id; echo booted > $ROOT/etc/hostname
  mkdir -p $ROOT/var/log/journal
  "$PREPARE"
  # The kernel ends a PID 1 that reboots by SIGHUP.
  status=129; while [ $status = 129 ]; do status=0; unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup bash -euc '\''
    mount -t proc -o nosuid,nodev,noexec proc $ROOT/proc
    # Read-only, or systemd-sysctl would write the settings of the machine itself.
    mount --bind $ROOT/proc/sys $ROOT/proc/sys
    mount -o remount,bind,ro,nosuid,nodev,noexec $ROOT/proc/sys
    [ ! -e $ROOT/proc/sysrq-trigger ] || mount --bind /dev/null $ROOT/proc/sysrq-trigger
    mount -t sysfs -o ro,nosuid,nodev,noexec sysfs $ROOT/sys
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 $ROOT/sys/fs/cgroup
    mount -t tmpfs -o mode=755,nosuid tmpfs $ROOT/dev
    for name in null zero full random urandom tty; do
      : > $ROOT/dev/$name; mount --bind /dev/$name $ROOT/dev/$name
    done
    mkdir $ROOT/dev/pts $ROOT/dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts $ROOT/dev/pts
    ln -s pts/ptmx $ROOT/dev/ptmx; ln -s /proc/self/fd $ROOT/dev/fd
    for place in dev/shm:1777 run:755 tmp:1777; do
      mount -t tmpfs -o mode=${place#*:},nosuid,nodev tmpfs $ROOT/${place%:*}
    done
    mkdir -p $ROOT/run/results; mount --bind $RESULTS $ROOT/run/results
    ip link set lo up
    cd $ROOT; mkdir -p old; pivot_root . old; umount -l /old; rmdir /old
    # As a machine has it: systemd hands credentials to a unit by a mount of its own.
    mount --make-rshared /
    exec setpriv \
      --bounding-set -sys_module,-sys_rawio,-sys_time,-mknod,-syslog,-mac_admin,-mac_override,-audit_control \
      env -i container=fermat PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
  '\'' bash || status=$?; done; exit $status
' bash </dev/null
