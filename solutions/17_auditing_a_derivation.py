# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 17 · Auditing a derivation
#
# The chapter of the same name looked for the slips of a worked solution without knowing its result.
# Here you audit lines made of symbols, solve for the places where a slip cannot be seen,
# find the fewest tests that tell slips apart, compute units, plan an experiment that does not miss
# a bias, and test bounds.
#
# Each cell that says `raise NotImplementedError` is yours: replace that line.
# Below it stands a check that you can run; more checks run when the notebook is graded.
# Lists are fine as results.
# Change no argument in place: whoever calls your function may need it again.
# Change only your own cells; you may add more of them.

# %% nbgrader={"grade_id": "given_symbols"}
from statistics import NormalDist

import numpy as np
import sympy as sp

a = sp.Symbol("a", positive=True)
c = sp.Symbol("c", positive=True)  # greater than 1
N, D, M, D_random = sp.symbols("N D M D_random", positive=True)  # sizes

quantile = NormalDist().inv_cdf  # quantile(p): a standard Gaussian number is below it with chance p


def at(expression, **numbers):
    """The value of a SymPy expression with its symbols replaced, by name, with numbers."""
    assert isinstance(expression, sp.Expr), (
        f"expected a SymPy expression, got {type(expression).__name__}"
    )
    strangers = {symbol.name for symbol in expression.free_symbols} - set(numbers)
    assert not strangers, (
        f"only the symbols {sorted(numbers)} may appear, found {sorted(strangers)}"
    )
    value = complex(expression.subs({x: numbers[x.name] for x in expression.free_symbols}))
    assert abs(value.imag) < 1e-9, f"expected a real number, got {value}"
    return value.real


def values_at(lines, points):
    """(lines, points): values of SymPy expressions, nan where one has no real value.

    A point is a dict from symbols to numbers; it has all symbols of all lines.
    """
    symbols = list(points[0])
    table = np.full((len(lines), len(points)), np.nan)
    for i, line in enumerate(lines):
        function = sp.lambdify(symbols, line, "math")
        for j, point in enumerate(points):
            try:
                value = function(*(point[symbol] for symbol in symbols))
            except (ArithmeticError, ValueError):  # division by 0, root of a negative number, …
                continue
            table[i, j] = np.nan if isinstance(value, complex) else value
    return table


# %% [markdown]
# ## 1 · Verdicts (5 points)
#
# `lines` is a list of SymPy expressions, each meant to equal the one before it.
# Return a list with one verdict for every line but the first:
#
# | | equal to the line before | not equal to it |
# |---|---|---|
# | equal to the first line | `"sound"` | `"repaired"` |
# | not equal to the first line | `"carried along"` | `"broken"` |
#
# Two lines are equal if they have the same value for *all* values that their symbols may have.
# Which these are, each symbol says itself: it is real, and it may be positive
# (`symbol.is_positive`), or a whole number (`symbol.is_integer`), or both.
# A real symbol may be negative, too.
#
# Lines have at most four symbols and are made of sums, products, powers, roots, `exp`, `log`,
# `sin`, `cos`, `floor` and absolute values.
# All have real values, except that a line may be undefined where a denominator is 0.
# (A difference that `simplify` does not bring to 0 may be 0 all the same.)
# If two lines are not equal, they differ by more than 0.001 at a fifth or more of all points with
# real symbols drawn between −3 and 3, positive ones between ½ and 3, and whole ones likewise.
#
# The given function `values_at(lines, points)` computes all lines at all points.


