"""Which formats there are, and the words that give each away: a reader is loaded only where one of its words occurs.

A format is added by a row here and a file of its name with `read(lines) -> Iterator[Said]`. The words must be spelled
as the format spells them and be rare elsewhere: of a text too large to keep, only their surroundings are kept.
"""

from __future__ import annotations

from typing import Dict, Tuple

FORMATS: Dict[str, Tuple[str, ...]] = {}

#: Words of other things that are kept, read by no format.
ALSO_KEPT = ("Traceback (most recent call last)",)
