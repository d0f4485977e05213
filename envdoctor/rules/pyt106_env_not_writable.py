"""The active environment may not be changed by this user.

It finds a site-packages folder without write permission, or on a read-only mount, in a virtual or conda environment:
a shared one, or one that was made as root. As long as torch is there this is a note: a shared environment that only
its owner changes is a good thing.

It matters because pip then says "Defaulting to user installation because normal site-packages is not writeable", and
puts packages into ~/.local, where they shadow those of every environment with the same Python version.

It is mended by an environment of your own. Where the folder lies in your own home, an administrator can give it back.

It leaves alone a system Python: nobody but root may write there, and that is how it should be.

Example: /opt/miniconda3 belongs to root: `pip install` and `conda install` fail or end up in ~/.local.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from ..compat import CompatTable
from ..facts import Facts
from ..reading import need, value_or
from ..report import Evidence, Finding, NeedCommand, NeedEnvironment, NotApplicable, Remedy
from ._common import finding, seen
from ._wanted import PRESENT, torch_state

ID = "PYT106"
NAME = "env-not-writable"
SEVERITY = "warning"
TAGS = ("python", "install")


def check(facts: Facts, table: CompatTable) -> Iterator[Finding]:
    if need(facts.python.kind, "the kind of environment") == "system":
        raise NotApplicable("a system Python is not written to by its users")
    if need(facts.python.site_packages_writable, "whether site-packages may be written"):
        return
    folder = need(facts.python.site_packages, "site-packages")
    pending = torch_state(facts) != PRESENT or bool(value_or(facts.installs.leftovers, ()))
    yield finding(
        ID,
        NAME,
        # As long as nothing is to be installed, a shared environment that only its owner changes is a good thing.
        "warning" if pending else "note",
        f"you may not write to {folder}",
        "Installs fail, or land in ~/.local where every environment of this Python version sees them.",
        (seen("no write permission", facts.python.site_packages_writable), *_mount(facts)),
        (Remedy("make an environment of your own", (NeedEnvironment(),)), *_give_back(facts)),
    )


def _mount(facts: Facts) -> Tuple[Evidence, ...]:
    for place in value_or(facts.storage.places, ()):
        if place.role == "site-packages" and value_or(place.read_only, False):
            return (seen("the mount is read-only", place.read_only),)
    return ()


def _give_back(facts: Facts) -> Tuple[Remedy, ...]:
    """An environment in the user's own home that belongs to somebody else: made with sudo by mistake."""
    prefix, user = value_or(facts.python.prefix, ""), value_or(facts.session.user, "")
    homes = [place.path for place in value_or(facts.storage.places, ()) if place.role == "home"]
    if not user or _mount(facts) or not any(prefix.startswith(home.rstrip("/") + "/") for home in homes if home):
        return ()
    command = NeedCommand((("chown", "-R", user, prefix),), who="admin")
    return (Remedy("have the environment given back to you", (command,)),)