# %% nbgrader={"grade_id": "audit_lines", "solution": true}
def audit_lines(lines):
    """Verdicts, a list of len(lines) − 1 texts, for a list of SymPy expressions."""
    ### BEGIN SOLUTION
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)

    def number(symbol):
        if symbol.is_integer:
            return int(draw.integers(1 if symbol.is_positive else -3, 4))
        return float(draw.uniform(0.5 if symbol.is_positive else -3, 3))

    values = values_at(lines, [{symbol: number(symbol) for symbol in symbols} for _ in range(60)])

    def equal(one, other):
        defined = ~np.isnan(one) & ~np.isnan(other)
        return np.allclose(one[defined], other[defined], rtol=1e-6, atol=1e-6)

    return [
        names[equal(values[i], values[i - 1]), equal(values[i], values[0])]
        for i in range(1, len(lines))
    ]
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_audit_lines", "points": 5}
x, y = sp.symbols("x y", real=True)
verdicts = audit_lines([(x + 1) ** 2, x**2 + 2 * x + 1, x**2 + x + 1])
assert list(verdicts) == ["sound", "broken"], f"expected sound and broken, got {verdicts}"
### BEGIN HIDDEN TESTS
u, v = sp.symbols("u v", positive=True)
n = sp.Symbol("n", integer=True)


def check_chain(first, *steps):
    """Steps are (line, verdict) in order."""
    got = audit_lines([first, *(line for line, _ in steps)])
    agree(got, [verdict for _, verdict in steps], what="the verdicts")


with part(1, "polynomials"):
    first, second = rng.integers(2, 5, size=2).tolist()
    square, cross = (first * x + second * y) ** 2, 2 * first * second * x * y
    check_chain(
        square,
        (sp.expand(square - cross), "broken"),
        (square - cross, "carried along"),
        (sp.expand(square), "repaired"),
        (sp.expand(square - cross) + cross, "sound"),
        (square + cross, "broken"),
    )
with part(1, "exponentials"):
    power = int(rng.choice([1, 3, 4]))
    norms = (x**2 + y**2) / (8 * u**2)
    check_chain(
        sp.exp(-((x - y) ** 2) / (8 * u**2)),
        (sp.exp(x * y / (4 * u**2) - norms), "sound"),
        (sp.exp(x * y / (4 * u**power) - norms), "broken"),
        (sp.exp((2 * x * y - u ** (power - 2) * (x**2 + y**2)) / (8 * u**power)), "carried along"),
        (sp.exp(-x * y / (4 * u**2) - norms), "broken"),
        (sp.exp(-(x**2 - 2 * x * y + y**2) / (8 * u**2)), "repaired"),
    )
with part(1, "steps that hold for one sign"):
    shift = int(rng.integers(2, 5))
    check_chain(
        sp.sqrt(x**2 + 2 * shift * x * y + shift**2 * y**2),
        (x + shift * y, "broken"),
        ((x**2 - shift**2 * y**2) / (x - shift * y), "carried along"),
        (sp.sqrt((x + shift * y) ** 2), "repaired"),
        (sp.Abs(x**2 + shift * x * y) / sp.Abs(x), "sound"),
    )
    check_chain(
        sp.sqrt(u**2 + 2 * shift * u * v + shift**2 * v**2),
        (u + shift * v, "sound"),
        (sp.Abs(u - shift * v), "broken"),
        (sp.sqrt((u + shift * v) ** 2 - 4 * shift * u * v), "carried along"),
        (sp.exp(sp.log(u + shift * v)), "repaired"),
    )
with part(1, "whole numbers and others"):
    factor = int(rng.integers(2, 5))
    check_chain(
        factor * sp.sin(sp.pi * n / 2) ** 2,
        (factor * (1 - (-1) ** n) / 2, "sound"),
        (factor * (n - 2 * sp.floor(n / 2)), "sound"),
        (factor * sp.sin(sp.pi * n / 2), "broken"),
        (factor * sp.sin(sp.pi * n / 2) ** 4, "repaired"),
    )
    wave = factor * sp.sin(sp.pi * x) ** 2
    check_chain(
        x**2 + y,
        (x**2 + y + wave, "broken"),
        (x**2 + y + factor * (1 - sp.cos(2 * sp.pi * x)) / 2, "carried along"),
        (x * (x + y / x), "repaired"),
    )
