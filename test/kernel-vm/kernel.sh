# Debian's kernels, unpacked below a cache folder, never installed. Sourced.
#
#   stable     Debian 12's: its iscsi_tcp, st, sg and ch meet tgt's library
#   backports  the newest that Debian 13 has: its scsi_debug can be a tape drive

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# fetch_kernel NAME FOLDER: FOLDER then holds `vmlinuz` and `modules` (for modprobe -d).
fetch_kernel() {
  local name=$1 folder=$2 part
  [ ! -e "$folder/complete" ] || return 0
  rm -rf "$folder"
  mkdir -p "$folder/packages" "$folder/root"
  case $name in
    stable) download_kernel bookworm image "$folder" ;;
    # Since 7.2 an image is in two packages.
    backports) download_kernel trixie-backports 'binary modules' "$folder" ;;
    *) echo "no kernel is called $name" >&2 && return 1 ;;
  esac
  for part in "$folder"/packages/*.deb; do dpkg-deb -x "$part" "$folder/root"; done
  rm -r "$folder/packages" "$folder/apt"
  link_kernel "$folder"
  touch "$folder/complete"
}

# download_kernel SUITE PARTS FOLDER
download_kernel() {
  local suite=$1 parts=$2 folder=$3 apt image part packages=()
  [ -e "$keyring" ] || { echo "test:kernel: Debian's kernels are had with apt on Debian only; $keyring is missing" >&2 && return 1; }
  mapfile -t apt < <(apt_options "$suite" "$folder/apt")
  apt-get "${apt[@]}" update > /dev/null
  image=$(apt-cache "${apt[@]}" depends linux-image-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
  [ -n "$image" ] || { echo "$suite has no linux-image-amd64" >&2 && return 1; }
  for part in $parts; do packages+=("${image/image/$part}"); done
  (cd "$folder/packages" && apt-get "${apt[@]}" download "${packages[@]}" > /dev/null)
}

# Options with which apt knows one suite and nothing of this machine's own lists; one a line.
apt_options() {
  local suite=$1 state=$2
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  echo "deb [signed-by=$keyring] $(debian_mirror) $suite main" > "$state/sources.list"
  printf '%s\n' -q -oAPT::Sandbox::User=root "-oDir::Etc::SourceList=$state/sources.list" -oDir::Etc::SourceParts=/dev/null \
    "-oDir::State::Lists=$state/lists" "-oDir::Cache::Archives=$state/archives" "-oDir::Cache::pkgcache=" "-oDir::Cache::srcpkgcache="
}

# The mirror this machine uses for Debian itself.
debian_mirror() {
  local mirror
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' | awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
  echo "${mirror:-http://deb.debian.org/debian}"
}

link_kernel() {
  local folder=$1 modules version
  modules=$(find "$folder/root" -type d -path '*/lib/modules/*' -name kernel -prune | head -n 1)
  modules=${modules%/kernel}
  version=$(basename "$modules")
  ln -sr "$(find "$folder/root" -name "vmlinuz*" | head -n 1)" "$folder/vmlinuz"
  ln -sr "${modules%/lib/modules/*}" "$folder/modules"
  # It misses lists of what is built in, which are not in every package.
  depmod -b "$folder/modules" "$version" 2> /dev/null
}
