"""disk - a small disk for PostgreSQL, which can be filled and freed.

    with Small(directory) as disk:   # mounted there, if this may be done
        disk.fill()
        disk.free()

The mount is in a namespace of this process and its children alone, so it is
gone with the last of them, whatever happens. Where mounting is not allowed,
disk.missing says why, and the directory is an ordinary one.
"""

import ctypes
import functools
import os
import subprocess
from pathlib import Path

SIZE_MIB = 400
CLONE_NEWNS = 0x00020000
LIBC = ctypes.CDLL(None, use_errno=True)


class Small:
    def __init__(self, directory):
        self.directory = Path(directory)
        self.ballast = self.directory / "ballast"
        self.missing = None

    def __enter__(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.missing = own_namespace() or mounted(self.directory)
        return self

    def __exit__(self, *_):
        if not self.missing:
            subprocess.run(["umount", "--lazy", self.directory], check=False)

    def fill(self):
        """To the last page. How many MiB it took."""
        with open(self.ballast, "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                fill(file, bytes(size))
        return self.ballast.stat().st_size >> 20

    def free(self):
        self.ballast.unlink(missing_ok=True)


def fill(file, block):
    try:
        while True:
            file.write(block)
    except OSError:  # full
        return


@functools.cache
def own_namespace():
    """None, or why not. What is mounted afterwards nobody else sees."""
    if LIBC.unshare(CLONE_NEWNS) != 0:
        return f"unshare: {os.strerror(ctypes.get_errno())}"
    return failed(["mount", "--make-rprivate", "/"])


def mounted(directory):
    return failed([
        "mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0755",
        "clerkstream-tests", directory])  # fmt: skip


def failed(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None