with part(1, "error upon error"):
    big, bigger = (sp.Integer(int(number)) for number in rng.permutation([2, 3, 5, 7])[:2])
    good, one, two = sp.exp(x / 2) + v, big * sp.cos(x), bigger * v * y**2
    check_chain(
        good,
        (good + one, "broken"),
        (good + one + two, "broken"),
        (sp.exp(x / 2) + v * (1 + bigger * y**2) + one, "carried along"),
        (good + two, "broken"),
        (sp.sqrt(sp.exp(x)) + v, "repaired"),
        (v * (1 + sp.exp(x / 2) / v), "sound"),
        (good - one, "broken"),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Where is it blind? (3 points)
#
# Each of these lines is false, and true at one place. Find it.
#
# 1. The bracket closes too early: $e^{x}/c$ for $e^{x/c}$.
#    At which $x>0$ are the two equal? An expression in `c`, for $c>1$.
# 2. The logarithm of a sum: $\log(e^a+e^b)=a+b$.
#    For which $b$ is that so? An expression in `a`, for $a>0$.
# 3. Two unit vectors have the angle $\theta$, and somebody writes $2-2\cos\theta$ for their
#    *distance*, where it is the squared distance.
#    At which angle, $0<\theta\le\pi$, is it both? A number, in radians.

# %% nbgrader={"grade_id": "blind_points", "solution": true}
# blind_points = [x, b, theta]
### BEGIN SOLUTION
blind_points = [
    c * sp.log(c) / (c - 1),
    a - sp.log(sp.exp(a) - 1),
    sp.pi / 3,  # d = d² at d = 1
]
### END SOLUTION

# %% nbgrader={"grade_id": "test_blind_points", "points": 3}
assert isinstance(blind_points, list | tuple) and len(blind_points) == 3, (
    f"expected a list of x, b and theta, got {blind_points!r}"
)
places = [
    at(sp.sympify(blind_points[0]), c=2),
    at(sp.sympify(blind_points[1]), a=2),
    at(sp.sympify(blind_points[2])),
]
assert places[0] > 0, f"for c = 2: expected a positive x, got {places[0]}"
assert 0 < places[2] <= np.pi, f"expected an angle between 0 and π, got {places[2]}"
### BEGIN HIDDEN TESTS
got_x, got_b, got_theta = blind_points
with part(1, "the bracket"):
    for number in rng.uniform(1.5, 6, size=3):
        x_there = at(got_x, c=number)
        agree(np.exp(x_there) / number, np.exp(x_there / number), what="e^x / c at this x")
with part(1, "the logarithm of a sum"):
    for number in rng.uniform(0.2, 3, size=3):
        b_there = at(got_b, a=number)
        agree(np.logaddexp(number, b_there), number + b_there, what="log(e^a + e^b) at this b")
with part(1, "the distance"):
    theta_there = float(got_theta)
    holds(bool(0.01 < theta_there <= np.pi), "the angle lies between 0 and π")
    agree(2 - 2 * np.cos(theta_there), 2 * np.sin(theta_there / 2), what="2 − 2 cos θ")
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Tests that name the slip (4 points)
#
# A test is worth more if it says *which* slip was made.
# `passes` is an array `(slips, points)` of truth values:
# entry `[i, j]` is true if slip `i` passes the test at point `j`, that is, if it is blind there.
# A correct answer passes everywhere.
#
# Choose points such that what passes and what fails at them tells all slips from each other *and*
# from a correct answer.
# Return a list of the chosen points' numbers, counted from 0, as short as possible.
# If there are several shortest ones, return any of them.
# Return `None` if even all points together are not enough.


# %% nbgrader={"grade_id": "naming_points", "solution": true}
def naming_points(passes):
    """The fewest columns (a list) that tell the rows of passes (slips, points) apart, or None."""
    ### BEGIN SOLUTION
    from itertools import combinations

    everybody = np.vstack([np.asarray(passes, dtype=bool), np.ones(np.shape(passes)[1], bool)])
    for size in range(everybody.shape[1] + 1):
        for chosen in combinations(range(everybody.shape[1]), size):
            patterns = {tuple(row) for row in everybody[:, chosen].tolist()}
            if len(patterns) == len(everybody):
                return list(chosen)
    return None
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_naming_points", "points": 4}
chosen = naming_points(np.array([[True, False, True]]))
assert chosen is not None and [int(j) for j in chosen] == [1], (
    f"the only slip fails at point 1 only: expected [1], got {chosen}"
)
### BEGIN HIDDEN TESTS
from itertools import combinations  # noqa: E402


def tells(passes, chosen):
    """Whether these columns tell all rows from each other and from a row that is all true."""
    rows = [*passes[:, list(chosen)].tolist(), [True] * len(chosen)]
    return len({tuple(row) for row in rows}) == len(rows)


def fewest(passes):
    """The smallest number of columns that do."""
    columns = range(passes.shape[1])
    for size in range(passes.shape[1] + 1):
        if any(tells(passes, chosen) for chosen in combinations(columns, size)):
            return size
    return None


def by_greed(passes):
    """How many columns it takes if each is the one that makes most patterns at its time."""
    chosen = []
    while not tells(passes, chosen):
        rest = [j for j in range(passes.shape[1]) if j not in chosen]
        chosen.append(max(rest, key=lambda j: patterns(passes, [*chosen, j])))
    return len(chosen)


def by_dropping(passes):
    """How many columns are left if those that are not needed go, from the first and the last."""
    for order in (range(passes.shape[1]), reversed(range(passes.shape[1]))):
        chosen = list(range(passes.shape[1]))
        for j in order:
            rest = [other for other in chosen if other != j]
            if tells(passes, rest):
                chosen = rest
        yield len(chosen)


def patterns(passes, chosen):
    rows = [*passes[:, chosen].tolist(), [True] * len(chosen)]
    return len({tuple(row) for row in rows})


def draw_passes(slips, points, *, greedy_fails=False, caught_by_fewer=False):
    """A table that can be told apart, and what else it is drawn for."""
    while True:
        passes = rng.random((slips, points)) < 0.5
        size = fewest(passes)
        if size is None or size == points:
            continue
        if greedy_fails and size in (by_greed(passes), *by_dropping(passes)):
            continue
        catching = next(
            number
            for number in range(1, points + 1)
            if any(
                not passes[:, list(chosen)].all(axis=1).any()
                for chosen in combinations(range(points), number)
            )
        )
        if caught_by_fewer and catching == size:
            continue
        return passes


def check_naming(passes, *, shortest):
    got = naming_points(passes)
    holds(got is not None, "a set of points is returned where there is one")
    chosen = [int(j) for j in np.ravel(got)]
    holds(set(chosen) <= set(range(passes.shape[1])), "the numbers are those of points")
    holds(tells(passes, chosen), "the chosen points tell all slips apart, and from no slip")
    if shortest:
        holds(len(chosen) == fewest(passes), "no smaller set of points tells them apart")


with part(1, "the points tell all slips apart"):
    for slips in (3, 4, 5):
        check_naming(draw_passes(slips, 6, caught_by_fewer=True), shortest=False)
    one_blind = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1]], dtype=bool)[:, rng.permutation(3)]
    holds(naming_points(one_blind) is None, "a slip that passes everywhere is no slip to a test")
