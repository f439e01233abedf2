"""The bank proves the tests, and the check sees a test that is too weak or too strict."""

import pytest

from autograder import check
from autograder.project import Project
from autograder.tests.test_verdict import BANK, SOURCE, project


def rows(folder, source=SOURCE, bank=BANK, name="scale"):
    return {r.title or r.kind: r for r in check.check_name(project(folder, source, bank), name, 4)}


def test_a_good_test_stands(tmp_path):
    found = rows(tmp_path)
    assert [r.faults for r in found.values()] == [()] * 6
    assert found["unsolved"].points == (0, 0) and found["solution"].points == (3, 3)
    assert found["a loop, lists out"].points == (3, 3)
    assert found["the factor squared"].points[1] < 3


def test_a_test_that_a_wrong_answer_passes_is_seen(tmp_path):
    blind = SOURCE.replace("scaled_twice(x, 3.0), 9 * x", "scaled_twice(x, 1.0), x")
    found = rows(tmp_path, blind)
    assert found["the factor squared"].faults == ("seed 0: gets full marks",)


def test_a_test_that_a_right_answer_fails_is_seen(tmp_path):
    strict = SOURCE.replace(
        'with part(1, "a factor of 1"):',
        'with part(1, "a factor of 1"):\n    holds(hasattr(scale([1], 1), "shape"), "an array")',
    )
    (fault,) = rows(tmp_path, strict)["a loop, lists out"].faults
    assert "loses points" in fault and "an array" in fault


def test_a_misconception_that_no_test_tells_from_another_is_seen(tmp_path):
    twin = BANK + (
        '@wrong("scale", "the factor times itself")\n'
        'def twin(x, factor):\n    """Again.\n\n    Once."""\n'
        "    return np.asarray(x) * factor * factor\n"
    )
    found = rows(tmp_path, bank=twin)
    assert found["the factor times itself"].faults == ('seed 0: taken for "the factor squared"',)


def test_a_value_is_checked_like_a_function(tmp_path):
    found = rows(tmp_path, name="area")
    assert [r.faults for r in found.values()] == [()] * 3
    assert found["the perimeter"].points == (0, 0)


@pytest.mark.parametrize("number", [0, 1])
def test_a_sample_goes_through_real_shells(tmp_path, number):
    found = check.check_shells(project(tmp_path), number)
    kinds = {"scale", "area", "mean_of"} if number == 0 else {"scale"}
    assert {r.name for r in found} == kinds
    assert all(r.faults == () for r in found)


def test_the_table_is_printed_and_the_exit_code_tells(tmp_path, monkeypatch, capsys):
    good = check.Row("30_scaling", "scale", "right", "a loop", (3, 3), 3)
    monkeypatch.setattr(check, "check", lambda *_, **__: [good])
    assert check.main(Project(tmp_path)) == 0
    assert "1 of 1 answers" in capsys.readouterr().out
    bad = check.Row("30_scaling", "scale", "wrong", "squared", (3, 3), 3, ("gets full marks",))
    monkeypatch.setattr(check, "check", lambda *_, **__: [good, bad])
    assert check.main(Project(tmp_path)) == 1
    said = capsys.readouterr()
    assert said.err == '30_scaling scale, wrong "squared": gets full marks\n'


def test_what_was_found_good_is_judged_again_only_when_something_changes(tmp_path):
    assignment = project(tmp_path)
    known = {}

    def judged():
        before = set(known)
        rows = check.check(assignment.project, seeds=1, workers=1, shells=False, known=known)
        assert len(rows) > 6 and not any(row.faults for row in rows)
        return bool(set(known) - before)

    assert judged()
    assert not judged()
    bank = assignment.project.bank_path(assignment.slug)
    bank.write_text(bank.read_text() + "# changed\n")
    assert judged()
    path = tmp_path / "_build" / "checked.json"
    check.write_known(path, known)
    assert check.read_known(path) == known
    path.write_text("[")
    assert check.read_known(path) == {}


def test_what_was_found_bad_is_judged_again(tmp_path):
    blind = SOURCE.replace("scaled_twice(x, 3.0), 9 * x", "scaled_twice(x, 1.0), x")
    known = {}
    rows = check.check(
        project(tmp_path, blind).project, seeds=1, workers=1, shells=False, known=known
    )
    assert any(row.faults for row in rows) and known == {}
