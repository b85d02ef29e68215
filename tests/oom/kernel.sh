#!/bin/bash
# kernel.sh DIRECTORY: Debian's own kernel, fetched and unpacked but not installed, as DIRECTORY/vmlinuz; and
# DIRECTORY/initrd.gz, which mounts the root and the results that boot-qemu.sh shares, and gives control to systemd.
set -eu
mkdir -p "$1"; cd "$1"
package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ {print $2; exit}')
[ -n "$package" ] || { echo "apt knows no linux-image-amd64: apt-get update" >&2; exit 1; }
work=$(mktemp -d -p .); trap 'rm -rf "$work"' EXIT; chmod 755 "$work"
(cd "$work" && apt-get download -qq "$package" busybox-static)
dpkg -x "$work/$package"_*.deb "$work/kernel"; dpkg -x "$work"/busybox-static_*.deb "$work/busybox"

initrd=$work/initrd; busybox=$PWD/$work/busybox/bin/busybox
mkdir -p "$initrd"/{bin,proc,sys,dev,lower,memory,modules}
cp "$busybox" "$initrd/bin/"
for name in sh mount umount insmod mkdir switch_root; do ln -s busybox "$initrd/bin/$name"; done
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci netfs fscache 9pnet 9pnet_virtio 9p
  overlay autofs4 inet_diag tcp_diag"
for name in $modules; do
  cp "$(find "$work/kernel" -name "$name.ko" | grep .)" "$initrd/modules/"   # in this order: each needs those before it
done
cat > "$initrd/init" <<INIT
#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
for name in $(echo $modules); do insmod /modules/\$name.ko; done
share=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o \$share,cache=loose,ro root /lower
mount -t tmpfs -o mode=755 memory /memory; mkdir /memory/upper /memory/work /memory/root
mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work overlay /memory/root
mkdir -p /memory/root/results; mount -t 9p -o \$share,cache=none results /memory/root/results
# Or systemd would empty these, file by file, of what the machine itself has in them.
for name in tmp var/tmp; do mount -t tmpfs -o mode=1777 memory /memory/root/\$name; done
umount /proc /sys; mount --move /dev /memory/root/dev
exec switch_root /memory/root /lib/systemd/systemd
INIT
chmod 755 "$initrd/init"
(cd "$initrd" && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) > initrd.gz
mv "$work"/kernel/boot/vmlinuz-* vmlinuz   # last: with it all is there
