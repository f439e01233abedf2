"""Numbers and names that follow from contents, and from nothing else."""

from __future__ import annotations

import hashlib


def seed_for(*what: str) -> int:
    """A seed that follows from these texts, and from nothing else."""
    return int.from_bytes(hashlib.sha256("\0".join(what).encode()).digest()[:8], "big")


def digest(*parts: object) -> str:
    """One hash of several parts, each of which counts on its own."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()
