"""The bank: known-wrong and alternative right answers to every graded exercise.

``NN_slug.py`` beside this file holds the answers to assignment ``NN_slug``. A known-wrong answer is
one *misconception*: what somebody believed, written as the code that follows from the belief.

    from autograder.bank import right, wrong

    @wrong("frequencies", "variance σ² instead of 1/σ²", hint="A wide kernel needs slow waves: …")
    def frequencies_scaled_by_sigma(seed, D, D_random, sigma):
        \"\"\"The frequencies have the kernel's own width.\"\"\"
        return np.random.default_rng(seed).normal(scale=sigma, size=(D_random, D))

    @right("frequencies", "one at a time")
    def frequencies_in_a_loop(seed, D, D_random, sigma): …

Answers are also written into notebooks as a student would hand them in, so a function may use only
NumPy as ``np``, SymPy as ``sp`` and the names that the notebook's given cells define.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from autograder import source
from autograder.assignment import Assignment, names_in
from autograder.errors import SourceError
from autograder.project import Project


@dataclass(frozen=True)
class Answer:
    """One answer of the bank.

    Attributes
    ----------
    name : the graded name it answers.
    title : the misconception, or how this right answer differs from the solution; a few words.
    hint : the sentence that cures the misconception ("" for a right answer).
    correct : whether it deserves full marks.
    value : the graded name is a value, which the function returns.
    function : the function as the bank's file defines it.
    """

    name: str
    title: str
    hint: str
    correct: bool
    value: bool
    function: Callable

    @property
    def belief(self) -> str:
        """What the person believed: the docstring, in one paragraph."""
        return " ".join((self.function.__doc__ or "").split())

    def source(self) -> str:
        """The answer as a student would have typed it: no decorator, no belief, the graded name."""
        text = textwrap.dedent(inspect.getsource(self.function))
        node = ast.parse(text).body[0]
        rows = text.splitlines()
        first = node.body[0]
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            # A docstring shares no line with code: the linter keeps it so.
            rows[first.lineno - 1 : first.end_lineno] = []
        code = "\n".join(rows[node.lineno - 1 :]).rstrip()
        name = f"compute_{self.name}" if self.value else self.name
        code = re.sub(rf"(?<!\.)\b{re.escape(node.name)}\b", name, code)  # no method of that name
        return f"{code}\n\n\n{self.name} = {name}()" if self.value else code


def wrong(name: str, title: str, *, hint: str, value: bool = False) -> Callable:
    """Register the decorated function as a known-wrong answer to `name`.

    Its docstring says what the person believed, `title` names the misconception in a few words, and
    `hint` is the sentence that students whose answer behaves the same will read. With `value`, the
    graded name is not a function but a value, which the decorated function returns.

    Raises ValueError if hint or docstring is missing.
    """
    return _register(name, title, hint, correct=False, value=value)


def right(name: str, title: str, *, value: bool = False) -> Callable:
    """Register the decorated function as an answer to `name` that must get full marks."""
    return _register(name, title, "", correct=True, value=value)


def _register(name: str, title: str, hint: str, *, correct: bool, value: bool) -> Callable:
    def decorate(function: Callable) -> Callable:
        where = f"{Path(function.__code__.co_filename).name}:{function.__code__.co_firstlineno}"
        if not correct and not (hint.strip() and (function.__doc__ or "").strip()):
            raise ValueError(
                f"{where}: {function.__name__} lacks a hint or a docstring — say what the person "
                "believed, and the sentence that helps"
            )
        function.answer = Answer(name, title, hint, correct, value, function)
        return function

    return decorate


def answers(assignment: Assignment) -> tuple[Answer, ...]:
    """The bank's answers for an assignment, in the order of its file; () if it has no file.

    Cells that are taken from another assignment come with that one's answers, at the end.
    Raises ValueError if two answers to one name share a title, since feedback could not tell them
    apart.
    """
    project, slug = assignment.project, assignment.slug
    found = _answers_in(project.bank_path(slug))
    for name, lender in assignment.borrowed.items():
        found += [a for a in _answers_in(project.bank_path(lender)) if a.name == name]
    seen: set[tuple[str, str]] = set()
    for answer in found:
        if (answer.name, answer.title) in seen:
            raise ValueError(
                f"{slug}.py: two answers to {answer.name} share a title — "
                f'rename one "{answer.title}"'
            )
        seen.add((answer.name, answer.title))
    return tuple(found)


def _answers_in(path: Path) -> list[Answer]:
    names = vars(_module(path)).values() if path.is_file() else ()
    return [value.answer for value in names if hasattr(value, "answer")]


@functools.cache
def _module(path: Path) -> ModuleType:
    """A bank's file, imported once. Its name starts with a digit, so `import` cannot say it."""
    name = f"bank_{abs(hash(path))}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def wrong_names(slug: str, project: Project) -> set[str]:
    """The graded names for which the bank holds a known-wrong answer. Read, not imported."""

    def wrong(slug: str) -> set[str]:
        return {name for kind, name, _ in _bank(slug, project) if kind == "wrong"}

    lent = source.borrowed(slug, project).items()
    return wrong(slug) | {name for name, lender in lent if name in wrong(lender)}


def names_read(slug: str, name: str, project: Project) -> set[str]:
    """The names that the answers to `name` read without binding them."""
    found: set[str] = set()
    for _, answered, node in _bank(slug, project):
        if answered == name:
            found |= names_in(ast.unparse(node))[1]
    return found


def _bank(slug: str, project: Project) -> list[tuple[str, str, ast.FunctionDef]]:
    """(wrong or right, graded name, function) of each answer in an assignment's own bank."""
    path = project.bank_path(slug)
    where = project.relative(path)
    return _parsed_bank(source.read_text(path, where), where) if path.is_file() else []


@functools.cache
def _parsed_bank(text: str, where: str) -> list[tuple[str, str, ast.FunctionDef]]:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise SourceError(
            where, error.lineno or 1, f"syntax error: {error.msg}", "correct it"
        ) from None
    return [
        (call.func.id, call.args[0].value, node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for call in node.decorator_list
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("right", "wrong")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]
