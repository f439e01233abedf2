r"""No false edit of a printed equation passes its check.

`pytest book/tests/test_mutants.py` tries some of them, chosen anew by each commit;
with `--prove`, as in `make prove`, all are tried and the score of each chapter is printed.
"""

import random

import pytest
from book_tools import CHAPTERS
from lib.tex import grammar
from lib.tex.definitions import Page
from lib.tex.displays import canonical
from mutants import mutants
from mutation import (
    Call,
    agreements,
    converted,
    listed,
    names_of,
    recorded,
    reviewed,
    seed,
    survivors,
    trials,
)  # fmt: skip

CHAPTERS_AT_ONCE = 2  # of a part: a minute on one core
MUTANTS_AT_ONCE = 150


def part() -> list:
    """Two chapters, others for each commit."""
    every = converted()
    return random.Random(seed()).sample(every, min(CHAPTERS_AT_ONCE, len(every)))


def pytest_generate_tests(metafunc):
    if "path" in metafunc.fixturenames:
        chosen = converted() if metafunc.config.getoption("--prove") else part()
        metafunc.parametrize("path", chosen, ids=lambda path: path.stem)


def test_no_false_mutant_survives(path, request, capsys):
    known, calls = reviewed(), recorded(path)
    for call in calls:
        assert call.survives(), f"{call.label} fails as it is printed"
    if request.config.getoption("--prove"):
        tried, left = survivors(path, calls, known)
    else:
        tried, left = survivors(path, calls, known, random.Random(seed()), MUTANTS_AT_ONCE)
    with capsys.disabled():
        print(f"\n{path.stem}: {tried - len(left)} of {tried} false mutants rejected")
    lines = [f"{one.key} ({one.mutant.kind}): {' '.join(one.mutant.tex.split())}" for one in left]
    assert not left, "no check rejects these:\n" + "\n".join(lines)


def test_pages_that_define_the_same_function_agree():
    found = agreements()
    assert len(found) >= 4  # sim and the Gaussian kernel, on two pages each
    for path, one in found:
        assert one.survives(page=Page.of(path)), (path.stem, one.other)


@pytest.mark.prove
def test_the_list_of_true_mutants_is_used(path):
    """Each entry is a mutant that is still made, and still passes."""
    known, calls = reviewed(), recorded(path)
    met = {}
    for key, mutant, attempts in trials(path, calls):
        if listed(key, mutant, known):
            assert all(call.survives(**changed) for call, changed in attempts), (key, mutant)
            met.setdefault(key, set()).add(canonical(mutant.tex))
    mine = {key for key in known if key.startswith(path.stem)} | {call.label for call in calls}
    unmet = {key: set(known.get(key, ())) - met.get(key, set()) for key in mine}
    assert not {key: left for key, left in unmet.items() if left}


def test_every_reason_is_given():
    for key, entries in reviewed().items():
        for tex, reason in entries.items():
            assert reason.strip(), (key, tex)


FORMULA = r"\lVert q-k\rVert^2 = \sum_{a=1}^{D}(q_a-k_a)^2 + \frac{\exp(2x)}{x} - qk^\top"


def made(tex: str = FORMULA) -> set[str]:
    return {canonical(one.tex) for one in mutants(tex, {})}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("q-k", "q+k"),
        ("2x", "3x"),
        ("2x", "x"),
        ("lVert q-k", "lVert k-k"),
        ("q_a", "q"),
        ("{D}", "{{D+1}}"),
        ("{a=1}", "{a={1-1}}"),
        ("{D}", "{N}"),
        ("rVert^2", "rVert^3"),
        ("rVert^2", "rVert"),
        (r"qk^\top", "qk"),
        (r"qk^\top", r"k^\top q"),
        (r"\frac{\exp(2x)}{x}", r"\frac{x}{\exp(2x)}"),
        (r"\frac{\exp(2x)}{x}", r"(\exp(2x))"),
        (r"\exp", r"\log"),
        ("(q_a-k_a)^2", "q_a-k_a^2"),
        (r"- qk^\top", "+0"),
        (r"\sum_{a=1}^{D}", ""),
    ],
)
def test_a_formula_has_mutants_of_every_kind(old, new):
    assert old in FORMULA
    assert canonical(FORMULA.replace(old, new, 1)) in made()


def test_mutants_are_read_and_mean_something_else():
    for one in mutants(FORMULA, {}):
        assert grammar.parse(one.tex, {}) != grammar.parse(FORMULA, {})
    assert canonical("ab = c") not in made("a(b) = c")  # this bracket changes nothing


def test_a_wrong_check_lets_mutants_through():
    """The test can fail: a case where N is M hides that they were exchanged."""
    tex = r"\text{multiply-adds} = N^2\,(D+M)"
    label = "cost-of-exact-attention"
    blind = Call(label, {}, {"cases": [{"N": 2, "D": 2, "M": 2, "multiply-adds": 16}]})
    seeing = Call(label, {}, {"cases": {"N, D, M, multiply-adds": [(2, 3, 5, 32), (3, 2, 1, 27)]}})
    exchanged = r"\text{multiply-adds} = M^2\,(D+N)"
    assert blind.survives(tex=tex) and blind.survives(tex=exchanged)
    assert seeing.survives(tex=tex) and not seeing.survives(tex=exchanged)


def test_recorded_runs_a_chapter_and_keeps_its_calls(tmp_path):
    page = tmp_path / "00_made_up.md"
    page.write_text(
        "# T\n\n```{code-cell}\nfrom lib.equations import holds\n```\n\n"
        '```{code-cell}\nholds("expanded-square", q="D", k="D")\n```\n'
    )
    (call,) = recorded(page)
    assert call.label == "expanded-square"
    assert call.survives()
    assert not call.survives(tex=r"\lVert q-k\rVert^2 = \lVert q\rVert^2")
    assert "q" in names_of(call)
    assert len(CHAPTERS) > 10
