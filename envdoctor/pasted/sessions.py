"""Terminal sessions in a text: what was typed at which prompt, and what was printed after it."""

from __future__ import annotations

import re
import shlex
from functools import lru_cache
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..frozen import frozen
from .lines import Line

_LONGEST = 4096
_MOST = 2000  # prompts read: of more, the first quarter and the last three

#: After a "#" or ">", which may be a comment or a quotation, only these are commands.
_COMMANDS = (
    "bash", "cat", "cd", "conda", "cuda-gdb", "dd", "df", "dmesg", "docker", "dpkg", "echo", "env", "export",
    "file", "free", "gcc", "g++", "grep", "head", "hostname", "ipython", "jupyter", "kubectl", "ldconfig",
    "ldd", "ls", "lsblk", "lsmod", "lspci", "lscpu", "mamba", "micromamba", "mkdir", "modinfo", "mount", "mv",
    "nproc", "numactl", "nvcc", "nvidia-smi", "pip", "pip2", "pip3", "pixi", "podman", "poetry", "printenv",
    "ps", "pwd", "python", "python2", "python3", "readlink", "rocm-smi", "set", "sh", "singularity", "source",
    "srun", "strace", "sudo", "systemctl", "tail", "time", "timeout", "top", "torchrun", "type", "ulimit",
    "uname", "unset", "uv", "virtualenv", "wc", "which", "whereis", "whoami", "wsl", "yolo",
)  # fmt: skip
_KNOWN = "|".join(map(re.escape, _COMMANDS)) + r"|(?:pip|python)3\.\d+|\./\S{1,200}|[A-Z_]{2,40}=\S{1,200}"

_ENVIRONMENT = re.compile(r"\s{0,8}\(([\w./ +-]{1,80})\)\s{0,2}")
_SHELL = re.compile(
    r"\s{0,8}(?:"
    r"[\w.+-]{1,64}@[\w.-]{1,64}(?:[: ][^$#%>\n]{0,200}?)?[$#%>❯]"  # user@host:~/work$
    r"|\[[^\]\n]{1,120}\][ ]?[$#]"  # [user@host work]$
    r"|(?:PS )?[A-Za-z]:\\[^>\n]{0,200}>|PS>"  # C:\work>
    r"|(?:ba|z|da|)sh(?:-[\d.]{1,8})?[$#%]"  # bash-4.2$
    rf"|[A-Za-z][\w.-]{{0,40}}[%$](?=[ ](?:{_KNOWN})(?:[ ]|$))"  # host%
    r"|[$❯➜](?=[ ])"
    rf"|[#%>](?=[ ](?:{_KNOWN})(?:[ ]|$))"
    rf")[ ]{{0,2}}([A-Za-z_./~$\"'\\(].{{0,{_LONGEST}}})$"
)
_PYTHON = re.compile(rf"\s{{0,8}}>>>(?:[ ](.{{0,{_LONGEST}}}))?$")
_PYTHON_MORE = re.compile(rf"\s{{0,8}}\.\.\.(?:[ ].{{0,{_LONGEST}}})?$")
_NOTEBOOK = re.compile(rf"\s{{0,8}}In ?\[ ?[\d*]{{0,6}}\]: ?(.{{0,{_LONGEST}}})$")
_CELL = re.compile(rf"[!%](?=(?:{_KNOWN})(?:[ ]|$))(.{{0,{_LONGEST}}})$")
_SIGNS = ("$", ">", "#", "%", "!", "In [", "In[", "❯", "➜")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w{0,80})=(.*)", re.DOTALL)
_SEPARATORS = frozenset(("|", "||", "&", "&&", ";", ";;", "|&", "(", ")", "<", ">", ">>", "<<", ">&", "2>", "2>&1"))
_WRAPPERS = ("sudo", "time", "nohup", "env", "exec", "command")


