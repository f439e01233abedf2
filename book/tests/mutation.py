"""The checks of a chapter, recorded while its cells run, and run again on changed TeX."""

import contextlib
import hashlib
import io
import itertools
import os
import random
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType
from typing import Any

import lib.equations
import matplotlib
from book_tools import APPENDICES, BOOK, CHAPTERS, ROOT
from lib.equations import EquationError, check, page_of
from lib.tex import grammar, tree
from lib.tex.check import task
from lib.tex.definitions import FUNCTION_LETTERS, Page, definition, introduced
from lib.tex.displays import Display, canonical
from matplotlib import pyplot as plt
from mutants import Mutant, laid_flat, mutants
from sources import read_chapter

matplotlib.use("Agg")
TRUE_MUTANTS = BOOK / "tests" / "true_mutants.toml"


@dataclass(frozen=True, eq=False)
class Call:
    """A call of `holds` as a chapter makes it."""

    label: str
    bindings: Any
    options: dict[str, Any]

    def survives(self, tex: str | None = None, page: Page | None = None) -> bool:
        """Whether the check passes on other TeX, or on another page.

        What the chapter's own functions cannot take, such as a row of another length, is a no too.
        """
        options = {key: one for key, one in self.options.items() if key != "proof"}
        try:
            check(self.label, self.bindings, tex=tex, page=page, unused=True, **options)
        except (EquationError, ValueError, IndexError, KeyError, TypeError):
            return False
        return True


@dataclass(frozen=True, eq=False)
class Agreement:
    """Two pages define the same function: `label` names it, the other page's `side` is kept."""

    label: str
    other: str
    bindings: dict[str, str]

    def survives(self, page: Page, tex: str | None = None) -> bool:
        """Whether the function is the same where `page` defines it."""
        mine = next((text for key, text, _ in defined_functions(page) if key == self.label), None)
        text = f"$$\n{mine}\n$$\n\n$$\n{self.other}\n$$ (agreement)\n"
        together = Page(page.where, text)
        return mine is not None and Call("agreement", self.bindings, {}).survives(page=together)


def defined_functions(page: Page) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The functions that a page's displays without a number define: key, TeX, parameters."""
    for display, source in zip(page.displays, page.sources, strict=True):
        own = dict(introduced(display.tex))
        if display.label is not None or "function" not in own.values():
            continue
        statement = grammar.parse(display.tex, own)
        for chain in (statement.main, *statement.rest):
            one = definition(chain, source) if isinstance(chain, tree.Chain) else None
            # A feature map is each page's own.
            if one is not None and one.args and one.key not in FUNCTION_LETTERS:
                tex = laid_flat(display.tex[chain.start : chain.end])
                yield one.key, tex, tuple(getattr(arg, "key", "") for arg in one.args)


def agreements() -> list[tuple[Path, Agreement]]:
    """Each function that two chapters or more define, seen from each of them."""
    found: dict[str, list[tuple[Path, str, tuple[str, ...]]]] = {}
    for path in CHAPTERS:
        for key, tex, parameters in defined_functions(Page.of(path)):
            found.setdefault(key, []).append((path, tex, parameters))
    pairs = []
    for key, places in found.items():
        for (path, *_), (_, tex, parameters) in itertools.permutations(places, 2):
            bindings = dict.fromkeys(parameters, "D")
            if r"\sigma" in tex:
                bindings[r"\sigma"] = "positive"
            pairs.append((path, Agreement(key, tex, bindings)))
    return pairs


@dataclass(frozen=True)
class Survivor:
    """A mutant that no check rejected; `key` is where the list of true mutants has it."""

    key: str
    mutant: Mutant


def recorded(path: Path) -> list[Call]:
    """The calls of `holds` that a chapter's cells make, run in this process."""
    chapter = read_chapter(path)
    if not any("holds(" in cell.source for cell in chapter.cells):
        return []
    calls: list[Call] = []

    namespace = {"__name__": "__main__", "display": lambda *args, **options: None}

    def holds(label: str, bindings: Any = None, **options: Any) -> None:
        now = _copy_of_functions(namespace)
        calls.append(Call(label, _as_of(bindings, namespace, now), _as_of(options, namespace, now)))

    before, where, state = lib.equations.holds, Path.cwd(), random.getstate()
    lib.equations.holds = holds
    try:
        os.chdir(BOOK)
        for cell in chapter.cells:
            code = re.sub(r"^[ \t]*[%!].*$", "", cell.source, flags=re.M)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, f"{path.name}:{cell.line}", "exec"), namespace)
    finally:
        lib.equations.holds = before
        os.chdir(where)
        random.setstate(state)
        plt.close("all")
    return calls


