"""A mount that never answers, as a dead NFS server's does: FUSE with nobody serving it. Needs root and /dev/fuse."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path
from typing import Iterator

MNT_DETACH = 2


@contextlib.contextmanager
def stuck_mount(folder: Path) -> Iterator[Path]:
    """Every question about `folder` hangs inside the block; those that hang are released at its end."""
    libc = ctypes.CDLL(None, use_errno=True)
    server = os.open("/dev/fuse", os.O_RDWR)
    where = os.fsencode(folder)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    try:
        if libc.mount(b"stuck", where, b"fuse", 0, options):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
        try:
            yield folder
        finally:
            libc.umount2(where, MNT_DETACH)
    finally:
        os.close(server)  # the kernel aborts the connection: whoever waits gets an error
