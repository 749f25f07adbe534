"""A process as a container would run it, where there is no engine: nobody special, on files that it cannot write to."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

USER = 10001
_ISOLATE = r"""
set -e
root=/mnt user=$1 volumes=$2 seen=$3
shift 3
mount --make-rprivate /
mount -t tmpfs none $root
for entry in /*; do
  if [ -L "$entry" ]; then cp -P "$entry" $root
  elif [ -d "$entry" ] && [ "$entry" != $root ]; then
    mkdir "$root$entry"
    case $entry in
      /tmp) mount -t tmpfs -o mode=1777 none "$root$entry" ;;
      /proc|/dev|/sys) mount --rbind "$entry" "$root$entry" ;;
      *) mount --bind "$entry" "$root$entry"; mount -o remount,bind,ro "$root$entry" ;;
    esac
  fi
done
for pair in $seen $volumes; do
  mkdir -p "$root${pair#*=}"
  mount --bind "${pair%%=*}" "$root${pair#*=}"
done
for pair in $seen; do mount -o remount,bind,ro "$root${pair#*=}"; done
mount -o remount,ro $root
exec chroot $root setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
  --inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search --bounding-set=-all,+dac_read_search \
  sh -c 'cd /tmp && exec "$@"' sh "$@"
"""


def as_a_container(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    seen: Mapping[str, Path],
    volumes: Mapping[str, Path],
    log: IO[bytes],
) -> subprocess.Popen[bytes]:
    """Start the command. By their places: folders of this machine that are `seen`, `volumes` that can be written to.

    It may read what belongs to others (Python may lie in the home of somebody), and nothing else that its user may not.
    """
    pairs = [" ".join(f"{folder}={place}" for place, folder in some.items()) for some in (volumes, seen)]
    path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    return subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", _ISOLATE, "sh", str(USER), *pairs, *command],
        env={**path, **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
