"""The bank: known-wrong and alternative right answers to every graded exercise.

``misconceptions/NN_slug.py`` holds the answers to assignment ``NN_slug``. A known-wrong answer is
one *misconception*: what somebody believed, written as the code that follows from the belief.
A bank's file is Python, so that editors and linters understand it, but it is read and never run.

    from autograder.bank import right, wrong

    @wrong("frequencies", "variance σ² instead of 1/σ²")
    def frequencies_scaled_by_sigma(seed, D, D_random, sigma):
        \"\"\"The frequencies have the kernel's own width.

        A wide kernel changes slowly and needs slow waves.
        \"\"\"
        return np.random.default_rng(seed).normal(scale=sigma, size=(D_random, D))

    wrong(
        "frequencies",
        "divided by the variance",
        belief="A variance of 1/σ² means dividing by σ².",
        hint="Numbers divided by c have their variance divided by c².",
        edit={"scale=1 / sigma": "scale=1 / sigma**2"},
    )

    @right("frequencies", "one at a time")
    def frequencies_in_a_loop(seed, D, D_random, sigma): …

Answers are also written into notebooks as a student would hand them in, so a function may use only
NumPy as ``np``, SymPy as ``sp`` and the names that the notebook's given cells define.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from autograder.assignment import Assignment, Cell
from autograder.errors import SourceError
from autograder.source import read_text

F = TypeVar("F", bound=Callable)


@dataclass(frozen=True)
class Answer:
    """One answer of the bank.

    Attributes
    ----------
    name : the graded name it answers.
    title : the misconception, or how this right answer differs from the solution; a few words.
    belief : what the person believed ("" for a right answer).
    hint : the sentence that cures the misconception ("" for a right answer).
    correct : whether it deserves full marks.
    value : the graded name is a value, not a function.
    source : the code of the cell, as a student would have typed it.
    place : where the bank has it, ``path:line``.
    """

    name: str
    title: str
    belief: str
    hint: str
    correct: bool
    value: bool
    source: str
    place: str


# --- how a bank's file is written


def wrong(
    name: str, title: str, *, belief: str = "", hint: str = "", edit: dict[str, str] | None = None
) -> Callable[[F], F]:
    """Declare a known-wrong answer to `name`, which students and instructors know by its `title`.

    As a decorator, it takes name and title. The function is the answer; if the graded name is a
    value, the function takes no argument and returns that value. The docstring has two paragraphs:
    what the person believed, and the hint that students read whose answer behaves the same.

    As a statement, it declares an answer that differs from the solution by a line or two. `edit`
    maps each old text to its new one. An old text must occur exactly once in the solution cell.
    Further lines of a new text are indented like the line that the old text stands on; a line of
    which nothing is left is removed.
    """
    return lambda function: function


def right(name: str, title: str, *, edit: dict[str, str] | None = None) -> Callable[[F], F]:
    """Declare an answer to `name` that must get full marks; a docstring is optional."""
    return lambda function: function


_KINDS = {"wrong": wrong, "right": right}


# --- how it is read


def answers(assignment: Assignment) -> tuple[Answer, ...]:
    """The answers to an assignment, in the order of its bank's file; () if there is no such file.

    Cells that are taken from another assignment come with that one's answers, at the end.

    Raises
    ------
    SourceError
        If a bank's file cannot be used: not Python, a declaration that is incomplete or names no
        solution cell, an edit that does not fit its cell, two answers to one name with one title.
    """
    project, banks = assignment.project, []
    for lender in dict.fromkeys(["", *(cell.lender for cell in assignment.of_kind("solution"))]):
        path = project.bank_path(lender or assignment.slug)
        where = project.relative(path)
        banks.append((lender, where, read_text(path, where) if path.is_file() else ""))
    return _answers(assignment, tuple(banks))


def typed(cell: Cell) -> str:
    """A solution as a student would have typed it: without the markers around it."""
    return re.sub(r"^ *### (BEGIN|END) SOLUTION *\n?", "", cell.source, flags=re.M)


@dataclass(frozen=True)
class _Declaration:
    """An answer as a file declares it, by a function or by an edit of the solution.

    Attributes
    ----------
    function, code : the function's name, and its source without decorator and docstring.
    edit : (line, old text, new text) of each change.
    """

    where: str
    line: int
    kind: str
    name: str
    title: str
    belief: str
    hint: str
    function: str
    code: str
    edit: tuple[tuple[int, str, str], ...]

    def error(self, reason: str, remedy: str, line: int = 0) -> SourceError:
        return SourceError(self.where, line or self.line, reason, remedy)

    def answer(self, cell: Cell, value: bool) -> Answer:
        """The declared answer to a solution cell. Raises `SourceError`."""
        if self.edit:
            source = self._edited(cell)
        else:
            name = f"compute_{self.name}" if value else self.name
            # After a dot it is a method, which may have the same name.
            source = re.sub(rf"(?<!\.)\b{re.escape(self.function)}\b", name, self.code)
            if value:
                source += f"\n\n\n{self.name} = {name}()"
        correct, place = self.kind == "right", f"{self.where}:{self.line}"
        return Answer(self.name, self.title, self.belief, self.hint, correct, value, source, place)

    def _edited(self, cell: Cell) -> str:
        code = typed(cell)
        for line, old, new in self.edit:
            if (times := code.count(old)) != 1:
                raise self.error(
                    f'the old text "{old}" occurs {times} times in the solution of {self.name}',
                    f"write it as the cell in solutions/{Path(self.where).name} has it, "
                    "long enough to occur once",
                    line,
                )
            before, after = code.split(old)
            row = before.rpartition("\n")[2]
            indent = row[: len(row) - len(row.lstrip())]
            code = before + new.replace("\n", "\n" + indent) + after
        code = re.sub(r"^[ \t]+\n", "", code, flags=re.M).rstrip()
        try:
            ast.parse(code)
        except SyntaxError as error:
            raise self.error(
                f"the edited solution of {self.name} has a syntax error: {error.msg}",
                "correct the new text",
            ) from None
        return code


@functools.lru_cache(maxsize=64)
def _answers(assignment: Assignment, banks: tuple[tuple[str, str, str], ...]) -> tuple[Answer, ...]:
    """The answers of `banks`: (lender, path, text) of each file, the assignment's own first."""
    cells = {cell.grade_id: cell for cell in assignment.of_kind("solution")}
    declared = {lender: _declarations(text, where) for lender, where, text in banks}
    lent = (
        one
        for cell in cells.values()
        if cell.lender
        for one in declared[cell.lender]
        if one.name == cell.grade_id
    )
    found: dict[tuple[str, str], Answer] = {}
    for one in (*declared[""], *lent):
        if one.name not in cells:
            raise one.error(
                f'"{one.name}" is no solution cell', f"choose from: {', '.join(cells) or 'none'}"
            )
        if (one.name, one.title) in found:
            raise one.error(
                f'two answers to {one.name} share the title "{one.title}"',
                "rename one: feedback could not tell them apart",
            )
        answer = one.answer(cells[one.name], one.name in assignment.values)
        found[one.name, one.title] = answer
    return tuple(found.values())


