#!/bin/bash
# boot-qemu.sh PREPARE KERNEL RESULTS: boots this machine's own root, which stays as it is, under a kernel of its own.
#
# The kernel is emulated, so that all controllers of cgroup v2 are there, whatever the machine itself does with them.
# KERNEL is the directory that kernel.sh makes. PREPARE is run with $ROOT set, still in the machine's network. All that
# is written goes to memory and is gone at the end, but for RESULTS: /results in the booted system. Needs root.
set -uo pipefail
export PREPARE=$1 KERNEL=$2 RESULTS=$3 W=/run/fermat-oom-$$
mkdir "$W" || exit 99
trap 'rmdir "$W"' EXIT
timeout --kill-after=5 "${PATIENCE:-255}" unshare --mount --propagation private --pid --fork --kill-child bash -euc '
  mount -t tmpfs -o mode=755 tmpfs $W; mkdir $W/upper $W/work $W/root; export ROOT=$W/root
  mount -t overlay -o lowerdir=/,upperdir=$W/upper,workdir=$W/work overlay $ROOT
  rm -rf $ROOT/etc/systemd/system $ROOT/etc/rc?.d $ROOT/var/log/journal $ROOT/var/lib/dbus/machine-id
  mkdir $ROOT/etc/systemd/system; : > $ROOT/etc/machine-id; : > $ROOT/etc/fstab; echo booted > $ROOT/etc/hostname
  # There is no hardware to speak of, and no modules; each of these costs seconds in emulation.
  for unit in sys-kernel-{debug,tracing}.mount systemd-{udevd,udev-trigger,modules-load,binfmt,timesyncd,networkd}.service \
      systemd-udevd-{control,kernel}.socket modprobe@.service dev-hugepages.mount sys-fs-fuse-connections.mount \
      proc-sys-fs-binfmt_misc.{auto,}mount serial-getty@ttyS0.service getty@tty1.service; do
    ln -s /dev/null $ROOT/etc/systemd/system/$unit
  done
  "$PREPARE"
  exec qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 4096 \
    -nodefaults -no-user-config -display none -no-reboot -nic none -serial file:$RESULTS/console \
    -virtfs local,path=$ROOT,mount_tag=root,security_model=passthrough,readonly=on,multidevs=remap \
    -virtfs local,path=$RESULTS,mount_tag=results,security_model=passthrough \
    -kernel $KERNEL/vmlinuz -initrd $KERNEL/initrd.gz \
    -append "console=ttyS0 quiet panic=-1 mitigations=off apparmor=0 audit=0 nokaslr random.trust_cpu=1 net.ifnames=0"
' bash </dev/null
