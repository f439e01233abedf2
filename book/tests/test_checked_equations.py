"""Every labelled equation is bound to its check: break either, and the build says so."""

import ast
import re
import sys
import types
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from book_tools import APPENDICES, BOOK, CHAPTERS, HEAD, cell, copy_of_the_book, small_book
from checked_equations import problems
from lib.equations import EquationError
from sources import Check, Equation, checks, read_chapter, same_tex

RUN = CHAPTERS + APPENDICES  # what has equations
SOURCES = {path: path.read_text(encoding="utf8") for path in RUN}
READ = {path: read_chapter(path) for path in RUN}
CALLS = {
    (path, call.label): call
    for path, chapter in READ.items()
    for a_cell in chapter.cells
    for call in checks(a_cell)
}
every_chapter = pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
every_equation = pytest.mark.parametrize(
    ("path", "equation"),
    [
        pytest.param(path, equation, id=f"{path.stem[:2]}-{equation.label}")
        for path, chapter in READ.items()
        for equation in chapter.equations
    ],
)


def sides_of(call: Check) -> list[ast.Tuple]:
    """The (TeX, value) pairs of a check as its source has them."""
    for node in ast.walk(ast.parse(call.cell.source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "equation":
            label, *sides = node.args
            if ast.literal_eval(label) == call.label:
                return sides
    raise LookupError(call.label)


def edit_text(text: str, equation: Equation) -> str:
    """The chapter with another formula under the same label."""
    start = sum(len(line) + 1 for line in text.split("\n")[: equation.line - 1])
    end = text.index(equation.tex, start) + len(equation.tex)
    return f"{text[:end]} + 1{text[end:]}"


def edit_check(text: str, call: Check) -> str:
    """The chapter with another formula in the check: in the last literal of its last side."""
    tex = sides_of(call)[-1].elts[0]
    lines = text.split("\n")
    number, end = call.cell.first + tex.end_lineno - 2, tex.end_col_offset - 1
    line = lines[number].encode()  # columns count bytes
    lines[number] = (line[:end] + b"1" + line[end:]).decode()
    return "\n".join(lines)


def without_cell(text: str, call: Check) -> str:
    """The chapter with blank lines where the check was."""
    lines = text.split("\n")
    end = lines.index("```", call.cell.first - 1)
    lines[call.cell.line - 1 : end + 1] = [""] * (end + 2 - call.cell.line)
    return "\n".join(lines)


def found(path: Path, text: str) -> list[tuple[int, str]]:
    return list(problems(read_chapter(path, text)))


@every_chapter
def test_the_chapters_have_no_problems(path):
    assert found(path, SOURCES[path]) == []


@every_equation
def test_an_equation_edited_alone_is_named(path, equation):
    line, message = found(path, edit_text(SOURCES[path], equation))[0]
    assert line == equation.line
    assert SOURCES[path].split("\n")[line - 1].startswith(("$$", "```{math}", ":::{math}"))
    assert f"equation {equation.label!r} and its check" in message


@every_equation
def test_a_check_edited_alone_is_named(path, equation):
    call = CALLS[path, equation.label]
    line, message = found(path, edit_check(SOURCES[path], call))[0]
    assert line == equation.line
    assert f"equation {call.label!r} and its check in line {call.line} differ" in message


@every_equation
def test_an_equation_without_its_check_is_named(path, equation):
    said = found(path, without_cell(SOURCES[path], CALLS[path, equation.label]))
    start = f"equation {equation.label!r} has no check"
    assert [line for line, message in said if message.startswith(start)] == [equation.line]


@every_equation
def test_no_letter_digit_or_sign_of_an_equation_is_free(path, equation):
    """Change or drop any single character of the formula, and it is another formula."""
    # Distances are layout, not formula.
    layout = [found.span() for found in re.finditer(r"\\\\\[[^]]*\]|\\q?quad", equation.tex)]
    for i, old in enumerate(equation.tex):
        matters = old.isalnum() or old in "+-=<>/^_{}()[]|"
        if matters and not any(start <= i < end for start, end in layout):
            for new in ("7" if old != "7" else "8", ""):
                edited = f"{equation.tex[:i]}{new}{equation.tex[i + 1 :]}"
                assert not same_tex(equation.tex, edited), f"character {i}, {old!r} to {new!r}"


@every_equation
def test_the_sides_of_a_check_are_computed_differently(path, equation):
    """`equation("…", (tex, a), (tex, a))` holds whatever a is."""
    call = CALLS[path, equation.label]
    for left, right in pairwise(sides_of(call)):
        same = ast.dump(left.elts[1]) == ast.dump(right.elts[1])
        assert not same, f"{path.name}:{call.line}: {ast.unparse(right)} has the value before it"


# --- each check can fail: the chapter runs once, and every call is repeated with wrong values


def one_entry_off(value, by: float) -> np.ndarray:
    """A copy of a number or array whose last entry is off."""
    wrong = np.array(value, dtype=np.result_type(np.asarray(value), float))
    wrong.reshape(-1)[-1] += by
    return wrong


def wrong_value(sides: tuple, k: int) -> object:
    """A wrong value for side `k`, as close to the right one as the check claims to see.

    Equalities: a symbolic term too many, or one entry off by a millionth of the largest.
    Measurements: half as much again, the least that anyone would call another formula.
    Inequalities: one entry on the wrong side of its neighbour, by a millionth.
    """
    value, neighbour = sides[k][1], sides[k - 1 if k else 1][1]
    if isinstance(value, sp.Basic):
        return value + sp.Rational(1, 1000)
    relation = re.match(r"[\s&]*(=|\\[a-z]+)", sides[max(k, 1)][0])[1]
    millionth = 1e-6 * (float(np.max(np.abs(value))) or 1.0)
    if relation == "=":
        return one_entry_off(value, millionth)
    if relation == r"\approx":
        return np.asarray(value) * 1.5 if np.any(value) else one_entry_off(value, 1.0)
    too_large = (relation == r"\le") == (k == 0)
    return one_entry_off(neighbour, millionth if too_large else -millionth)


@every_chapter
def test_every_check_runs_and_can_fail(path, monkeypatch):
    import lib.equations

    right, ran, blind = lib.equations.equation, [], []

    def equation(label, *sides, within=None):
        right(label, *sides, within=within)
        ran.append(label)
        for k, (tex, _) in enumerate(sides):
            broken = [*sides[:k], (tex, wrong_value(sides, k)), *sides[k + 1 :]]
            try:
                right(label, *broken, within=within)
            except EquationError:
                continue
            blind.append(f"{label}: {tex}")

    monkeypatch.setattr(lib.equations, "equation", equation)
    monkeypatch.chdir(BOOK)  # as the build runs it
    module = types.ModuleType("chapter_under_test")  # dataclasses look their module up
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for a_cell in READ[path].cells:
        code = compile("\n" * (a_cell.first - 1) + a_cell.source, str(path), "exec")
        exec(code, module.__dict__)
    assert set(ran) == {label for where, label in CALLS if where == path}
    assert blind == []


# --- real builds: what is wrong stops them and is named

TWO = "$$\na\n$$\n\n$$\n2 = 1 + 1\n$$ (two)\n\n"
CHECK = 'from lib.equations import equation\n\nequation("two", (r"2", 2), (r"= 1 + 1", 1 + 1))'
FIGURE = [":mystnb:", ":  figure:", ":    name: fig-a", ":    caption: A line."]
DRAW = "from lib.figures import plt, show\n\nfig, ax = plt.subplots()\nax.plot([1, 2])\n"
SHOW = 'show(fig, alt="A straight line goes up from one to two.")'
# Each stops its build: page, start of the line to be named, what must be said.
STOPPING = {
    "failing_cell": (
        cell("def ratio(a):\n    return 1 / a")
        + cell("x = 1")
        + cell("x = 1\n\nratio(0)", ":tags: [hide-input]"),
        "ratio(0)",
        "ZeroDivisionError: division by zero",
    ),
    "wrong_equation": (
        TWO.replace("+ 1", "+ 2") + cell(CHECK.replace("+ 1", "+ 2"), ":tags: [checks:two]"),
        'equation("two"',
        "EquationError: equation 'two' is wrong: 2 is not = 1 + 2 (left 2, right 3)",
    ),
    "figure_without_alt": (
        cell(DRAW + "show(fig)", *FIGURE),
        "show(fig)",
        "TypeError: show() missing 1 required keyword-only argument: 'alt'",
    ),
    "dead_kernel": (cell("import os\n\nos._exit(1)"), "---", "DeadKernelError: Kernel died"),
    "endless_cell": (
        cell("x = 1") + cell("while x:\n    pass"),
        "while x:",
        "CellTimeoutError: A cell timed out while it was being executed, after 2 seconds.",
    ),
}
CELL = "```{code-cell}"
# All are pages of one book, for the build goes on: page, start of the line, what must be said.
WARNING = {
    "unknown_label": (cell(CHECK, ":tags: [checks:two]"), "equation(", "check of 'two', but no"),
    "unchecked": (TWO, "$$ #3", "equation 'unchecked' has no check"),
    "untagged": (TWO + cell(CHECK), "equation(", "'untagged' needs the tag checks:untagged"),
    "tag_alone": (TWO + cell("x = 1", ":tags: [checks:two]"), CELL, "tagged checks:tag_alone, but"),
    "not_read": ("- a\n\n  $$\n  x\n  $$ (inside)\n", None, "'inside' could not be read"),
    "no_caption": (cell(DRAW + SHOW, *FIGURE[:3]), CELL, "figure without a caption"),
    "no_name": (cell(DRAW + SHOW, *FIGURE[:2], FIGURE[3]), CELL, "figure without a name"),
    "no_alt": ("![](a.svg)\n", "![]", "picture a.svg has no alt text"),
    "bad_tex": ("Inline $\\frac{1$.\n", "Inline", "KaTeX parse error"),
    "bad_block": ("$$\n\\nosuch\n$$\n", "$$", "KaTeX parse error: Undefined control sequence"),
    "no_such_equation": ("See {eq}`nowhere`.\n", "See", "equation not found: nowhere"),
    "no_such_place": ("See [this](no-label).\n", "See", "target not found: 'no-label'"),
    "no_such_figure": ("See {numref}`fig-none`.\n", "See", "undefined label: 'fig-none'"),
    "no_such_source": ("See {cite:p}`no1999`.\n", "See", 'could not find bibtex key "no1999"'),
    "misquoted": ("{quoted}`85.2 <schroff2015, Table 6>`\n", "{quoted}", "85.2 is not in Table 6"),
    "quoted_nowhere": ("Says {quoted}`85.1`.\n", "Says", "quoted '85.1' needs its source"),
    "quoted_unkept": (
        "{quoted}`1 <no2001, Table 1>`\n",
        "{quoted}",
        "no2001.toml has no 'Table 1'",
    ),
    "quoted_unknown": ("{quoted}`1 <no2000, Table 1>`\n", None, 'find bibtex key "no2000"'),
    "quoted_hidden": (
        "```{eval-rst}\n:quoted:`85.1 <schroff2015, Table 6>`\n```\n",
        None,
        "quoted '85.1' could not be read from the source",
    ),
    "hidden_failure": (cell("1 / 0", ":tags: [raises-exception]"), CELL, "raises-exception"),
    "not_run": (cell("1 / 0", ":tags: [skip-execution]"), CELL, "skip-execution"),
    "not_python": (cell("x = 1") + cell("?x"), "?x", "code cell is not Python"),
    "too_long": (cell(f"x = '{'y' * 90}'"), "x = ", "code line of 96 characters"),
    # MyST-NB names the second line of the cell, whatever wrote to stderr.
    "on_stderr": (cell("import warnings\nx = 1\nwarnings.warn('no')"), "x = 1", "stderr was found"),
}


def line_of(text: str, start: str) -> int:
    """The number of the line that starts with `start`; `#3` at the end asks for the third such."""
    start, _, nth = start.partition(" #")
    numbers = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith(start)]
    return numbers[int(nth or 1) - 1]


@pytest.fixture(scope="module")
def broken(tmp_path_factory, build_all):
    """All the broken books, built."""
    folder = tmp_path_factory.mktemp("broken")
    roots = {}
    for name, (text, _, _) in STOPPING.items():
        front = HEAD
        if name == "endless_cell":
            front = HEAD.replace("---\n\n", "mystnb:\n  execution_timeout: 2\n---\n\n")
        roots[name] = small_book(folder / name, {"index": f"{front}# Page\n\n{text}"})
    pages = {}
    for name, (text, _, _) in WARNING.items():
        # Labels are unique in a book.
        own = text if name == "unknown_label" else re.sub(r"\btwo\b", name, text)
        pages[name] = f"{HEAD}# {name}\n\n{own}"
    roots["warnings"] = small_book(folder / "warnings", pages)
    (roots["warnings"] / "book" / "a.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    roots["equations"] = copy_of_the_book(folder / "equations", execute=False)
    for path, text in SOURCES.items():
        for equation in READ[path].equations:
            text = edit_text(text, equation)
        (roots["equations"] / "book" / path.name).write_text(text, encoding="utf8")
    return build_all(roots)


@pytest.mark.parametrize("name", STOPPING)
def test_a_failing_chapter_stops_the_build_with_one_readable_line(broken, name):
    _, where, message = STOPPING[name]
    done = broken[name]
    text = (done.root / "book" / "index.md").read_text(encoding="utf8")
    assert done.returncode == 1
    last = done.output.strip().split("\n")[-1]
    assert last == f"book/index.md:{line_of(text, where)}: {message}"
    assert "Traceback" not in done.output or name == "endless_cell"  # the kernel's own last words


def test_warnings_fail_the_build(broken):
    assert broken["warnings"].returncode != 0
    assert "Traceback" not in broken["warnings"].output


@pytest.mark.parametrize("name", WARNING)
def test_a_warning_names_file_and_line(broken, name):
    _, where, message = WARNING[name]
    done = broken["warnings"]
    page = done.root / "book" / f"{name}.md"
    line = re.compile(rf"^{re.escape(str(page))}(?::(\d+))?: (?:WARNING|ERROR): (.*)$", re.M)
    said = line.findall(done.output)
    numbers = [number for number, text in said if message in text]
    assert numbers, f"of {page.name} it says only {said}"
    if where:
        assert int(numbers[0]) == line_of(page.read_text(encoding="utf8"), where)


def test_the_book_with_every_equation_edited_names_them_all(broken):
    done = broken["equations"]
    assert done.returncode != 0
    for path, chapter in READ.items():
        for equation in chapter.equations:
            place = f"{done.root / 'book' / path.name}:{equation.line}: WARNING: "
            assert f"{place}equation {equation.label!r} and its check" in done.output
