"""Whether a shell's start-up files set up conda, so that `conda activate` can work."""

from __future__ import annotations

import posixpath
import re
from typing import List, Optional

from ..host import Host
from ..reading import Absent, Known, Reading, Unknown

_IN_HOME = (".bashrc", ".zshrc", ".bash_profile", ".profile", ".zprofile", ".config/fish/config.fish", ".tcshrc")
_FOR_ALL = ("/etc/profile.d/conda.sh", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zshrc", "/etc/zsh/zshrc")

#: What `conda init`, `mamba init` and `micromamba shell init` write, and what people write by hand.
_SIGNS = (
    r"(?m)^# >>> (?:conda|mamba|micromamba) initialize >>>"
    r"|^(?!\s*#)[^\n]*(?:etc/(?:profile\.d/(?:conda|mamba|micromamba)\.c?sh|fish/conf\.d/conda\.fish)"
    r"|\b(?:conda|mamba|micromamba)\"?\s+\"?shell[. ]\"?(?:bash|zsh|fish|posix|hook))"
)


def conda_initialised(host: Host) -> Reading[str]:
    """The first start-up file that holds conda's block, sources conda.sh or evaluates a hook. Absent: none does.

    /etc/profile.d/conda.sh counts by being there: login shells read it.
    """
    home = host.environ.get("HOME") or host.identity().home
    paths = ([posixpath.join(home, name) for name in _IN_HOME] if home else []) + list(_FOR_ALL)
    looked: List[str] = []
    failed: Optional[Unknown] = None
    for path in paths:
        text = host.read(path)
        if isinstance(text, Known) and (path == _FOR_ALL[0] or _signs(text.value)):
            return Known(path, path)
        if isinstance(text, Unknown):
            failed = failed or text
        looked.append(path)
    return failed or Absent(tuple(looked))


def _signs(text: str) -> bool:
    # Most files name neither; to compile the pattern for them takes as long as reading all of them.
    return ("conda" in text or "mamba" in text) and re.search(_SIGNS, text) is not None
