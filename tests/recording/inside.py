"""Runs on the stage, as the user, by any Python from 3.8 on: records the machine that it finds there.

    python -I inside.py SPECIFICATION.json FOLDER

The folders named under "code" come first on sys.path. `Changed` answers what a stage cannot show.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from envdoctor.host import Disk, Host, Identity, Output, Stat
    from envdoctor.reading import Reading


class Changed:
    """A host with some answers set by hand.

    reads    path -> text of the file; null: not there
    gone     beginnings of paths below which nothing is
    links    path -> what realpath answers
    points   path -> what readlink answers
    finds    path -> what any search in that file finds
    said     [old, new] texts to replace in what the interpreter says of itself
    disks    [beginning of a path, total bytes, free bytes], the first that fits
    runs     program -> what it prints
    kernel, cpus, limits
    """

    def __init__(self, inner: Host, changes: Mapping[str, Any]) -> None:
        self._inner = inner
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _gone(self, path: str) -> bool:
        return path.startswith(tuple(self._changes.get("gone", ())))

    def read(self, path: str, limit: int = 1 << 20) -> Reading[str]:
        from envdoctor.reading import Absent, Known

        reads: Dict[str, Optional[str]] = self._changes.get("reads", {})
        if path in reads:
            text = reads[path]
            return Absent((path,)) if text is None else Known(text[:limit], path)
        return Absent((path,)) if self._gone(path) else self._inner.read(path, limit)

    def _asked(self, method: str, path: str, *more: Any) -> Any:
        from envdoctor.reading import Absent

        return Absent((path,)) if self._gone(path) else getattr(self._inner, method)(path, *more)

    def read_bytes(self, path: str, offset: int, size: int) -> Reading[bytes]:
        return self._asked("read_bytes", path, offset, size)  # type: ignore[no-any-return]

    def search(
        self, path: str, pattern: str, limit: int = 64, start: int = 0, size: Optional[int] = None
    ) -> Reading[Tuple[str, ...]]:
        from envdoctor.reading import Known

        if path in self._changes.get("finds", {}):
            return Known(tuple(self._changes["finds"][path]), path)
        return self._asked("search", path, pattern, limit, start, size)  # type: ignore[no-any-return]

    def listdir(self, path: str) -> Reading[Tuple[str, ...]]:
        return self._asked("listdir", path)  # type: ignore[no-any-return]

    def stat(self, path: str) -> Reading[Stat]:
        return self._asked("stat", path)  # type: ignore[no-any-return]

    def readlink(self, path: str) -> Reading[str]:
        from envdoctor.reading import Known

        if path in self._changes.get("points", {}):
            return Known(self._changes["points"][path], path)
        return self._asked("readlink", path)  # type: ignore[no-any-return]

    def realpath(self, path: str) -> Reading[str]:
        from envdoctor.reading import Known

        if path in self._changes.get("links", {}):
            return Known(self._changes["links"][path], path)
        return self._asked("realpath", path)  # type: ignore[no-any-return]

    def access(self, path: str, mode: str) -> Reading[bool]:
        return self._asked("access", path, mode)  # type: ignore[no-any-return]

    def disk(self, path: str) -> Reading[Disk]:
        from envdoctor.host import Disk
        from envdoctor.reading import Known

        found = self._asked("disk", path)
        if isinstance(found, Known):
            for start, total, free in self._changes.get("disks", ()):
                if path.startswith(start):
                    return Known(Disk(total, free, total >> 14, free >> 14), path)
        return found  # type: ignore[no-any-return]

    def run(
        self,
        argv: Sequence[str],
        seconds: float,
        env: Optional[Mapping[str, Optional[str]]] = None,
        limit: int = 1 << 20,
    ) -> Reading[Output]:
        from envdoctor.host import Output
        from envdoctor.reading import Known

        if argv[0] in self._changes.get("runs", {}):
            return Known(Output(0, self._changes["runs"][argv[0]], ""), " ".join(argv))
        return self._inner.run(argv, seconds, env, limit)

    def ask(self, python: str, script: str, args: Sequence[str], seconds: float) -> Reading[str]:
        from envdoctor.reading import mapped

        return mapped(self._inner.ask(python, script, args, seconds), self._said)

    def _said(self, text: str) -> str:
        for old, new in self._changes.get("said", ()):
            if old not in text:
                raise SystemExit(f"the interpreter says nothing of {old}")
            text = text.replace(old, new)
        return text

    def identity(self) -> Identity:
        from envdoctor.host import Identity

        own = self._inner.identity()
        kernel = self._changes.get("kernel", own.kernel)
        return Identity(own.uid, own.user, own.home, own.system, kernel, own.machine)

    def cpus(self) -> Reading[int]:
        from envdoctor.reading import mapped

        return mapped(self._inner.cpus(), lambda own: int(self._changes.get("cpus", own)))

    def limits(self) -> Tuple[Tuple[str, int, int], ...]:
        set_by_hand = {name: (name, soft, hard) for name, soft, hard in self._changes.get("limits", ())}
        return tuple(set_by_hand.get(own[0], own) for own in self._inner.limits())


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        specification = json.load(file)
    sys.path[:0] = specification["code"]
    from envdoctor.doctor import look
    from envdoctor.host import LocalHost
    from envdoctor.record import RecordingHost
    from envdoctor.target import Request

    request = Request(**specification["request"])
    changed: Any = Changed(LocalHost(specification["environ"]), specification["changes"])
    host = RecordingHost(changed)
    _, probes = look(host, request)
    late = [run for run in probes if run.status == "crashed"]
    if late:
        raise SystemExit(f"probes crashed: {late}")
    host.save(sys.argv[2])


if __name__ == "__main__":
    main()
