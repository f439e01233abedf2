"""The filter's system call numbers are the kernel's, by its own headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.student import box

COLUMNS = {"x86_64": 0, "aarch64": 1}
HEADERS = {
    "x86_64": (
        "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
        "/usr/x86_64-linux-gnu/include/asm/unistd_64.h",
        "/usr/include/asm/unistd_64.h",
    ),
    # ARM's 64-bit calls are the generic ones, which every machine's headers list.
    "aarch64": (
        "/usr/include/asm-generic/unistd.h",
        "/usr/aarch64-linux-gnu/include/asm-generic/unistd.h",
    ),
}
NUMBERS = {
    **box._REFUSED,
    "clone": box._CLONE,
    "socketpair": box._SOCKETPAIR,
    "clone3": (box._CLONE3, box._CLONE3),
}


def header(machine: str) -> dict[str, int]:
    """System call → its number, from the first header that is installed; skips if none is."""
    for path in HEADERS[machine]:
        if Path(path).is_file():
            text = Path(path).read_text(encoding="utf-8")
            found = re.findall(r"^#define\s+__NR_(\w+)\s+(\d+)\s*$", text, re.MULTILINE)
            return {name: int(number) for name, number in found if name != "syscalls"}
    pytest.skip(f"no header of {machine}: {', '.join(HEADERS[machine])} (linux-libc-dev has them)")


@pytest.mark.parametrize("machine", COLUMNS)
def test_each_number_is_the_kernels(machine: str) -> None:
    kernel = header(machine)
    ours = {name: numbers[COLUMNS[machine]] for name, numbers in NUMBERS.items()}
    newest = max(kernel.values())
    # What headers of an older kernel cannot know yet.
    unknown = {name for name, number in ours.items() if number is not None and number > newest}
    wrong = {
        name: (number, kernel.get(name))
        for name, number in ours.items()
        if name not in unknown and number != kernel.get(name)
    }
    assert wrong == {}, "name: (autograder/student/box.py, the kernel's header)"
    assert len(ours) - len(unknown) > 50, "the header is too old to say much"


@pytest.mark.parametrize("machine", COLUMNS)
def test_no_listed_call_is_behind_the_newest(machine: str) -> None:
    """From `_NEWEST` on everything is refused, so a number from there on would say nothing."""
    listed = [numbers[COLUMNS[machine]] for numbers in NUMBERS.values()]
    assert max(number for number in listed if number is not None) < box._NEWEST
    assert len({n for n in listed if n is not None}) == sum(n is not None for n in listed)
    assert set(COLUMNS) == set(box.MACHINES)
    assert box.MACHINES[machine][1] == COLUMNS[machine]
