"""What a chapter's source must keep to: break a rule, and the build says where."""

import re
from pathlib import Path

import pytest
from book_tools import APPENDICES, CHAPTERS, HEAD, cell, small_book
from chapter_rules import problems
from checked_equations import MIME
from sources import Chapter, checks, read_chapter

READ = {path: read_chapter(path) for path in CHAPTERS + APPENDICES}
every_chapter = pytest.mark.parametrize("path", CHAPTERS + APPENDICES, ids=lambda path: path.stem)
every_equation = pytest.mark.parametrize(
    ("path", "label"),
    [
        pytest.param(path, equation.label, id=f"{path.stem[:2]}-{equation.label}")
        for path, chapter in READ.items()
        for equation in chapter.equations
    ],
)


def chapter(text: str) -> Chapter:
    return read_chapter(None, HEAD + text)


def without_check(path: Path, label: str) -> str:
    """The chapter with blank lines where the cell with the check was."""
    lines = path.read_text(encoding="utf8").split("\n")
    (found,) = (one for one in READ[path].cells if label in {check.label for check in checks(one)})
    end = lines.index("```", found.first - 1)
    lines[found.line - 1 : end + 1] = [""] * (end + 2 - found.line)
    return "\n".join(lines)


@every_chapter
def test_the_chapters_have_no_problems(path):
    assert list(problems(READ[path])) == []


@every_equation
def test_an_equation_without_its_check_is_named(path, label):
    said = problems(read_chapter(path, without_check(path, label)))
    start = f"equation {label!r} has no check"
    (equation,) = (one for one in READ[path].equations if one.label == label)
    assert [line for line, message in said if message.startswith(start)] == [equation.line]


def test_checks_are_read_from_the_source_with_their_lines():
    code = (
        "%matplotlib inline\nx = 1\n\nholds(\n    'b', {}\n)\nother('c')\n"
        "x.holds('d')\nholds('a', {}); holds(x)"
    )
    (read,) = chapter(cell(code)).cells
    found = [(check.label, check.line - read.first) for check in checks(read)]
    assert found == [("b", 3), ("a", 8), ("", 8)]


@pytest.mark.parametrize("call", ["holds(label, {})", "holds()", "holds(1, {})", "holds(f'a{x}')"])
def test_a_label_that_is_no_literal_string_is_a_problem(call):
    found = [message for _, message in problems(chapter(f"$$\na\n$$ (a)\n\n{cell(call)}"))]
    assert found[0] == "holds needs the equation's label first, as a literal string"
    assert found[1].startswith("equation 'a' has no check")


# --- real builds: what is wrong stops them and is named

TWO = "$$\na\n$$\n\n$$\nc = a + 1\n$$ (two)\n\n"
CHECK = 'from lib.equations import holds\n\nholds("two", {"a": 1, "c": 2})'
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
NAMED = CHECK.replace('holds("two"', 'label = "two"\nholds(label')
AGAIN = CHECK.split("\n")[-1]
UNREACHED = CHECK.replace("holds(", "if False:\n    holds(")
REPEATED = CHECK.replace("\n\nholds(", "\nfor _ in range(2):\n    holds(")
TOLD = f"""def holds(label, kind):
    record = {{"label": label, "kind": kind, "result": "", "digest": ""}}
    display({{"{MIME}": record}}, raw=True)


"""
# All are pages of one book, for the build goes on: page, start of the line, what must be said.
WARNING = {
    "unknown_label": (cell(UNREACHED), "    holds(", "check of 'two', but no equation here has"),
    "no_literal": (TWO + cell(NAMED), "holds(label", "needs the equation's label first"),
    "unchecked": (TWO, "$$ #3", "equation 'unchecked' has no check: add holds('unchecked', …)"),
    "twice": (TWO + cell(CHECK) + cell(AGAIN), "holds( #2", "'twice' is checked twice, first in"),
    "not_reached": (TWO + cell(UNREACHED), "$$ #3", "the check of 'not_reached' did not run"),
    "repeated": (TWO + cell(REPEATED), "for _", "the check of 'repeated' ran twice"),
    "certain": (
        TWO + cell(TOLD + 'holds("two", "certain")'),
        "    record",
        "the check of 'certain' is of no kind: 'certain'",
    ),
    "stale": (
        TWO + cell(TOLD + 'holds("two", "measured")'),
        "$$ #3",
        "the check of 'stale' read another equation than is printed",
    ),
    "no_such_kind": ("{kind}`certain`\n", "{kind}", "no kind of check: 'certain'"),
    "unexplained": ("```{claims-ledger}\n```\n", "```{claims", "the ledger does not say what"),
    "check_draws": (TWO + cell(f"{DRAW}{SHOW}\n{CHECK}", *FIGURE), CELL, "figure in a cell with a"),
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