with part(2, "with as few points as possible"):
    for slips in (4, 5, 6):
        check_naming(draw_passes(slips, 7, greedy_fails=slips > 4), shortest=True)
with part(1, "slips that no points can tell apart"):
    for slips in (3, 5):
        twins = draw_passes(slips, 6)
        twins[0] = twins[-1]
        holds(naming_points(twins) is None, "None where two slips pass and fail alike")
        check_naming(twins[1:], shortest=False)  # one of them alone is told apart
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Units, computed (4 points)
#
# An expression is made of numbers and symbols with `+`, `·`, powers, `exp`, `sin` and `cos`.
# `exponents` is a dict from a symbol's *name* to the exponent of the length in its unit:
# `{"q": 1, "w": -1}` says that $q$ is a length and $w$ one over a length.
# Numbers have no unit.
#
# Return the exponent of the length in the unit of the whole expression, a number.
# Raise a `ValueError` if the expression has no unit that makes sense:
#
# - if terms of a sum have different units;
# - if a function is given something with a unit;
# - if the exponent of a power has a unit;
# - if the exponent of a power is not a number and its base has a unit.


# %% nbgrader={"grade_id": "length_exponent", "solution": true}
def length_exponent(expression, exponents):
    """The exponent of the length in an expression's unit; ValueError if it has none."""
    ### BEGIN SOLUTION
    if expression.is_number:
        return 0
    if expression.is_Symbol:
        return exponents[expression.name]
    if expression.func is sp.Pow:
        base, power = expression.args
        of_base = length_exponent(base, exponents)
        if power.is_number:
            return of_base * power
        if of_base or length_exponent(power, exponents):
            raise ValueError("a power with a unit where none may be")
        return 0
    parts = [length_exponent(part, exponents) for part in expression.args]
    if expression.is_Mul:
        return sum(parts)
    if expression.is_Add:
        if len(set(parts)) > 1:
            raise ValueError("terms of different units")
        return parts[0]
    if any(parts):
        raise ValueError("a function of something with a unit")
    return 0
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_length_exponent", "points": 4}
q, w = sp.symbols("q w", positive=True)
area = length_exponent(q**2, {"q": 1, "w": -1})
assert abs(float(area) - 2) < 1e-6, f"the square of a length: expected 2, got {area}"
### BEGIN HIDDEN TESTS
r, s, t = sp.symbols("r s t", positive=True)


