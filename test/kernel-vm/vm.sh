# A throw-away virtual machine: QEMU without KVM, a kernel of kernel.sh, the host's files below an overlay that is lost. Sourced.

# build_initrd KERNEL_FOLDER OUTPUT: the modules that reach the host's files, busybox, and guest/init.
build_initrd() {
  local kernel=$1 output=$2 root module number=10
  root=$(mktemp -d)
  mkdir -p "$root"/{bin,proc,sys,dev,host,up,modules}
  cp "$(PATH=$PATH:/bin command -v busybox)" "$root/bin/busybox"
  install -m 755 "$here/guest/init" "$root/init"
  while read -r module; do
    unpack "$module" > "$root/modules/$number-$(basename "$module")"
    number=$((number + 1))
  done < <(module_files "$kernel" virtio_pci 9pnet_virtio 9p overlay)
  (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) > "$output"
  rm -r "$root"
}

# The files of modules and of what they need, in the order of loading. One that is built into the kernel has none, and is not known.
module_files() {
  local kernel=$1 version module
  shift
  version=$(basename "$kernel"/modules/lib/modules/*)
  for module in "$@"; do
    modprobe -d "$kernel/modules" -S "$version" --show-depends "$module" 2> /dev/null || true
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

unpack() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -dc "$1" ;;
    *) cat "$1" ;;
  esac
}

# boot KERNEL_FOLDER OUT_FOLDER SECONDS SCRIPT...: runs SCRIPT (of this project) in the machine as root, with OUT_FOLDER as /out,
# and returns its status; 124 when it took longer, 125 when the machine ended without one.
boot() {
  local kernel=$1 out=$2 seconds=$3
  shift 3
  rm -rf "$out"
  mkdir -p "$out"
  build_initrd "$kernel" "$out/initrd.gz"
  {
    printf 'export PATH=%q PROJECT=%q MODULES=%q\n' "$PATH:/usr/sbin:/sbin" "$project" "$kernel/modules"
    # Also where it is not on the root file system, or on one that the guest has an empty one instead of, such as /tmp.
    printf 'mkdir -p "$PROJECT" && mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro project "$PROJECT" && cd "$PROJECT" || exit\n'
    printf 'exec bash'
    printf ' %q' "$@"
    printf '\n'
  } > "$out/start.sh"
  timeout --kill-after=10 "$seconds" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 2G \
    -display none -monitor none -serial stdio -no-reboot -nic none -kernel "$kernel/vmlinuz" -initrd "$out/initrd.gz" \
    -append "console=ttyS0 panic=-1 quiet" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -virtfs "local,path=${project//,/,,},mount_tag=project,security_model=none,readonly=on,multidevs=remap" \
    -virtfs "local,path=${out//,/,,},mount_tag=out,security_model=none" < /dev/null || return $?
  rm -f "$out/initrd.gz"
  return "$(cat "$out/status" 2> /dev/null || echo 125)"
}
