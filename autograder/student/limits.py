"""What a submission may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Without a sandbox only the seconds and the output are limited."""

    cell_seconds: float = 60.0
    """Wall-clock seconds of one cell."""
    cell_cpu_seconds: float = 30.0
    """CPU seconds of one cell, all its threads together."""
    call_seconds: float = 20.0
    """Wall-clock seconds of one call of a function, callbacks included."""
    cpu_seconds: float = 300.0
    """CPU seconds of all its shells together. Cells and tests that remain then are not run."""
    submission_seconds: float = 600.0
    """Wall-clock seconds of everything. Cells and tests that remain then are not run."""
    restarts: int = 20
    """How often a shell that died is replaced. Cells and tests that remain then are not run."""
    memory_bytes: int = 2**30
    """Memory, beside what Python and its libraries need."""
    threads: int = 32
    """Threads beside the first one."""
    disk_bytes: int = 64 * 2**20
    """Bytes in all files together."""
    files: int = 1000
    """Files and folders."""
    output_bytes: int = 4 * 2**20
    """Output of one cell; what exceeds it is dropped, with a note."""
    all_output_bytes: int = 16 * 2**20
    """Output of all cells; what exceeds it is dropped, with a note."""


DEFAULT = Limits()