@frozen
class Typed:
    """One command line or one statement at a prompt."""

    number: int
    kind: str  # shell | python | notebook
    text: str
    environment: str = ""  # of a prompt such as "(torch) $"

    @property
    def commands(self) -> Tuple[Tuple[str, ...], ...]:
        """The simple commands of a shell line, without assignments and sudo."""
        return tuple(words for _, words in _simple(self.text) if words) if self.kind != "python" else ()

    @property
    def variables(self) -> Tuple[Tuple[str, str], ...]:
        """Assignments before the first command: CUDA_VISIBLE_DEVICES=0 python train.py."""
        return next((assigned for assigned, _ in _simple(self.text)), ()) if self.kind != "python" else ()


class Exchange(NamedTuple):
    typed: Typed
    output: Sequence[Line]


def typed(lines: Sequence[Line]) -> Tuple[Typed, ...]:
    """Everything that was typed, in order."""
    return tuple(exchange.typed for exchange in exchanges(lines))


def exchanges(lines: Sequence[Line]) -> List[Exchange]:
    """What was typed, with the lines up to the next prompt. Asked by many readers of one text, worked out once."""
    return _exchanges(tuple(lines))


@lru_cache(maxsize=1)
def _exchanges(lines: Tuple[Line, ...]) -> List[Exchange]:
    found: List[Tuple[Typed, int, int]] = []  # what, the place after it, the place of the prompt
    place = 0
    while place < len(lines):
        one = prompt(lines[place])
        start = place
        place += 1
        if one is None:
            continue
        text = one.text
        while place < len(lines) and len(text) < _LONGEST:
            more = lines[place].text
            if one.kind == "shell" and text.endswith("\\") and not prompt(lines[place]):
                text = text[:-1] + " " + more.lstrip("> ")
            elif one.kind == "python" and _PYTHON_MORE.match(more):
                text += "\n" + more.strip()[4:]
            else:
                break
            place += 1
        found.append((Typed(one.number, one.kind, text, one.environment), place, start))
        if len(found) > 2 * _MOST:
            del found[_MOST // 4 : -_MOST]
    if len(found) > _MOST:
        del found[_MOST // 4 : _MOST // 4 - _MOST]
    ends = [start for _, _, start in found[1:]] + [len(lines)]
    return [Exchange(one, lines[after:end]) for (one, after, _), end in zip(found, ends)]


def prompt(line: Line) -> Optional[Typed]:
    """What is typed on this line, if it has a prompt."""
    text = line.text
    if len(text) > 2 * _LONGEST or not any(sign in text for sign in _SIGNS):
        return None
    python = _PYTHON.match(text)
    if python:
        return Typed(line.number, "python", (python.group(1) or "").strip())
    environment, at = "", 0
    named = _ENVIRONMENT.match(text)
    while named and len(environment) < 200:  # conda's and the shell's own may both stand there: the last one counts
        environment, at = named.group(1), named.end()
        named = _ENVIRONMENT.match(text, at)
    shell = _SHELL.match(text, at)
    if shell:
        return Typed(line.number, "shell", shell.group(1).strip(), environment)
    notebook = _NOTEBOOK.match(text) or _CELL.match(text)
    return Typed(line.number, "notebook", notebook.group(1).strip()) if notebook else None


@lru_cache(maxsize=2 * _MOST)
def _simple(text: str) -> List[Tuple[Tuple[Tuple[str, str], ...], Tuple[str, ...]]]:
    """Assignments and words of each simple command."""
    found: List[Tuple[Tuple[Tuple[str, str], ...], Tuple[str, ...]]] = []
    if text[:1] in "!%":
        text = text[1:]
    words: List[str] = []
    for word in [*_words(text), ";"]:
        if word not in _SEPARATORS:
            words.append(word)
            continue
        assigned: List[Tuple[str, str]] = []
        while words:
            pair = _ASSIGNMENT.fullmatch(words[0])
            if pair is None and words[0] not in _WRAPPERS:
                break
            if pair:
                assigned.append((pair.group(1), pair.group(2)))
            words = words[1:]
        if words or assigned:
            found.append((tuple(assigned), tuple(words)))
        words = []
    return found


def _words(text: str) -> List[str]:
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        return list(lexer)
    except ValueError:  # an open quotation mark
        return text.split()
