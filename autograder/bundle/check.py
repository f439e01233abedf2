"""Run notebooks from top to bottom in a fresh kernel and say which visible checks pass.

    python check.py                       every assignment
    python check.py 04_random_features    one or more of them

Nothing is written: your notebooks stay as they are.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

EXERCISES = Path(__file__).resolve().parent / "exercises"
SECONDS_PER_CELL = 120


def outcome(cell) -> str | None:
    """Why a cell failed, in one line; None if it ran through."""
    for output in cell.outputs:
        if output.output_type == "error":
            if output.ename == "NotImplementedError":
                return "not done yet"
            if output.ename == "CellTimeoutError":
                return f"still running after {SECONDS_PER_CELL} s: an endless loop?"
            # The message of an assert is written for the reader; other errors need their kind.
            lines = re.sub(r"\x1b\[[0-9;]*m", "", output.evalue).strip().splitlines()
            text = " ".join(line.strip() for line in lines[:4])
            if output.ename == "AssertionError":
                return text or "the check says no"
            return f"{output.ename}: {text}"
    return None


def check(path: Path) -> tuple[int, int]:
    """Run one notebook and print what its checks say. Returns how many passed, of how many."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        print(f"{path.stem}: cannot be read ({error}). Restore it from the bundle.")
        return 0, 1
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        allow_errors=True,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "CellTimeoutError", "evalue": "", "traceback": []},
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    died = False
    try:
        client.execute()
    except DeadKernelError:
        died = True
    print(f"\n{path.stem}")
    passed = total = 0
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        name = mark.get("grade_id", "")
        if cell.cell_type == "markdown" and mark.get("solution"):
            written = cell.source.strip() not in ("", "YOUR ANSWER HERE")
            print(
                f"  {'·' if written else '✗'} {name}: {'written' if written else 'not written yet'}"
            )
        if cell.cell_type != "code":
            continue
        ran = cell.execution_count is not None or cell.outputs
        problem = outcome(cell) if ran or not died else "not reached: the kernel died before"
        if mark.get("grade") and not mark.get("solution"):
            total += 1
            passed += problem is None
            print(f"  {'✗' if problem else '✓'} {name}: {problem or 'visible checks pass'}")
        elif problem and problem != "not done yet":
            print(f"  ✗ {name or 'a cell of your own'}: {problem}")
    if died:
        print("  ✗ the kernel died: a cell used too much memory or ended Python")
    print(f"  {passed} of {total} visible checks pass")
    return passed, total


def main(wanted: list[str]) -> int:
    """0 when all visible checks pass, 1 when some do not, 2 when a name is unknown."""
    there = sorted(p.parent.name for p in EXERCISES.glob("*/*.ipynb") if p.stem == p.parent.name)
    if unknown := [name for name in wanted if name not in there]:
        print(f"no assignment {unknown[0]}; there are: {', '.join(there)}", file=sys.stderr)
        return 2
    results = [check(EXERCISES / name / f"{name}.ipynb") for name in wanted or there]
    return 0 if all(passed == total for passed, total in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