def draw_units():
    """Units for four symbols, all different, and numbers for coefficients."""
    units = rng.permutation([-2, -1, 1, 2, 3])[:4].tolist()
    numbers = [sp.Integer(number) for number in rng.permutation([2, 3, 5, 7])[:3].tolist()]
    return dict(zip("qrst", units, strict=True)), numbers


def check_unit(expression, units, expected):
    agree(length_exponent(expression, units), expected, what="the exponent of the length")


def check_senseless(expression, units):
    raises(ValueError, length_exponent, expression, units)


with part(1, "products, quotients, powers and roots"):
    for _ in range(2):
        units, (one, two, _) = draw_units()
        product = one * q**2 * r / (s * sp.sqrt(t))
        check_unit(product, units, 2 * units["q"] + units["r"] - units["s"] - units["t"] / 2)
        check_unit((q * r**two) ** sp.Rational(3, 2), units, 1.5 * (units["q"] + two * units["r"]))
with part(1, "sums"):
    for _ in range(2):
        units, (one, two, three) = draw_units()
        length = q ** sp.Rational(1, units["q"])  # a length, whatever q is
        other = r ** sp.Rational(1, units["r"])
        check_unit(sp.sqrt(one * length**2 + two * other**2), units, 1.0)
        check_unit(s * (length - three * other) ** 3, units, units["s"] + 3.0)
        check_senseless(one * q + two * r, units)
        check_senseless(s * (t - one) ** 2, units)
with part(1, "functions"):
    for _ in range(2):
        units, (one, two, _) = draw_units()
        pure = q ** units["r"] / r ** units["q"]
        check_unit(s * sp.exp(-one * pure), units, units["s"])
        check_unit(t**2 * sp.cos(pure + two) * sp.sin(pure), units, 2 * units["t"])
        check_senseless(sp.exp(-one * q * pure), units)
        check_senseless(s * sp.cos(t), units)
with part(1, "powers whose exponent is not a number"):
    units, (one, two, _) = draw_units()
    pure = q ** units["r"] / r ** units["q"]
    check_unit(s * (one + pure) ** pure, units, units["s"])
    check_unit(t * two**pure, units, units["t"])
    check_senseless(s**pure, units)
    check_senseless(two**t, units)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · An experiment that does not miss (4 points)
