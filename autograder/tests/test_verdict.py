"""What a submission earns: each point it deserves, no other, and a reason for what is lost."""

import json
from pathlib import Path

import pytest

from autograder import bank, check
from autograder.errors import GraderFault
from autograder.grade import grading, process
from autograder.grade.run import Step, StudentRun
from autograder.project import Project
from autograder.rules import load
from autograder.sandbox.budget import Budget
from autograder.sandbox.server import Sandbox
from autograder.sandbox.shell import ShellDied
from autograder.student.limits import Limits

HEADER = """# ---
# jupyter:
#   kernelspec: {name: python3, display_name: "", language: python}
# ---
"""

# 271828 is a hidden input wherever it stands: it must not reach a student.
SOURCE = """
# %% [markdown]
# # Three exercises

# %% nbgrader={"grade_id": "given_tools"}
import numpy as np
import sympy as sp

t = sp.Symbol("t", positive=True)


def shifted(x):
    return x + 1


def scaled_twice(x, factor):
    return scale(scale(x, factor), factor)


# %% nbgrader={"grade_id": "scale", "solution": true}
def scale(x, factor):
    ### BEGIN SOLUTION
    return np.asarray(x) * factor
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_scale", "points": 3}
three = scale(np.ones(3), 2.0)
assert np.shape(three) == (3,), f"expected shape (3,), got {np.shape(three)}"
### BEGIN HIDDEN TESTS
with part(1, "a factor of 1"):
    x = rng.normal(size=4) + 271828
    agree(scale(x, 1.0), reference.scale(x, 1.0), what="the numbers")
with part(2, "any factor, twice"):
    x = rng.normal(size=4) + 271828
    agree(scaled_twice(x, 3.0), 9 * x, what="the numbers scaled twice")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "area", "solution": true}
# area = of a square with sides of length t
### BEGIN SOLUTION
area = t**2
### END SOLUTION

# %% nbgrader={"grade_id": "test_area", "points": 2}
assert area is not None
### BEGIN HIDDEN TESTS
with part(2, "the area"):
    symbolically_equal(area, reference.area, what="the area")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "mean_of", "solution": true}
def mean_of(function, x):
    ### BEGIN SOLUTION
    return np.mean([function(v) for v in x])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_mean_of", "points": 2}
got = mean_of(shifted, [1, 2])
assert got == 2.5, f"the mean of 2 and 3 is 2.5, got {got}"
### BEGIN HIDDEN TESTS
with part(1, "a function that the notebook gives"):
    agree(mean_of(shifted, [1.0, 271828.0]), 135915.5)
with part(1, "any function"):
    agree(mean_of(callback(lambda v: -v), [1.0, 271828.0]), -135914.5)
### END HIDDEN TESTS
"""

BANK = '''
import numpy as np
import sympy as sp
from autograder.bank import right, wrong

@wrong("scale", "the factor added")
def added(x, factor):
    """To scale is to add.

    Scaling multiplies.
    """
    return np.asarray(x) + factor - 1

wrong(
    "scale",
    "the factor squared",
    belief="Twice as good.",
    hint="Once is enough.",
    edit={"* factor": "* factor**2"},
)

@wrong("scale", "a list repeated")
def repeated(x, factor):
    """Lists multiply like arrays.

    Convert it to an array.
    """
    return list(x) * int(factor)

@right("scale", "a loop, lists out")
def loop(x, factor):
    return [v * factor for v in x]

@wrong("area", "the perimeter")
def perimeter():
    """All sides count.

    An area has two lengths in it.
    """
    return 4 * t

@wrong("mean_of", "the sum")
def total(function, x):
    """A mean is a sum.

    Divide by their number.
    """
    return sum(function(v) for v in x)
'''


