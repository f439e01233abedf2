"""What a submission may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a submission may use. Without a sandbox only the seconds and the output are limited."""

    cell_seconds: float = 60.0
    """For one cell, by the clock on the wall."""
    cell_cpu_seconds: float = 30.0
    """For one cell, of all its threads' computing."""
    call_seconds: float = 20.0
    """For one call of a function, callbacks included, by the clock on the wall."""
    cpu_seconds: float = 300.0
    """For all computing of all its shells together. What is left to do then is not done."""
    submission_seconds: float = 600.0
    """For everything, by the clock on the wall. What is left to do then is not done."""
    restarts: int = 20
    """How often a shell that died is replaced. What is left to do then is not done."""
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