def _copy_of_functions(namespace: dict[str, Any]) -> dict[str, Any]:
    """The names of a chapter as they are now, for functions that look them up later."""
    now = dict(namespace)
    for name, one in namespace.items():
        now[name] = _as_of(one, namespace, now) if isinstance(one, FunctionType) else one
    return now


def _as_of(one: Any, namespace: dict[str, Any], now: dict[str, Any]) -> Any:
    if isinstance(one, FunctionType) and one.__globals__ is namespace:
        copy = FunctionType(one.__code__, now, one.__name__, one.__defaults__, one.__closure__)
        copy.__kwdefaults__ = one.__kwdefaults__
        return copy
    if isinstance(one, dict):
        return {key: _as_of(value, namespace, now) for key, value in one.items()}
    if isinstance(one, list | tuple) and type(one) in (list, tuple):
        return type(one)(_as_of(value, namespace, now) for value in one)
    return one


def names_of(call: Call) -> dict[str, str]:
    """How the check reads the names of its display."""
    options = {k: v for k, v in call.options.items() if k in ("cases", "draws", "given", "within")}
    names = {k: v for k, v in call.options.items() if k not in (*options, "proof")}
    one = task(call.label, page_of(call.label), call.bindings or {}, names, **options)
    one.read()
    return dict(one.reading.names)


def trials(path: Path, calls: list[Call]) -> Iterator[tuple[str, Mutant, list[tuple[Any, dict]]]]:
    """Each mutant of a chapter with its key, and the checks that ought to reject it."""
    page = Page.of(path)
    by_label: dict[str, list[Call]] = {}
    for call in calls:
        by_label.setdefault(call.label, []).append(call)
    for display in page.displays:
        if display.label in by_label:
            own = by_label[display.label]
            for one in mutants(display.tex, names_of(own[0])):
                yield display.label, one, [(call, {"tex": one.tex}) for call in own]
        elif display.label is None and dict(introduced(display.tex)):
            own = dict(introduced(display.tex))
            users: list[Any] = [call for call in calls if uses(call, page, display)]
            names = names_of(users[0]) if users else {}
            users += [one for where, one in agreements() if where == path and one.label in own]
            for one in mutants(display.tex, {**own, **names}) if users else ():
                changed = replace(
                    page, text=page.text.replace(display.tex, one.tex, 1), readings={}
                )
                key = f"{path.stem} {next(iter(own))}"
                yield key, one, [(user, {"page": changed}) for user in users]


def uses(call: Call, page: Page, display: Display) -> bool:
    """Whether the check fails without a display of its page."""
    blank = re.sub(r"[^\n]", " ", display.tex)
    without = replace(page, text=page.text.replace(display.tex, blank, 1), readings={})
    return not call.survives(page=without)


def reviewed() -> dict[str, dict[str, str]]:
    """The true mutants by key: canonical TeX and the reason why it is true, or not seen."""
    return tomllib.loads(TRUE_MUTANTS.read_text(encoding="utf8"))


def listed(key: str, mutant: Mutant, known: dict[str, dict[str, str]]) -> bool:
    return canonical(mutant.tex) in known.get(key, {})


def converted() -> list[Path]:
    """The chapters and appendices with checks that read their page."""
    pages = (*CHAPTERS, *APPENDICES)
    return [path for path in pages if re.search(r"\bholds\(", path.read_text(encoding="utf8"))]


def seed() -> int:
    """A number that changes with the commit, or outside Git with the chapters."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return int(done.stdout.strip()[:12], 16)
    content = b"".join(path.read_bytes() for path in CHAPTERS + APPENDICES)
    return int(hashlib.sha256(content).hexdigest()[:12], 16)


def survivors(
    path: Path, calls: list[Call], known: dict, chosen: random.Random | None = None, most: int = 0
) -> tuple[int, list[Survivor]]:
    """How many mutants were tried, and which passed all checks; `most` of them, if it is given."""
    every = [one for one in trials(path, calls) if not listed(one[0], one[1], known)]
    if chosen is not None and len(every) > most:
        every = chosen.sample(every, most)
    left = []
    for key, mutant, attempts in every:
        if all(call.survives(**changed) for call, changed in attempts):
            left.append(Survivor(key, mutant))
    return len(every), left