#
# You check the means of `checks` independent quantities, each from $n$ draws of its own.
# A single draw has the standard deviation $s$ (`spread`), known and the same for all;
# means of $n$ draws are Gaussian.
# A mean raises an alarm if it is farther from 0, on either side, than $z$ of its standard errors
# $s/\sqrt n$.
#
# - If no quantity has a bias, at least one alarm shall be raised with probability *exactly*
#   `alarms`. That fixes $z$.
# - A quantity whose true mean is `bias`, positive or negative, shall be missed with probability at
#   most `misses`, which is no more than ½. An alarm on the wrong side of 0 counts as a miss.
#
# Return the smallest whole $n$ that will do.
# The given function `quantile(p)` is the number below which a standard Gaussian one lies with
# probability `p`; `quantile(0.975)` is about 1.96.


# %% nbgrader={"grade_id": "draws_needed", "solution": true}
def draws_needed(bias, spread, alarms, misses, checks):
    """The smallest number of draws, a whole number."""
    ### BEGIN SOLUTION
    one_alarm = 1 - (1 - alarms) ** (1 / checks)
    z = quantile(1 - one_alarm / 2)
    return int(np.ceil(((z + quantile(1 - misses)) * spread / bias) ** 2))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_draws_needed", "points": 4}
needed = draws_needed(0.1, 1.0, 0.05, 0.5, 1)
assert needed == 385, (
    "missed half of the time, by a single check at 1.95996 standard errors: "
    f"1.95996²/0.1² is 384.1, expected 385, got {needed}"
)
### BEGIN HIDDEN TESTS


def draw_experiment():
    """bias, spread, alarms, for some thousands of draws."""
    bias = rng.uniform(0.01, 0.03) * rng.choice([-1, 1])
    return float(bias), float(rng.uniform(0.4, 0.9)), float(rng.uniform(0.02, 0.1))


def check_draws(misses, checks):
    arguments = (*draw_experiment(), misses, checks)
    got, expected = draws_needed(*arguments), reference.draws_needed(*arguments)
    agree(got, expected, rtol=1e-9, what="the number of draws")


with part(1, "one check that may miss half of the time"):
    for _ in range(3):
        check_draws(0.5, 1)
with part(1, "one check that shall not miss"):
    for misses in rng.uniform(0.01, 0.3, size=3).tolist():
        check_draws(misses, 1)
with part(2, "several checks"):
    for checks in rng.permutation([2, 5, 20, 60])[:3].tolist():
        check_draws(float(rng.uniform(0.01, 0.3)), checks)
    check_draws(0.5, 12)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Is it O of that? (4 points)
#
# `cost` and `bound` are sums of products of the symbols `N`, `D`, `M` and `D_random`, with positive
# coefficients and whole exponents.
# We say that `cost` is $O($`bound`$)$ if there is *one* constant with which
#
# $$\text{cost}\le\text{constant}\cdot\text{bound}$$
#
# for *all* values of the symbols from 1 on: each may be small or large, whatever the others are.
# Return `True` or `False`.
#
# Mind that $NM$ is $O(N^2+M^2)$, because $2NM\le N^2+M^2$.
# And mind that a bound may fail in a narrow range of growth rates only, say $N=t^{13}$, $D=t^6$ and
# $M=t^2$: rates that were tried and did no harm prove nothing.
# There are at most four symbols, the bound has at most six terms, and exponents are at most 4.


