"""The sandbox holds where an ordinary user grades: what matters most, run as one by root."""

from __future__ import annotations

import os
import re

import pytest

from autograder.tests import elsewhere

from .conftest import needs_closed_box

pytestmark = [
    needs_closed_box,
    pytest.mark.skipif(os.getuid() != 0, reason="all tests run as an ordinary user already"),
]

SHELLS = """
test_a_cell_prints or test_figures_are_shown or test_files_lie or test_the_students_side_knows
or test_no_descriptor or test_shells_do_not_share or test_functions_go_both or test_death_in_a_call
or test_a_forkserver_that_died
"""
ATTACKS = """
parent-memory full-tmp unix forkserver mounts rights filter-off solved
"""


def test_shells_of_an_ordinary_user_are_closed() -> None:
    tests = "autograder/tests/test_sandbox.py"
    choice = f"({' '.join(SHELLS.split())}) and not open"
    done = elsewhere.python(
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", tests, "-k", choice], elsewhere.as_user
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed, \d+ deselected", done.stdout)
    assert passed and int(passed[1]) >= 14 and "skipped" not in done.stdout, done.stdout


@pytest.mark.prove
def test_attacks_on_an_ordinary_users_grader_get_nothing() -> None:
    names = ATTACKS.split()
    done = elsewhere.python(
        ["-m", "autograder", "attack", "--workers", "1", *names], elsewhere.as_user
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith(f"{len(names) + 1} of {len(names) + 1} held.")
