"""The answer of inside/ask.py as a healthy interpreter gives it, to change one thing at a time."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from envdoctor.active import choose
from envdoctor.reading import Known, Unknown
from envdoctor.target import Request, Target
from tests.fakes import FakeHost

ENV = "/home/ana/envs/yolo"
SITE = f"{ENV}/lib/python3.11/site-packages"
PYTHON = f"{ENV}/bin/python"


def row(name: str, version: str, **changes: Any) -> Dict[str, Any]:
    base: Dict[str, Any] = {
        "name": name,
        "version": version,
        "location": SITE,
        "metadata": f"{SITE}/{name}-{version}.dist-info",
        "installer": "pip",
        "editable": False,
        "url": "",
        "requires": [],
        "requires_python": "",
        "readable": True,
        "record": 10,
        "sampled": 3,
        "missing": [],
    }
    return {**base, **changes}


def copy(name: str, version: str = "", **changes: Any) -> Dict[str, Any]:
    path = f"{SITE}/{name}/__init__.py"
    base = {"path": path, "kind": "package", "entry": SITE, "origin": "site-packages", "version": version}
    return {**base, **changes}


def answer(**parts: Any) -> Dict[str, Any]:
    """`interpreter` and `site` are changed field by field, every other part as a whole."""
    base: Dict[str, Any] = {
        "notes": [],
        "interpreter": {
            "version": "3.11.7",
            "implementation": "CPython",
            "executable": PYTHON,
            "prefix": ENV,
            "base_prefix": "/usr",
            "exec_prefix": ENV,
            "stdlib": "/usr/lib/python3.11",
            "abiflags": "",
            "free_threaded": False,
            "bits": 64,
            "system": "Linux",
            "machine": "x86_64",
            "platform": "linux-x86_64",
            "libc": "glibc 2.35",
            "flags": {},
        },
        "environ": {},
        "cwd": "/home/ana/work",
        "site": {
            "user_site": "/home/ana/.local/lib/python3.11/site-packages",
            "user_site_enabled": False,
            "site_dirs": [SITE],
            "purelib": SITE,
            "platlib": SITE,
            "externally_managed": None,
        },
        "path": [
            {"path": "", "origin": "cwd", "exists": True},
            {"path": "/usr/lib/python3.11", "origin": "stdlib", "exists": True},
            {"path": SITE, "origin": "site-packages", "exists": True},
        ],
        "distributions": [row("torch", "2.5.1+cu121"), row("pip", "24.2")],
        "leftovers": [],
        "modules": {"torch": [copy("torch", "2.5.1+cu121")], "numpy": []},
    }
    for name, part in parts.items():
        base[name] = {**base[name], **part} if name in ("interpreter", "site") else part
    return base


def machine(said: Optional[Dict[str, Any]] = None, **fields: Any) -> FakeHost:
    """A host on which the environment is active and its interpreter says `said`."""
    files = {PYTHON: b"\x7fELF\0", f"{ENV}/pyvenv.cfg": "home = /usr/bin\n", **fields.pop("files", {})}
    environ = {"PATH": f"{ENV}/bin:/usr/bin", "HOME": "/home/ana", "VIRTUAL_ENV": ENV, **fields.pop("environ", {})}
    host = FakeHost(files=files, environ=environ, **fields)
    host.asks[(PYTHON, "ask")] = Known(json.dumps(answer() if said is None else said), PYTHON)
    return host


def target(host: FakeHost) -> Target:
    return choose(host, Request())


def silent(host: FakeHost) -> FakeHost:
    """The same machine, where the interpreter does not answer."""
    host.asks.clear()
    host.asks[(PYTHON, "ask")] = Unknown("timeout", "no end within 8 s", PYTHON)
    return host