# %% nbgrader={"grade_id": "bounded", "solution": true}
def bounded(cost, bound):
    """Whether cost is O(bound), for two SymPy expressions."""
    ### BEGIN SOLUTION
    from itertools import combinations

    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    size = len(symbols)
    of_cost, of_bound = (np.array(sp.Poly(one, *symbols).monoms()) for one in (cost, bound))
    for term in of_cost:
        # Let the symbols grow as t^y with y ≥ 0, all powers of one growing number t. The term
        # outgrows every term b of the bound if (term − b) y ≥ 1 (more than 0, scaled). If no y
        # does that, a weighted geometric mean of the bound's terms is at least the term (Farkas).
        # If some y does, a corner does: `size` of the conditions hold there with equality.
        conditions = np.vstack([term - of_bound, np.eye(size)])
        least = np.repeat([1, 0], [len(of_bound), size])
        for chosen in map(list, combinations(range(len(conditions)), size)):
            # A determinant of whole numbers is whole, and here at most 8⁴ (Hadamard): what fails
            # a condition fails it by 1/8⁴ or more, so rounding decides nothing.
            if abs(np.linalg.det(conditions[chosen])) < 0.5:
                continue
            y = np.linalg.solve(conditions[chosen], least[chosen])
            if np.all(conditions @ y > least - 1e-6):
                return False
    return True
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_bounded", "points": 4}
answers = [bounded(3 * N, N**2), bounded(N**2, 100 * N)]
assert all(isinstance(one, bool | np.bool_) for one in answers), "return True or False"
assert answers == [True, False], (
    f"3N is O(N²), and N² is not O(N): expected [True, False], got {answers}"
)
### BEGIN HIDDEN TESTS


def number():
    return sp.Integer(int(rng.integers(2, 9)))


def check_bounds(*claims):
    """Each claim is cost, bound, truth."""
    order = rng.permutation(len(claims))
    claims = [claims[i] for i in order]
    got = [bounded(cost, bound) for cost, bound, _ in claims]
    holds(all(isinstance(one, bool | np.bool_) for one in got), "each answer is True or False")
    agree(got, [truth for _, _, truth in claims], what="the answers")


with part(1, "constants and smaller terms"):
    check_bounds(
        (number() * N**2 * D + number() * N, N**2 * D, True),
        (number() * N**2 + number() * N * D, N * D, False),
        (N**3 * number(), N**3, True),
        (N + number() * M * N, number() * N * M, True),
        (N * M**2, number() * N * M + number() * N, False),
        (N**2 / number(), number() * N, False),
    )
with part(1, "every symbol counts"):
    check_bounds(
        (number() * N * D_random * M + N * D_random * D, N * D_random * (D + M), True),
        (number() * N * D_random * M, N * (D + M), False),
        (number() * N * D * M, N * (D + M), False),
        (number() * D_random * M + N * (D + M), N * (D_random + M), False),
        (number() * N * D, N**2 * D_random, False),
        (N * D_random + number() * M, N * D_random + number() * M * D, True),
    )
with part(1, "every term counts"):
    check_bounds(
        (N**2 * (D + number() * M), N**2 * D + N**2 * M, True),
        (N**2 * D + number() * N * M, N**2 * D + N, False),
        (N * D + M**2 * D_random, N**2 * D + M**2, False),
        (N * D + N * M * D_random, number() * N * (D + M) + N * D_random, False),
        (number() * N**2 + N * D**2, N**2 * D + number() * N * D**2, True),
    )
