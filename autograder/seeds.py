"""Seeds that follow from texts."""

from __future__ import annotations

import hashlib


def seed_for(*what: str) -> int:
    """A seed that follows from these texts, and from nothing else."""
    return int.from_bytes(hashlib.sha256("\0".join(what).encode()).digest()[:8], "big")
