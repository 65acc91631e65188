# What the virtual machine and the tape library in it need of the host. Sourced.

# The program or file that shows that the package is there, and the package.
required_packages() {
  cat << 'LIST'
qemu-system-x86_64 qemu-system-x86
busybox busybox-static
cpio cpio
kmod kmod
xz xz-utils
tgtd tgt
iscsid open-iscsi
lsscsi lsscsi
mtx mtx
mt-st mt-st
sg_inq sg3-utils
/usr/lib/x86_64-linux-gnu/libiscsi.so.7 libiscsi7
LIST
}

missing_packages() {
  local program package
  while read -r program package; do
    [ -e "$program" ] || PATH=$PATH:/usr/sbin:/sbin command -v "$program" > /dev/null || echo "$package"
  done < <(required_packages)
}

# Installs with apt what is missing. Services that come with it are not started: both run in the guest only.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "test:kernel: missing, and only root can install it: apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "installing ${missing[*]}"
  apt-get -q update > /dev/null
  without_services env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}" > /dev/null
}

# Debian asks /usr/sbin/policy-rc.d before it starts a service; 101 forbids it.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  [ ! -e "$policy" ] || { "$@"; return; }
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}
