"""Names and secrets out of what leaves this machine, the same one always replaced by the same alias.

Who: the user, other users, the host, mail addresses. What: passwords and tokens, GPU UUIDs. Paths, package names and
versions stay what they are, because they are what a diagnosis needs. A name that is also a common word or the name of
an installed package (a user called torch) is replaced only where a person's name stands: below /home, before @ and
after ~.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Match, Pattern, Tuple

from .urls import HIDDEN, strip_credentials

#: Names that identify nobody, and that programs, packages and folders have as well.
_COMMON = """
    a100 admin administrator anaconda anaconda3 app apps b200 bin build centos cluster conda core cuda data dataset
    datasets debian dev dgx dist docker docs env envs etc examples fedora git gpu gpus guest h100 h200 home host jax
    jupyter keras lab lib local localhost main mambaforge media miniconda miniconda3 miniforge3 mnt model models net
    nobody node numpy nvidia opt pandas pip pkgs prod project projects public python pytorch requests rich root run
    scipy scratch server service share shared site software src srv staff student students sys system tensorflow
    test tests tmp tools torch train transformers triton ubuntu user users usr v100 var venv work workspace yolo
"""
COMMON = frozenset(_COMMON.split())

#: Folders below /home that are no person's.
_NOBODYS = frozenset(("conda", "linuxbrew", "shared", "Shared", "runner", "user"))

#: Files that are looked for in every folder above a project, /home too.
_FILES = (".toml", ".lock", ".cfg")

_HOMES = re.compile(r"(/(?:home|homes|Users)/)([^/\s:;,\"'<>|&()\\]+)")

#: Shapes of well-known credentials, by how they begin.
_TOKENS: Tuple[Tuple[str, Pattern[str]], ...] = tuple(
    (start, re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(start)}(?:{rest})(?![A-Za-z0-9])"))
    for start, rest in (
        *((f"gh{kind}_", r"[A-Za-z0-9]{20,}") for kind in "pousr"),
        ("github_pat_", r"[A-Za-z0-9_]{20,}"),
        ("glpat-", r"[A-Za-z0-9_-]{20,}"),
        ("hf_", r"[A-Za-z0-9]{20,}"),
        ("npm_", r"[A-Za-z0-9]{30,}"),
        ("pypi-Ag", r"[A-Za-z0-9_-]{30,}"),
        ("sk-", r"(?=[A-Za-z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}"),
        *((f"xox{kind}-", r"[A-Za-z0-9-]{10,}") for kind in "abeprs"),
        ("AKIA", r"[A-Z0-9]{16}"),
        ("ASIA", r"[A-Z0-9]{16}"),
        ("AIza", r"[A-Za-z0-9_-]{30,}"),
        ("eyJ", r"[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+"),
    )
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_AUTHORIZATION = re.compile(
    r"(?i)(authorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:(?:basic|bearer|token)[ \t]+)?)[^\s\"']+"
)
_NETRC = re.compile(r"(\blogin[ \t]+)\S+(\s{1,9}password[ \t]+)\S+")

_VERSION = r"(?:v?\d+(?:\.\w+)+[^\s\"']*|\d+)(?=[\"'\s,;}]|$)"
#: HF_TOKEN=..., export AWS_SECRET_ACCESS_KEY="...": in start-up files and scripts.
_VARIABLE = re.compile(
    r"(?<![\w.-])((?:[A-Z0-9]+_)*(?:[A-Z0-9]*(?:TOKEN|SECRET|PASSWORD|PASSWD|APIKEY)|KEY|CREDENTIALS?)(?:_[A-Z0-9]+)*"
    rf"[ \t]*=(?!=)[ \t]*)(?!{_VERSION})(\"[^\"\n]+\"|'[^'\n]+'|[^\s;&|\"']+)"
)
#: password = ..., "api_key": "...": one to a line, in configuration files.
_SETTING = re.compile(
    r"(?im)^([ \t]*[\"']?(?:[a-z0-9]+[_-])*(?:token|secret|password|passwd|api[_-]?key|access[_-]?key)[\"']?"
    rf"[ \t]*(?::|=(?!=))[ \t]*[\"']?)(?!{_VERSION}|null|none|true|false)[^\s\"'{{\[][^\s\"']*"
)
_SECRET_NAME = re.compile(r"TOKEN(?!IZ)|SECRET|PASSW|CREDENTIAL|APIKEY|[A-Z0-9]_KEYS?(?:_|$)|(?:^|_)AUTH(?:_|$)")

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s\"'<>]+")
_MAIL = re.compile(r"(?<![\w.+-])(?!git@)[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?![\w-])")
_GPU = re.compile(r"(?<!\w)(GPU|MIG)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])")
_GPU_PREFIX = re.compile(r"(?<!\w)(GPU|MIG)-([0-9a-f]{2,8}(?:-[0-9a-f-]*)?)(?![\w-])")


def is_secret_name(name: str) -> bool:
    """Whether a variable or field of this name holds a secret. TOKENIZERS_PARALLELISM and `key` do not."""
    return _SECRET_NAME.search(re.sub(r"[^A-Z0-9]+", "_", name.upper())) is not None


class Redactor:
    """`home` and `user` become /home/user and user, `others` user2, user3, ..., `host` host.

    `keep` are further words that must stay, as names of installed packages. root is nobody's name and stays. Folders
    of /home whose owner was not named get an alias too, but only there: /home/miniconda3 is not a word to replace.
    """

    def __init__(
        self, home: str, user: str, host: str = "", others: Iterable[str] = (), keep: Iterable[str] = ()
    ) -> None:
        self._keep = COMMON | {word.lower() for word in keep}
        self._home = home.rstrip("/") if home.startswith("/") and home.rstrip("/") != "/root" else ""
        self._people: Dict[str, str] = {}
        self._gpus: Dict[str, str] = {}
        self._words: List[Tuple[str, Pattern[str], str]] = []
        for name in (user, *others):
            if name not in ("", "root"):
                pattern = _word(name) if self._is_distinctive(name) else _before_at_or_after_tilde(name)
                self._words.append((name, pattern, self.person(name)))
        short, dot, _ = host.partition(".")
        if dot:
            self._words.append((host, _word(host), "host"))
        if self._is_distinctive(short):
            self._words.append((short, _host(short), "host"))

    def _is_distinctive(self, name: str) -> bool:
        return len(name) > 2 and name.lower() not in self._keep

    def person(self, name: str) -> str:
        """The alias of a person, a new one for a new person."""
        if name in ("", "root") or name in self._people.values():
            return name
        number = len(self._people) + 1
        return self._people.setdefault(name, "user" if number == 1 else f"user{number}")

    def known_person(self, name: str) -> str:
        """The alias of a person who was named before; the name of any other account (www-data) as it is."""
        return self._people.get(name, name)

    def redact(self, text: str) -> str:
        """The same text, redacted. Redacting it again changes nothing more.

        A GPU that is named by the first digits of its UUID is recognised once the whole UUID was seen.
        """
        text = _without_secrets(text)
        if "GPU-" in text or "MIG-" in text:
            text = _GPU_PREFIX.sub(self._known_gpu, _GPU.sub(self._gpu, text))
        if "@" in text:
            text = _MAIL.sub("user@example.org", text)
        if self._home and self._home in text:
            text = _word(self._home).sub("/home/user", text)
        text = _HOMES.sub(self._below_home, text)
        for name, pattern, alias in self._words:
            if name in text:
                text = pattern.sub(alias, text)
        return text

    def _below_home(self, match: Match[str]) -> str:
        name = match.group(2).rstrip(".")
        if name in _NOBODYS or name.endswith(_FILES) or (name not in self._people and name.lower() in self._keep):
            return match.group()
        return match.group(1) + self.person(name) + match.group(2)[len(name) :]

    def _gpu(self, match: Match[str]) -> str:
        kind, uuid = match.groups()
        if uuid in self._gpus.values():
            return match.group()
        if uuid not in self._gpus:  # the first two digits differ: CUDA_VISIBLE_DEVICES may name a GPU by its first ones
            self._gpus[uuid] = f"{len(self._gpus) + 16:02x}000000-0000-4000-8000-000000000000"
        return f"{kind}-{self._gpus[uuid]}"

    def _known_gpu(self, match: Match[str]) -> str:
        """An abbreviated UUID, of a GPU that was seen before."""
        kind, digits = match.groups()
        alias = next((alias for uuid, alias in self._gpus.items() if uuid.startswith(digits)), digits)
        return f"{kind}-{alias[: len(digits)]}"

    def redact_plain(self, value: Any) -> Any:
        """A JSON value with every text in it redacted, keys too; what stands under a secret's name is hidden."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, (list, tuple)):
            return [self.redact_plain(item) for item in value]
        if isinstance(value, dict):
            return {self.redact(str(key)): self._under(str(key), item) for key, item in value.items()}
        return value

    def _under(self, key: str, value: Any) -> Any:
        if isinstance(value, str) and value and is_secret_name(key) and not re.match(_VERSION, value):
            return HIDDEN
        return self.redact_plain(value)

    def redact_bytes(self, content: bytes) -> bytes:
        """Text is redacted as such. In a binary nothing may move: its texts keep their length, padded with NULs."""
        if b"\0" not in content:
            return _both_ways(content, self.redact)
        return re.sub(rb"[^\0]{4,}", lambda match: self._same_length(match.group()), content)

    def _same_length(self, content: bytes) -> bytes:
        redacted = _both_ways(content, self.redact)
        if redacted == content:
            return content
        if len(redacted) <= len(content):
            return redacted.ljust(len(content), b"\0")
        return b"*" * len(content)  # the alias is longer than the name: better a text lost than a name kept