with part(1, "between two terms of the bound"):
    check_bounds(
        (number() * D * M, D**2 + M**2, True),
        (N * D * M, number() * N * D**3 + N * M**2, True),
        (number() * D**2 * M, D**2 + M**2, False),
        (number() * D * M, D**2 + number() * M, False),  # M may grow like D²
        (N * D**2 * M**2, N * D**3 + number() * N * M**3, False),
        (number() * N**3 * D, N**4 + D**4, True),
        (D * M * D_random, D**3 + number() * M**3 + D_random**3, True),
    )
    # Exponents (cost, bound): refuted in a narrow range of growth rates only, such as (13, 6, 2).
    narrow = [
        ([3, 2, 1, 0], [[4, 0, 0, 0], [2, 3, 4, 0], [2, 4, 1, 0]]),
        ([2, 2, 3, 0], [[0, 4, 4, 0], [4, 1, 0, 0], [3, 0, 4, 0]]),
        ([1, 1, 3, 0], [[0, 1, 4, 0], [0, 4, 0, 0], [4, 0, 1, 0]]),
        ([2, 3, 1, 0], [[1, 3, 2, 2], [3, 2, 4, 3], [0, 4, 0, 4], [4, 2, 0, 1]]),  # (4, 8, 1, 0)
        ([2, 1, 2, 3], [[3, 0, 0, 4], [0, 2, 4, 4], [3, 0, 2, 1], [4, 4, 1, 0]]),
        ([1, 1, 2, 2], [[2, 0, 4, 3], [0, 1, 2, 4], [4, 0, 0, 2], [0, 2, 1, 0]]),
        ([2, 3, 3, 2], [[0, 4, 3, 4], [2, 4, 4, 0], [3, 2, 0, 4], [4, 0, 2, 3]]),
    ]

    def claim(cost, bound, truth):
        """Exponents of four symbols, which are shuffled, as a claim with coefficients."""
        symbols = [[N, D, M, D_random][i] for i in rng.permutation(4)]
        terms = [
            number() * sp.Mul(*(x ** int(e) for x, e in zip(symbols, one, strict=True)))
            for one in [cost, *bound]
        ]
        return terms[0], sum(terms[1:]), truth

    def draw_claim(truth):
        """A monomial near the mean of a bound's terms, in three symbols, that is O of it or not."""
        while True:
            bound = np.pad(rng.integers(0, 5, size=(int(rng.integers(2, 5)), 3)), ((0, 0), (0, 1)))
            cost = np.floor(bound.mean(axis=0)) + np.append(rng.integers(0, 2, size=3), 0)
            found = claim(cost, bound, truth)
            if cost.any() and reference.bounded(*found[:2]) == truth:
                return found

    check_bounds(
        *(claim(*exponents, False) for exponents in narrow),
        claim([3, 1, 1, 0], narrow[0][1], True),  # weights 9/13, 3/13 and 1/13
        *(draw_claim(truth) for truth in [True, False] * 3),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · An audit in words (1 point for the length, 3 points marked by a person)
#
# Here is another solution. Its subject is chapter 05.
#
# 1. For $w\sim\mathcal N(0,I/\sqrt D)$ the mean of $e^{wq^\top}e^{wk^\top}$ is
#    $e^{\lVert q+k\rVert^2/2\sqrt D}$.
# 2. So let
#    $\psi^+(x)=\frac{e^{\lVert x\rVert^2/2\sqrt D}}{\sqrt{D_\text{random}}}
#    \bigl[e^{w_1x^\top},\dots,e^{w_{D_\text{random}}x^\top}\bigr]$.
# 3. Clearly $\psi^+(q)\psi^+(k)^\top$ is positive and has the mean $e^{qk^\top/\sqrt D}$.
# 4. This was confirmed at 1,000 random pairs with entries of about 0.001: the two sides agree to
#    three digits.
# 5. Since they are never negative, positive features are in general more accurate than sines and
#    cosines.
#
# Write an audit of it, 90 to 160 words, as plain text in the string below:
# which lines are wrong, and how one can see it.
#
# *How it is marked.*
# 1 point: the line where the error is made and the line that carries it along, with a test that
# shows it without knowing the right features.
# 1 point: why the confirmation in line 4 confirms nothing, and what would have.
# 1 point: what is claimed by "in general" in line 5, and an example against it.

# %% nbgrader={"grade_id": "text_audit", "solution": true, "points": 3}
# text_audit = """90 to 160 words"""
### BEGIN SOLUTION
text_audit = """
Line 1 is right. Line 2 is broken: its norm factor has the wrong sign. Put k = 0. The similarity is
then 1 for every q, but the mean of the product is exp(|q|²/2√D) from the factor times
exp(|q|²/2√D) from line 1, which is 1 only for q = 0. Line 3 is right about the sign and carries the
error along in the mean.
Line 4 tests where the error cannot be seen. With entries of 0.001 all squares are about a
millionth, both sides are 1 to three digits, and so would be almost any other formula. Vectors of
length about 1 would have shown it at the first pair.
Line 5 says "in general", which means for all pairs. At q = k sines and cosines have no error at
all, and positive features have one; never negative is not accurate.
"""
### END SOLUTION

# %% nbgrader={"grade_id": "test_text_audit", "points": 1}
words = len(text_audit.split())
assert 90 <= words <= 160, f"expected 90 to 160 words, got {words}"
