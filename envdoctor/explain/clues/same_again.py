"""The same command once more with a variable set: which one it was says what was wrong before."""

from __future__ import annotations

import re
from typing import Dict, Iterator, Tuple

from ..evidence import Case, Clue, out

_MEANS: Dict[str, Tuple[str, str]] = {
    "CUDA_DEVICE_ORDER": ("wrong-device-index", "CUDA counts the GPUs as nvidia-smi does"),
    "OMP_NUM_THREADS": ("too-many-workers", "each process starts only so many threads"),
    "MKL_NUM_THREADS": ("too-many-workers", "each process starts only so many threads"),
    "OPENBLAS_NUM_THREADS": ("too-many-workers", "each process starts only so many threads"),
}
_VARIABLE = re.compile(rf"(?:^|\s)(?:export +)?({'|'.join(_MEANS)})=\S{{1,40}} +")
_FAILS = re.compile(r"Error\b|Traceback|error:")


def read(case: Case) -> Iterator[Clue]:
    before = set()
    for exchange in case.exchanges:
        text = " ".join(exchange.typed.text.split())
        found = _VARIABLE.search(text)
        if found:
            rest = _VARIABLE.sub(" ", text).strip()
            name, effect = _MEANS[found.group(1)]
            if rest in before and not _FAILS.search(out(exchange)):
                says = f"it was run again with {found.group(1)} set: {effect}"
                yield Clue(name, 78, says, f"line {exchange.typed.number}", says)
        else:
            before.add(text)
