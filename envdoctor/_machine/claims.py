"""Claims: a lock a thing, in a folder that every user may write, released by the kernel when its holder has died.

Whoever holds the descriptor holds the claim, across exec and fork, and nothing is left to clean up. The files stay,
empty and read-only: only locks on them mean anything. Nothing here waits: locks are tried, never queued for, files are
opened without following a link or waiting for a FIFO's other end, and the folder is held open while it is used.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from typing import Callable, List, NamedTuple, Optional, Tuple

_SHARED = stat.S_ISVTX | 0o777
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

# Linux's locks of open file descriptions (fcntl.h); the fcntl module names them from Python 3.9 on.
_GETLK, _SETLK = 36, 37
_OUT_OF_THE_WAY = 200
_FLOCK = "hhqqi4x"  # struct flock: type, whence, start, length, pid


class Taken(Exception):
    """Somebody else holds the claim."""


class Foul(Exception):
    """What stands at that place cannot be trusted; the sentence says what it is and whose."""

    def __init__(self, sentence: str, uid: int) -> None:
        super().__init__(sentence)
        self.uid = uid


class Lock(NamedTuple):
    """A line of /proc/locks. `pid` is the process that took it, -1 where the kernel does not say."""

    kind: str  # FLOCK | OFDLCK | POSIX ...
    pid: int
    file: Tuple[int, int, int]  # major and minor number of the device, inode
    start: int


def open_folder(path: str) -> int:
    """A descriptor of the folder, made if need be. Foul: it is a link, or not sticky and open to all; OSError."""
    _made(lambda: os.mkdir(path, _SHARED))
    try:
        folder = os.open(path, _FLAGS | os.O_DIRECTORY)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EACCES):
            raise Foul("is no folder that all may use", os.lstat(path).st_uid) from None
        raise
    found = os.fstat(folder)
    if found.st_mode & 0o7777 & _SHARED != _SHARED:
        os.close(folder)
        raise Foul("is not open to all users", found.st_uid)
    return folder


def open_file(folder: int, name: str) -> int:
    """A descriptor of an empty file to lock. Foul: a link, a FIFO, a folder, one of two names, a closed one."""
    for _ in range(20):  # it may appear and vanish between the two calls, but not for ever
        try:
            descriptor = os.open(name, _FLAGS, dir_fd=folder)
        except FileNotFoundError:
            _made(lambda: os.close(os.open(name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o444, dir_fd=folder)))
            continue
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EACCES, errno.ENXIO, errno.ENODEV):
                owner = os.stat(name, dir_fd=folder, follow_symlinks=False).st_uid
                raise Foul("cannot be opened or is a link", owner) from None
            raise
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            return descriptor
        os.close(descriptor)
        if found.st_nlink != 0:  # 0: removed since it was opened
            raise Foul("is no plain file", found.st_uid)
    raise OSError(errno.EAGAIN, "the file does not stay")


def _made(make: Callable[[], None]) -> None:
    """Make a folder or file with its mode in one step: nobody ever sees it half made."""
    mask = os.umask(0)
    try:
        make()
    except FileExistsError:
        pass
    finally:
        os.umask(mask)


def take(folder: int, name: str) -> int:
    """The descriptor that holds the claim. Taken, Foul, or OSError where files cannot be made here."""
    for _ in range(20):
        descriptor = open_file(folder, name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _stands(folder, name, descriptor):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise Taken(name) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # it was replaced meanwhile: a lock on a file without a name claims nothing
    raise OSError(errno.EAGAIN, "the file does not stay")


def _stands(folder: int, name: str, descriptor: int) -> bool:
    try:
        there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


def queue_up(descriptor: int, number: int) -> bool:
    """Stand in line at this place of the file; the place is given up when the descriptor is closed. False: refused."""
    try:
        fcntl.fcntl(descriptor, _SETLK, struct.pack(_FLOCK, fcntl.F_RDLCK, os.SEEK_SET, number, 1, 0))
    except OSError:
        return False
    return True


def somebody_before(descriptor: int, number: int) -> bool:
    """Whether another stands in line at a smaller number, whatever PID name space it is in."""
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, number, 0)
    answer: int = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, _GETLK, asked))[0]
    return answer != fcntl.F_UNLCK


def file_named(folder: int, name: str) -> Optional[Tuple[int, int, int]]:
    """The file as /proc/locks names it, None where there is none. It is not opened."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return os.major(found.st_dev), os.minor(found.st_dev), found.st_ino


def locks(text: str) -> List[Lock]:
    """The lines of /proc/locks; waiting ones ("->") and lines of an unknown form are passed over."""
    found = []
    for line in text.splitlines():
        words = line.split()
        try:
            if words[1] != "->":
                major, minor, inode = words[5].split(":")
                where = (int(major, 16), int(minor, 16), int(inode))
                found.append(Lock(words[1], int(words[4]), where, int(words[6])))
        except (IndexError, ValueError):
            continue
    return found


def inherit(descriptor: int) -> None:
    """Let the program that this process becomes keep it, out of the way of the low numbers that shell scripts use."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_DUPFD, _OUT_OF_THE_WAY)
    except OSError:  # a tight limit on descriptors
        os.set_inheritable(descriptor, True)


def close(descriptor: int) -> None:
    os.close(descriptor)
