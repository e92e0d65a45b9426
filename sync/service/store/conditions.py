"""If-Match and If-None-Match (RFC 9110, 13.1): lists of entity tags, `*`, strong and weak comparison."""

from __future__ import annotations

import re

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\U0010ffff]*")')
_ANY = "*"


def matches(header: str | None, etag: str | None) -> bool:
    """Tell whether If-Match holds for a representation, None for none; compared strongly: W/ never matches."""
    if header is None:
        return True
    if header.strip() == _ANY:
        return etag is not None
    return any(tag == etag and not weak for weak, tag in _TAG.findall(header))


def none_matches(header: str | None, *etags: str | None) -> bool:
    """Tell whether If-None-Match holds: none of its tags is one of ours; compared weakly."""
    if header is None:
        return True
    if header.strip() == _ANY:
        return all(etag is None for etag in etags)
    return not any(tag in etags for _, tag in _TAG.findall(header))