def _both_ways(content: bytes, change: Callable[[str], str]) -> bytes:
    return change(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _word(name: str) -> Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")


def _host(name: str) -> Pattern[str]:
    """A numbered host has relatives (gpu01-ib0); a host called lion must not rename lion-pytorch."""
    numbered = any(letter.isdigit() for letter in name)
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])") if numbered else _word(name)


def _before_at_or_after_tilde(name: str) -> Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(name)}(?=@\w)|(?<=~){re.escape(name)}(?=/|\s|$)")


def _without_secrets(text: str) -> str:
    if "://" in text:  # one address at a time: a password may hold any character but these
        text = _ADDRESS.sub(lambda match: strip_credentials(match.group()), text)
    for start, pattern in _TOKENS:
        if start in text:
            text = pattern.sub(HIDDEN, text)
    lower = text.lower()
    if "private key" in lower:
        text = _PRIVATE_KEY.sub(rf"\1 {HIDDEN} \2", text)
    if "authorization" in lower:
        text = _AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
    if any(word in lower for word in ("token", "secret", "passw", "key", "credential")):
        text = _NETRC.sub(rf"\1user\2{HIDDEN}", text)
        text = _VARIABLE.sub(rf"\1{HIDDEN}", text)
        text = _SETTING.sub(rf"\1{HIDDEN}", text)
    return text
