"""What WRITING.md says is so: its example is whole, and its tables name what there is."""

from __future__ import annotations

import re

import pytest

from autograder import check
from autograder.new import TEMPLATE
from autograder.project import CHECKOUT as ROOT
from autograder.project import Project
from autograder.rules import load
from autograder.words import WORDS

from .conftest import SLUG

TEXT = (ROOT / "autograder" / "WRITING.md").read_text(encoding="utf-8")


def test_the_example_is_the_template_that_new_projects_begin_with() -> None:
    shown = dict(re.findall(r'```python title="([^"]+)"\n(.*?)```', TEXT, flags=re.S))
    assert set(shown) == {f"solutions/{SLUG}.py", f"misconceptions/{SLUG}.py"}
    for name, text in shown.items():
        assert text == (TEMPLATE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["softmax", "hot_entropy"])
def test_the_examples_bank_is_judged_as_it_should_be(released: Project, name: str) -> None:
    rows = check.check_name(load(SLUG, released), name)
    assert {row.kind for row in rows} == {check.UNSOLVED, check.SOLUTION, "wrong", "right"}
    assert sum(row.kind == "wrong" for row in rows) >= 3
    assert [(row.title, row.faults) for row in rows if row.faults] == []


def test_the_points_are_those_that_the_page_promises(released: Project) -> None:
    (promised,) = re.findall(r"a whole assignment, worth (\d+) points", TEXT)
    assert load(SLUG, released).points == int(promised)


def test_every_word_of_hidden_tests_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)", TEXT, flags=re.M))
    assert explained >= WORDS
