# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts in this folder; source it, do not run it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Where the script was called; paths on its command line are relative to it.
caller=$PWD
cd "$root"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf 'facet: %s\n' "$*" >&2
  exit 1
}

# How many compilers at once: each of those that see LibTorch takes 2 GiB.
build_jobs() {
  local cores memory_kib
  cores=$(nproc)
  memory_kib=$(awk '/MemAvailable/ {print $2}' /proc/meminfo)
  local by_memory=$((memory_kib / 2097152))
  local jobs=$((cores < by_memory ? cores : by_memory))
  echo $((jobs > 0 ? jobs : 1))
}
