"""What students get is current, and every test rejects the bank's wrong answers and no right one.

Run with `pytest`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", [["release", "--check"], ["check"]], ids=" ".join)
def test_the_assignments_hold(command: list[str]) -> None:
    grader = [sys.executable, "-m", "autograder", *command]
    done = subprocess.run(grader, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
