"""Addresses without the secrets that they carry: what is read into facts may be printed, saved and sent."""

from __future__ import annotations

import re

HIDDEN = "***"

#: Query parameters whose value is a credential on the artefact servers that pip, uv and conda talk to.
_SECRET_QUERY = (
    r"([?&;](?:[a-z0-9_.-]*(?:token|secret|signature|passwo?r?d|credential|api_?key)[a-z0-9_.-]*"
    r"|auth|key|sig|pwd)=)[^&;#\s]*"
)

#: A raw password may hold any character, "/" and "#" too, so everything to the "@" goes, unless it reads as a port.
_RAW_USER_AND_PASSWORD = r"(://)[^/?#@\s:\[]+:(?!\d{1,5}(?:[/?#\s]|$))[^\s@]*@"


def strip_credentials(text: str) -> str:
    """The same text with user:password@ taken out of its addresses, and tokens in queries and /t/TOKEN/ hidden.

    Works on a lone address, on several separated by blanks, on NAME=ADDRESS, and on a proxy written without a
    scheme. Text that holds no address comes back unchanged.
    """
    if "@" in text:
        text = re.sub(r"(://)[^/?#\s]*@", r"\1", text)
        text = re.sub(_RAW_USER_AND_PASSWORD, r"\1", text)
        text = re.sub(r"^[^/@\s:]+:[^/@\s]*@", "", text)
    if "/t/" in text:
        text = re.sub(r"(://[^\s?#]*?/t/)[^/\s?#]+", r"\1" + HIDDEN, text)
    if "=" in text and "://" in text:
        text = re.sub(_SECRET_QUERY, r"\1" + HIDDEN, text, flags=re.IGNORECASE)
    return text