def project(folder: Path, source=SOURCE, bank=BANK):
    """An assignment in a project of its own."""
    for name, text in {
        "solutions/30_scaling.py": HEADER + source,
        "misconceptions/30_scaling.py": bank,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load("30_scaling", Project(folder))


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    return project(tmp_path_factory.mktemp("scaling"))


@pytest.fixture(scope="module")
def box():
    with Sandbox(Limits(cell_seconds=2, call_seconds=2)) as box:
        yield box


@pytest.fixture
def grade(assignment, box):
    """Grade answers: the solution where none is given. `own` is a cell of the student's, last."""

    def grade(own="", seed=1, **answers):
        return grade_in(assignment, box, own, seed, **answers)

    return grade


def grade_in(assignment, box, own="", seed=1, **answers):
    cells = [
        (c.grade_id, answers.get(c.grade_id, c.source))
        for c in assignment.cells
        if c.cell_type == "code"
    ]
    if own:
        cells.append(("own_1", own))
    return grading.grade(assignment, cells, seed, box.open_shell)


def points(record):
    return [v.points for v in record.verdicts.values()]


def words(record, test):
    return "\n".join(record.verdicts[test].messages)


# --- points


def test_the_solution_gets_full_marks_and_no_message(grade):
    record = grade()
    assert points(record) == [3, 2, 2]
    assert all(v.messages == () and v.points == v.max for v in record.verdicts.values())


def test_an_unsolved_notebook_gets_nothing_and_is_told_so(assignment, grade):
    stubs = {n: s for n, s in check._sources(assignment).items() if n in assignment.solution_names}
    record = grade(**stubs)
    assert points(record) == [0, 0, 0]
    for name in assignment.solution_names:
        said = record.verdicts[f"test_{name}"].messages
        assert said == (f"`{name}` is not solved yet (NotImplementedError)",)


def test_parts_give_partial_credit(grade):
    record = grade(scale="def scale(x, factor):\n    return np.asarray(x) * 1.0")
    assert points(record) == [1, 2, 2]
    passed, failed = record.verdicts["test_scale"].messages
    assert passed == "✓ 1 of 1 · a factor of 1"
    assert failed.startswith("✗ 0 of 2 · any factor, twice — the numbers scaled twice: 0.111 times")


def test_a_visible_check_that_fails_takes_all_points_and_is_quoted(grade):
    record = grade(scale="def scale(x, factor):\n    return [1.0, 2.0]")
    assert points(record) == [0, 2, 2]
    assert words(record, "test_scale") == "expected shape (3,), got (2,)"


def test_a_right_answer_of_another_form_gets_full_marks(grade):
    record = grade(
        scale="def scale(x, factor):\n    import warnings\n    warnings.warn('slow')\n"
        "    print('loud')\n    return [np.float32(v) * factor for v in x]",
        area="area = sp.expand((sp.Symbol('t') + 1)**2) - 2*sp.Symbol('t') - 1",
        mean_of="mean_of = lambda f, x: sum(map(f, x)) / len(x)",
    )
    assert points(record) == [3, 2, 2]


def test_names_that_are_missing_or_of_the_wrong_kind_are_told_in_a_sentence(grade):
    record = grade(scale="skale = 1", area="def area(): return t**2", mean_of="mean_of = 2.5")
    assert points(record) == [0, 0, 0]
    assert words(record, "test_scale") == "`scale` is not defined"
    assert words(record, "test_area") == "`area` should be a SymPy expression, and is a function"
    assert words(record, "test_mean_of") == "`mean_of` should be a function, and is a value"
    record = grade(scale="1 / 0", area="area = object()")
    assert words(record, "test_scale") == (
        "`scale` is not defined: its cell ended with ZeroDivisionError"
    )
    assert words(record, "test_area") == (
        "`area` should be a SymPy expression, and is an object of another kind"
    )


def test_a_value_of_another_kind_is_said_to_be_one(grade):
    record = grade(area="area = [1, 2]")
    assert "the area: expected a SymPy expression, got a list" in words(record, "test_area")


def test_a_name_may_be_defined_in_a_cell_of_ones_own_and_changed_later(grade):
    """Tests see the names where they stand, as in the student's own run."""
    assert points(grade(own="scale = area = mean_of = None")) == [3, 2, 2]


# --- misconceptions


def test_a_known_misconception_is_named(assignment, grade):
    for answer in bank.answers(assignment):
        record = grade(**{answer.name: answer.source})
        found = record.verdicts[f"test_{answer.name}"]
        if answer.correct:
            assert found.points == found.max and not found.misconception
        else:
            assert found.points < found.max
            assert (found.misconception, found.hint) == (answer.title, answer.hint)
            assert answer.hint in found.messages[-1]


def test_another_implementation_of_a_misconception_is_named_too(grade):
    record = grade(scale="def scale(x, factor):\n    return [v * factor * factor for v in x]")
    assert record.verdicts["test_scale"].misconception == "the factor squared"


def test_a_mistake_that_nobody_knows_is_not_named(grade):
    record = grade(scale="def scale(x, factor):\n    return np.asarray(x) * factor + 1e4")
    assert record.verdicts["test_scale"].misconception == ""
    record = grade(scale="def scale(x, factor):\n    raise ValueError")
    assert record.verdicts["test_scale"].misconception == ""


def test_a_misconception_that_the_test_cannot_see_explains_nothing(tmp_path, box):
    """The answer is a rounding away from right, and so is one that only empty lists would tell."""
    exact = SOURCE.replace('1.0), what="the numbers"', '1.0), rtol=1e-12, what="the numbers"')
    unseen = (
        "import numpy as np\nfrom autograder.bank import right, wrong\n"
        '@wrong("scale", "empty lists forgotten")\n'
        'def forgotten(x, factor):\n    """There is always something.\n\n    Think of them."""\n'
        "    return x[0] * factor if len(x) == 0 else np.asarray(x) * factor\n"
    )
    assignment = project(tmp_path, exact, unseen + BANK.split("wrong\n", 1)[1])
    record = grade_in(assignment, box, scale="scale = lambda x, f: np.asarray(x) * f * (1 + 1e-9)")
    assert points(record) == [2, 2, 2]
    assert record.verdicts["test_scale"].misconception == ""


# --- one exercise is one exercise


def test_a_death_costs_its_own_exercise(grade):
    record = grade(scale="import os\ndef scale(x, factor):\n    os._exit(0)")
    assert points(record) == [0, 2, 2]
    assert words(record, "test_scale") == "the cell ended the whole Python process"


def test_a_death_in_a_hidden_test_costs_its_own_exercise(grade):
    record = grade(
        scale="import os\ndef scale(x, factor):\n"
        "    return np.asarray(x) * factor if len(x) == 3 else os._exit(0)"
    )
    assert points(record) == [0, 2, 2]
    assert "`scale` ended the whole Python process" in words(record, "test_scale")


def test_a_death_at_top_level_costs_its_own_exercise(grade):
    record = grade(area="import os; os._exit(0)")
    assert points(record) == [3, 0, 2]
    assert words(record, "test_area") == "`area` is not defined: its cell ended with Stopped"
    (output,) = record.outputs["area"]
    assert output["evalue"] == "the cell ended the whole Python process"


def test_an_endless_loop_costs_its_own_exercise(grade):
    record = grade(
        scale="def scale(x, factor):\n    while len(x) > 3: pass\n    return x * factor",
        area="while True: pass",
    )
    assert points(record) == [0, 0, 2]
    assert "`scale` was stopped: it ran longer than 2 seconds" in words(record, "test_scale")


def test_what_a_test_has_called_costs_no_later_exercise(grade):
    """It ends the process when its own exercise is over, in the cell of the next one."""
    record = grade(
        scale="import os, threading\nimport numpy as np\ncalls = []\ndef scale(x, factor):\n"
        "    calls.append(1)\n"
        "    if len(calls) > 3: threading.Timer(0.5, os._exit, (0,)).start()\n"
        "    return np.asarray(x) * factor",
        area="import time\ntime.sleep(1)\narea = t**2",
    )
    assert points(record) == [3, 2, 2]


CALLED_LATER = SOURCE.replace(
    "agree(mean_of(shifted, [1.0, 271828.0]), 135915.5)",
    "agree(mean_of(maker(), [1.0, 271828.0]), 135915.5)",
).replace(
    '# %% nbgrader={"grade_id": "mean_of"',
    '# %% nbgrader={"grade_id": "maker", "solution": true}\n'
    "def maker():\n    ### BEGIN SOLUTION\n    return lambda x: x + 1\n    ### END SOLUTION\n\n"
    '# %% nbgrader={"grade_id": "test_maker", "points": 1}\nassert maker()(1) == 2\n'
    "### BEGIN HIDDEN TESTS\nagree(maker()(2), 3)\n### END HIDDEN TESTS\n\n"
    '# %% nbgrader={"grade_id": "mean_of"',
)
"""A test that hands one of the student's functions to another."""


def test_a_death_while_a_misconception_is_looked_for_costs_no_later_exercise(tmp_path, box):
    """The bank's answers are called with the functions that the test has passed."""
    more = SOURCE[SOURCE.index('# %% nbgrader={"grade_id": "area"') :]
    more = more[: more.index('# %% nbgrader={"grade_id": "mean_of"')].replace("area", "area_2")
    bank = BANK + (
        '\n@wrong("maker", "adds two")\ndef maker_of_two():\n    """Two.\n\n    One."""\n'
        "    return lambda x: x + 2\n\n"
        '@wrong("area_2", "the perimeter")\n'
        'def perimeter_2():\n    """All.\n\n    Two lengths."""\n    return 4 * t\n'
    )
    assignment = project(tmp_path, CALLED_LATER + "\n" + more, bank)
    record = grade_in(
        assignment,
        box,
        maker="import os\ncalls = []\ndef step(x):\n    calls.append(x)\n"
        "    return x + 1 if len(calls) < 6 else os._exit(0)\ndef maker(): return step",
        mean_of="mean_of = lambda f, x: sum(f(v) for v in x)",  # which the bank knows
    )
    assert points(record) == [3, 2, 1, 0, 2]


def test_an_answer_that_takes_all_memory_is_no_fault_of_the_test(tmp_path, box, monkeypatch):
    monkeypatch.setattr(process, "TEST_BYTES", 2**23)
    many = SOURCE.replace(
        'with part(1, "a factor of 1"):',
        'while scale([1.0], 1.0)[0] != 1:\n    pass\nwith part(1, "a factor of 1"):',
    )
    record = grade_in(
        project(tmp_path, many),
        box,
        scale="scale = lambda x, f: np.zeros(3 if len(x) == 3 else 20_000)",
    )
    assert points(record) == [0, 2, 2]


def test_a_test_that_uses_another_name_uses_the_students(tmp_path, box):
    before = 'with part(1, "any function"):'
    both = SOURCE.replace(before, f'{before}\n    holds(scale([2.0], 1.0)[0] == 2, "scaled by 1")')
    record = grade_in(project(tmp_path, both), box, scale="scale = 3")
    assert points(record) == [0, 2, 1]
    assert "`scale` raises TypeError" in words(record, "test_mean_of")


def test_what_an_exercise_leaves_behind_in_the_interpreter_earns_nothing(grade):
    record = grade(
        scale="import numpy.testing, builtins\n"
        "numpy.testing.assert_allclose = np.allclose = np.isclose = lambda *a, **k: True\n"
        "builtins.AssertionError = type('Fine', (Exception,), {})\n"
        "class Yes(float):\n    __eq__ = __ge__ = __le__ = lambda *a: True\n"
        "    __array_ufunc__ = lambda *a, **k: True\n    shape = (3,)\n    __hash__ = None\n"
        "def scale(x, factor):\n    return Yes()"
    )
    assert points(record) == [0, 2, 2]


def test_an_answer_that_a_test_cannot_finish_with_costs_its_own_exercise(
    tmp_path, box, monkeypatch
):
    monkeypatch.setattr(process, "TEST_SECONDS", 1)
    endless = SOURCE.replace(
        'with part(1, "a factor of 1"):',
        'while scale([1.0], 1.0)[0] != 1:\n    pass\nwith part(1, "a factor of 1"):',
    )
    assignment = project(tmp_path, endless)
    record = grade_in(assignment, box, scale="scale = lambda x, f: np.zeros(len(x))")
    assert points(record) == [0, 2, 2]
    assert words(record, "test_scale") == "the test was stopped: it took over 1 seconds"


def test_a_submission_that_has_used_up_its_time_is_told_so(assignment, box):
    cells = [(c.grade_id, c.source) for c in assignment.cells if c.cell_type == "code"]
    record = grading.grade(
        assignment, cells, 1, box.open_shell, limits=Limits(submission_seconds=0)
    )
    assert points(record) == [0, 0, 0]
    assert words(record, "test_scale") == "not run: your notebook used up its 0 seconds"


def test_a_cell_that_is_fatal_only_when_it_runs_again_is_left_out():
    class Mortal:
        """A shell that dies of `call`, and of a second run of `bad`."""

        ran = []  # noqa: RUF012

        def __init__(self, cpu_seconds):
            self.alive, self.lost, self.here = True, False, []
            self.computed, self.limits = 0, Limits()

        def run(self, source, quiet):
            if source == "bad" and source in self.ran:
                self.alive = False
                raise ShellDied("the cell ended the whole Python process")
            self.ran.append(source)
            self.here.append(source)
            return []

        def close(self):
            self.alive = False

    fatal = {}
    with StudentRun(Mortal, fatal, Budget(), quiet=True) as notebook:
        for source in ("good", "bad", "fine"):
            notebook.run(Step(source, source, None))
        notebook.shell().close()
        assert notebook.shell().here == ["good", "fine"]
    assert set(fatal) == {"bad"}


# --- what the student gets to see


def test_outputs_are_those_of_the_students_run(grade):
    record = grade(area="print('side')\narea = t**2\narea", own="scale([1], 2)")
    stream, result = record.outputs["area"]
    assert stream["text"] == "side\n" and result["data"]["text/plain"] == "t**2"
    assert record.outputs["own_1"][0]["data"]["text/plain"] == "array([2])"
    assert record.outputs["test_scale"] == []
    assert json.loads(json.dumps(record.as_dict())) == record.as_dict()


LEAKS = {
    "print, raise and name": """
import numpy as np
LOG = []
def scale(x, factor):
    LOG.append(list(x))
    print(LOG)
    display(LOG)
    if len(x) != 3:
        raise type("x" + str(LOG).replace(".", "_"), (ValueError,), {})(str(LOG))
    return np.asarray(x) * factor
""",
    "return what was seen": """
import numpy as np
LOG = []
def scale(x, factor):
    LOG.extend(x)
    if len(x) == 3:
        return np.asarray(x) * factor
    cls = type("x" + str(int(LOG[-1])), (), {})
    return [cls(), cls, str(LOG)]
""",
}


@pytest.mark.parametrize("scale", LEAKS.values(), ids=LEAKS.keys())
@pytest.mark.parametrize(
    "mean_of",
    [
        "def mean_of(function, x):\n    print(LOG)\n    if list(x) == [1, 2]:\n"
        "        raise ValueError(str(LOG))\n    return 2.5",
        # Passes the visible check until it has something to tell.
        "def mean_of(function, x):\n    return 2.5 if '27' not in str(LOG) else str(LOG)",
    ],
    ids=["raise later", "return later"],
)
def test_hidden_inputs_tests_and_values_stay_hidden(grade, scale, mean_of):
    record = grade(
        own="print(globals().get('LOG'))\nscale([1, 2], 3)",
        scale=scale,
        area="area = sp.Symbol('some_other')\nprint(LOG)\ndisplay(In)",
        mean_of=mean_of,
    )
    assert points(record) == [0, 0, 0]
    text = json.dumps(record.as_dict(), ensure_ascii=False)
    for hidden in ("271828", "271_828", "27182", "symbolically_equal", "callback", "reference."):
        assert hidden not in text


def test_the_same_seed_gives_the_same_record_and_another_one_another(grade):
    loses = "def scale(x, factor):\n    return np.asarray(x) + float(np.random.rand())"
    once, again, other = (grade(seed=s, scale=loses).as_dict() for s in (1, 1, 2))
    assert once == again
    assert once["verdicts"] != other["verdicts"] or once["seed"] != other["seed"]


def test_only_answers_and_own_cells_are_read_from_a_submission(assignment, box):
    record = grade_in(
        assignment,
        box,
        given_tools="raise ValueError",
        test_scale="print('mine')",
        scale="scale = lambda x, factor: 0",
    )
    assert points(record)[0] == 0 and points(record)[1:] == [2, 2]
    assert "mine" not in json.dumps(record.as_dict())


@pytest.mark.parametrize("spoil", [lambda c: c[:-1], lambda c: c[::-1], lambda c: [*c, c[0]]])
def test_cells_that_are_not_the_assignments_are_refused(assignment, box, spoil):
    cells = [(c.grade_id, c.source) for c in assignment.cells if c.cell_type == "code"]
    with pytest.raises(ValueError, match="not those of the assignment"):
        grading.grade(assignment, spoil(cells), 1, box.open_shell)


# --- faults of the grader


@pytest.mark.parametrize(
    ("good", "bad", "reason"),
    [
        ("9 * x", "8 * x", "test_scale fails on its own solution"),
        ('with part(2, "any', 'with part(1, "any', "the parts add up to 2 points"),
        ("callback(lambda v: -v)", "lambda v: -v", "cannot be called so"),
        ("area = t**2", "area = 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_test_that_is_wrong_stops_loudly(tmp_path, box, good, bad, reason):
    assert good in SOURCE
    assignment = project(tmp_path, SOURCE.replace(good, bad))
    with pytest.raises(GraderFault, match=reason):
        grade_in(assignment, box)


def test_no_point_is_lost_to_a_test_that_fails_for_this_seed_alone(tmp_path, box):
    unlucky = SOURCE.replace("9 * x", "9 * x * (1 + (rng.random() < 0.5))")
    assignment = project(tmp_path, unlucky)
    outcomes = set()
    for seed in range(8):
        try:
            outcomes.add(tuple(points(grade_in(assignment, box, seed=seed))))
        except GraderFault as fault:
            assert f"fails on its own solution with seed {seed}" in str(fault)
            outcomes.add("fault")
    assert outcomes == {(3, 2, 2), "fault"}


def test_a_broken_bank_stops_loudly(tmp_path, box):
    broken = BANK.replace("return 4 * t", "return 4 * undefined")
    with pytest.raises(GraderFault, match=r"the perimeter.*NameError"):
        grade_in(project(tmp_path, bank=broken), box)