def _declarations(text: str, where: str) -> list[_Declaration]:
    """All declarations of a bank's file, in order. Raises `SourceError`."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        reason = f"syntax error: {error.msg}"
        raise SourceError(where, error.lineno or 1, reason, "correct it") from None
    found = []
    for node in tree.body:
        function = node if isinstance(node, ast.FunctionDef) else None
        calls: list[Any] = function.decorator_list if function else [getattr(node, "value", None)]
        for call in calls:
            kind = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
            if kind in _KINDS:
                found.append(_declaration(kind, call, function, text, where))
            elif function:
                remedy = "call right(…) or wrong(…) with a name and a title"
                raise SourceError(where, call.lineno, "a decorator that declares nothing", remedy)
    return found


def _declaration(
    kind: str, call: ast.Call, function: ast.FunctionDef | None, text: str, where: str
) -> _Declaration:
    """One call of `right` or `wrong`, which decorates `function` if there is one."""
    line = call.lineno

    def string(node: ast.expr | None) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise SourceError(
            where, getattr(node, "lineno", line), "not a plain string", "write it out, in quotes"
        )

    try:
        named = {str(keyword.arg): keyword.value for keyword in call.keywords}
        given = inspect.signature(_KINDS[kind]).bind(*call.args, **named).arguments
    except TypeError as error:
        remedy = "give a name and a title; a statement also has an edit"
        raise SourceError(where, line, f"{kind}: {error}", remedy) from None
    changes = given.pop("edit", ast.Dict([], []))
    if not isinstance(changes, ast.Dict):
        raise SourceError(where, line, "the edit is no dict", 'write edit={"old text": "new text"}')
    edit = tuple(
        (getattr(old, "lineno", line), string(old), string(new))
        for old, new in zip(changes.keys, changes.values, strict=True)
    )
    strings = {key: string(node) for key, node in given.items()}
    name, title = strings.pop("name"), strings.pop("title")
    if function and (strings or edit):
        raise SourceError(
            where,
            line,
            f'the decorator of "{title}" holds more than name and title',
            "write belief and hint as the two paragraphs of the docstring",
        )
    docstring = ast.get_docstring(function) if function else None
    if not edit and not (function and len(function.body) > (docstring is not None)):
        remedy = 'add edit={"old text": "new text"}, or decorate a function'
        raise SourceError(where, line, f'"{title}" has no code', remedy)
    belief = hint = ""
    if kind == "wrong":
        said = [strings.get("belief", ""), strings.get("hint", "")]
        if function:
            said = re.split(r"\n\s*\n", docstring or "")
        said = [" ".join(paragraph.split()) for paragraph in said]
        if len(said) != 2 or not all(said):
            remedy = (
                "write two paragraphs in its docstring: what the person believed, what helps"
                if function
                else "add belief=… (what the person believed) and hint=… (what helps)"
            )
            raise SourceError(where, line, f'"{title}" lacks its belief or its hint', remedy)
        belief, hint = said
    code = _code(function, text) if function else ""
    defined = function.name if function else ""
    return _Declaration(where, line, kind, name, title, belief, hint, defined, code, edit)


def _code(function: ast.FunctionDef, text: str) -> str:
    """A function's source without its decorator and its docstring."""
    rows = text.split("\n")[function.lineno - 1 : function.end_lineno]
    if ast.get_docstring(function) is not None:
        # A docstring shares no line with code: the formatter keeps it so.
        first = function.body[0]
        last = first.end_lineno or first.lineno
        del rows[first.lineno - function.lineno : last - function.lineno + 1]
    return "\n".join(rows)
