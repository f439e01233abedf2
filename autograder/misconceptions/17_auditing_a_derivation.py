"""Known-wrong and alternative right answers to 17_auditing_a_derivation."""

from statistics import NormalDist

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

quantile = NormalDist().inv_cdf


def values_at(lines, points):
    """As in the notebook's given cell."""
    symbols = list(points[0])
    table = np.full((len(lines), len(points)), np.nan)
    for i, line in enumerate(lines):
        function = sp.lambdify(symbols, line, "math")
        for j, point in enumerate(points):
            try:
                value = function(*(point[symbol] for symbol in symbols))
            except (ArithmeticError, ValueError):
                continue
            table[i, j] = np.nan if isinstance(value, complex) else value
    return table


# --- audit_lines


@wrong("audit_lines", "compared with the line before only")
def before_only(lines):
    """A line is right if it follows from the one before it.

    A right step from a wrong line gives a wrong line, and a wrong step may lead back: compare with
    the first line as well.
    """
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)
    points = []
    for _ in range(60):
        point = {}
        for symbol in symbols:
            low = 1 if symbol.is_positive else -3
            whole = symbol.is_integer
            point[symbol] = int(draw.integers(low, 4)) if whole else draw.uniform(low, 3)
        points.append(point)
    values = np.nan_to_num(values_at(lines, points))
    same = [np.allclose(values[i], values[i - 1]) for i in range(1, len(values))]
    return ["sound" if is_same else "broken" for is_same in same]


@wrong("audit_lines", "compared with the first line only")
def first_only(lines):
    """What counts is whether a line still equals the beginning.

    A line that differs from the first may still follow from the one before it: then the error is
    older.
    """
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)
    points = []
    for _ in range(60):
        point = {}
        for symbol in symbols:
            low = 1 if symbol.is_positive else -3
            whole = symbol.is_integer
            point[symbol] = int(draw.integers(low, 4)) if whole else draw.uniform(low, 3)
        points.append(point)
    values = np.nan_to_num(values_at(lines, points))
    same = [np.allclose(values[0], other) for other in values[1:]]
    return ["sound" if is_same else "broken" for is_same in same]


@wrong("audit_lines", "wrong once, wrong for good")
def wrong_for_good(lines):
    """After the first false line everything merely carries it along.

    A later line may be broken anew, or equal the first line again: judge each by its own two
    comparisons.
    """
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)
    points = []
    for _ in range(60):
        point = {}
        for symbol in symbols:
            low = 1 if symbol.is_positive else -3
            whole = symbol.is_integer
            point[symbol] = int(draw.integers(low, 4)) if whole else draw.uniform(low, 3)
        points.append(point)
    values = np.nan_to_num(values_at(lines, points))
    verdicts = []
    for value in values[1:]:
        if "broken" in verdicts:
            verdicts.append("carried along")
        else:
            verdicts.append("sound" if np.allclose(value, values[0]) else "broken")
    return verdicts


@wrong("audit_lines", "all symbols set to 1")
def at_one(lines):
    """One point is enough to compare two lines, and 1 is the simplest.

    1 is its own square, root and reciprocal: many false lines hold there. Draw points at random.
    """
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    values = values_at(lines, [dict.fromkeys(symbols, 1)])
    return [
        names[
            np.allclose(values[i], values[i - 1], equal_nan=True),
            np.allclose(values[i], values[0], equal_nan=True),
        ]
        for i in range(1, len(lines))
    ]


@wrong("audit_lines", "only positive numbers tried")
def only_positive(lines):
    """Numbers are drawn from 0 upwards.

    A root of a square is an absolute value: a real symbol has to be negative at some of your
    points.
    """
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)
    points = []
    for _ in range(60):
        point = {}
        for symbol in symbols:
            whole = symbol.is_integer
            point[symbol] = int(draw.integers(1, 4)) if whole else draw.uniform(0.5, 3)
        points.append(point)
    values = values_at(lines, points)
    return [
        names[
            np.allclose(values[i], values[i - 1], equal_nan=True),
            np.allclose(values[i], values[0], equal_nan=True),
        ]
        for i in range(1, len(lines))
    ]


@wrong("audit_lines", "only whole numbers tried")
def only_whole(lines):
    """Small whole numbers are exact, so they make the best points.

    sin(πx) is 0 at every whole number: a real symbol needs values in between.
    """
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)
    points = []
    for _ in range(80):
        low = {symbol: 1 if symbol.is_positive else -3 for symbol in symbols}
        points.append({symbol: int(draw.integers(low[symbol], 4)) for symbol in symbols})
    values = values_at(lines, points)

    def equal(one, other):
        defined = ~np.isnan(one) & ~np.isnan(other)
        return np.allclose(one[defined], other[defined], rtol=1e-6, atol=1e-6)

    return [
        names[equal(values[i], values[i - 1]), equal(values[i], values[0])]
        for i in range(1, len(lines))
    ]


@wrong("audit_lines", "whole symbols given broken numbers")
def never_whole(lines):
    """All symbols are numbers, so any number will do.

    Some steps hold for whole numbers only, and are right if the symbol is whole: look at
    `symbol.is_integer`.
    """
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(1)
    points = []
    for _ in range(60):
        points.append(
            {symbol: draw.uniform(0.5 if symbol.is_positive else -3, 3) for symbol in symbols}
        )
    values = values_at(lines, points)

    def equal(one, other):
        return np.allclose(one, other, rtol=1e-6, atol=1e-6, equal_nan=True)

    return [
        names[equal(values[i], values[i - 1]), equal(values[i], values[0])]
        for i in range(1, len(lines))
    ]


@wrong("audit_lines", "what does not simplify taken for different")
def by_simplifying(lines):
    """Two lines are equal if SymPy simplifies their difference to 0.

    Simplifying is a search that may give up: a difference that it leaves standing can still be 0
    everywhere. Compare values.
    """
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    values = values_at(lines, [{symbol: 2 + symbols.index(symbol) for symbol in symbols}])

    def equal(i, j):
        # Where one point refutes it there is nothing to simplify, which takes time.
        return np.allclose(values[i], values[j]) and sp.simplify(lines[i] - lines[j]) == 0

    return [names[equal(i, i - 1), equal(i, 0)] for i in range(1, len(lines))]


@right("audit_lines", "exact points, decimals on demand")
def exact_points(lines):
    names = {
        (True, True): "sound",
        (True, False): "carried along",
        (False, True): "repaired",
        (False, False): "broken",
    }
    symbols = sorted(set().union(*(line.free_symbols for line in lines)), key=str)
    draw = np.random.default_rng(4)
    rows = []
    for _ in range(12):
        point = {}
        for symbol in symbols:
            top = int(draw.integers(7, 35)) * (1 if symbol.is_positive else draw.choice([-1, 1]))
            below = 1 if symbol.is_integer else 13
            point[symbol] = sp.Rational(int(top) // (10 if below == 1 else 1) or 1, below)
        rows.append([complex(line.subs(point).evalf(20)) for line in lines])
    columns = np.array(rows).T
    verdicts = []
    for i in range(1, len(columns)):
        same = [np.allclose(columns[i], columns[j]) for j in (i - 1, 0)]
        verdicts.append(names[tuple(same)])
    return verdicts


@right("audit_lines", "a hundred points, the largest relative difference")
def many_points(lines):
    symbols = list(set().union(*(line.free_symbols for line in lines)))
    draw = np.random.default_rng(9)

    def pick(symbol):
        size = draw.integers(1, 4) if symbol.is_integer else draw.uniform(0.5, 3)
        sign = 1 if symbol.is_positive else draw.choice([-1, 1])
        return float(size * sign) if not symbol.is_integer else int(size * sign)

    values = values_at(lines, [{symbol: pick(symbol) for symbol in symbols} for _ in range(100)])
    verdicts = []
    for i in range(1, len(lines)):
        gaps = []
        for j in (i - 1, 0):
            scale = 1e-3 + abs(values[i]) + abs(values[j])
            gaps.append(np.nanmax(abs(values[i] - values[j]) / scale))
        as_before, as_first = gaps[0] < 1e-7, gaps[1] < 1e-7
        if as_before:
            verdicts.append("sound" if as_first else "carried along")
        else:
            verdicts.append("repaired" if as_first else "broken")
    return tuple(verdicts)


# --- blind_points


@wrong("blind_points", "the bracket: one exponent left behind")
def exponent_left_behind():
    """x − log c = 0 once both sides are compared.

    Take logarithms of both sides: x appears on the left and, divided by c, on the right.
    """
    a, c = sp.symbols("a c", positive=True)
    return [sp.log(c), a - sp.log(sp.exp(a) - 1), sp.pi / 3]


@wrong("blind_points", "the bracket: the quotient upside down")
def quotient_upside_down():
    """x = (1 − 1/c) / log c.

    x (1 − 1/c) = log c: divide by the bracket, not the other way round.
    """
    a, c = sp.symbols("a c", positive=True)
    return [(1 - 1 / c) / sp.log(c), a - sp.log(sp.exp(a) - 1), sp.pi / 3]


@wrong("blind_points", "the logarithm: a + b = ab")
def exponentials_left_out():
    """A sum equals a product for b = a/(a − 1).

    The condition is on the exponentials: e^a + e^b = e^a e^b. Solve it for e^b first.
    """
    a, c = sp.symbols("a c", positive=True)
    return [c * sp.log(c) / (c - 1), a / (a - 1), sp.pi / 3]


@wrong("blind_points", "the logarithm: the exponential, not its exponent")
def exponential_for_exponent():
    """b = e^a/(e^a − 1).

    e^a/(e^a − 1) is e^b; b is its logarithm.
    """
    a, c = sp.symbols("a c", positive=True)
    return [c * sp.log(c) / (c - 1), sp.exp(a) / (sp.exp(a) - 1), sp.pi / 3]


@wrong("blind_points", "the logarithm: the sign of b")
def sign_of_b():
    """b = log(e^a − 1) − a.

    Put your b into e^a + e^b and e^a e^b for one value of a.
    """
    a, c = sp.symbols("a c", positive=True)
    return [c * sp.log(c) / (c - 1), sp.log(sp.exp(a) - 1) - a, sp.pi / 3]


@wrong("blind_points", "the distance: half a chord")
def half_a_chord():
    """The distance of the two vectors is sin(θ/2).

    The chord of the angle θ is 2 sin(θ/2): draw the triangle with its midline.
    """
    a, c = sp.symbols("a c", positive=True)
    return [c * sp.log(c) / (c - 1), a - sp.log(sp.exp(a) - 1), 2 * sp.asin(sp.Rational(1, 4))]


@wrong("blind_points", "the distance: a right angle")
def right_angle():
    """At a right angle everything is simple.

    A number and its square are equal at 0 and 1 only: which angle has the distance 1?
    """
    a, c = sp.symbols("a c", positive=True)
    return [c * sp.log(c) / (c - 1), a - sp.log(sp.exp(a) - 1), sp.pi / 2]


@right("blind_points", "other algebra")
def other_algebra():
    a, c = sp.symbols("a c", positive=True)
    return [
        sp.log(c) / (1 - 1 / c),
        -sp.log(1 - sp.exp(-a)),
        sp.acos(sp.Rational(1, 2)),
    ]


@right("blind_points", "a decimal angle, a tuple")
def decimal_angle():
    a, c = sp.symbols("a c", positive=True)
    return (
        sp.log(c ** (c / (c - 1))),
        sp.log(sp.exp(a) / (sp.exp(a) - 1)),
        2 * np.arcsin(0.5),
    )


# --- naming_points


@wrong("naming_points", "every slip caught, not told apart")
def only_caught(passes):
    """It is enough that each slip fails somewhere.

    Two slips that fail at the same chosen points cannot be told from each other.
    """
    points = passes.shape[1]
    for size in range(1, points + 1):
        for code in range(2**points):
            chosen = [j for j in range(points) if code >> j & 1]
            if len(chosen) == size and not passes[:, chosen].all(axis=1).any():
                return chosen
    return None


@wrong("naming_points", "the correct answer forgotten")
def told_apart_only(passes):
    """The slips have to differ from each other.

    A correct answer passes everywhere: no slip may do so at the chosen points.
    """
    slips, points = passes.shape
    for size in range(points + 1):
        for code in range(2**points):
            chosen = [j for j in range(points) if code >> j & 1]
            rows = {tuple(row) for row in passes[:, chosen].tolist()}
            if len(chosen) == size and len(rows) == slips:
                return chosen
    return None


@wrong("naming_points", "the best point first, then the next best")
def greedy(passes):
    """Take at each step the point that makes most patterns.

    The best first choice need not belong to the best set: try all sets of one size before the next.
    """
    slips, points = passes.shape
    everybody = np.vstack([passes, np.ones((1, points), dtype=bool)])

    def count(columns):
        return len({tuple(row) for row in everybody[:, columns].tolist()})

    chosen = []
    while count(chosen) < slips + 1:
        rest = [j for j in range(points) if j not in chosen]
        if not rest:
            return None
        chosen.append(max(rest, key=lambda j: count([*chosen, j])))
    return chosen


@wrong("naming_points", "points dropped while they are not needed")
def dropped_one_by_one(passes):
    """Leave out one point after the other, as long as all slips can be told apart.

    What is left when no point can be dropped need not be the smallest set: a smaller one may use
    points that you dropped.
    """
    slips, points = passes.shape
    everybody = np.vstack([passes, np.ones((1, points), dtype=bool)])

    def tell(columns):
        return len({tuple(row) for row in everybody[:, columns].tolist()}) == slips + 1

    chosen = list(range(points))
    for j in range(points):
        rest = [other for other in chosen if other != j]
        if tell(rest):
            chosen = rest
    return chosen if tell(chosen) else None


@wrong("naming_points", "all points")
def all_points(passes):
    """More tests tell more.

    Leave points out as long as all slips can be told apart.
    """
    slips, points = passes.shape
    everybody = {*map(tuple, passes.tolist()), (True,) * points}
    return list(range(points)) if len(everybody) == slips + 1 else None


@wrong("naming_points", "a list where there is none")
def never_none(passes):
    """Otherwise all points are the best that can be done.

    If two slips pass and fail alike at all points, no choice helps: return None.
    """
    slips, points = passes.shape
    everybody = np.vstack([passes, np.ones((1, points), dtype=bool)])
    for size in range(points + 1):
        for code in range(2**points):
            chosen = [j for j in range(points) if code >> j & 1]
            rows = {tuple(row) for row in everybody[:, chosen].tolist()}
            if len(chosen) == size and len(rows) == slips + 1:
                return chosen
    return list(range(points))


@right("naming_points", "from the other end, as an array")
def other_end(passes):
    slips, points = np.shape(passes)
    everybody = np.vstack([passes, np.ones((1, points))]).astype(int)
    best = None
    for code in reversed(range(2**points)):
        chosen = [j for j in range(points) if code >> j & 1]
        rows = {tuple(row) for row in everybody[:, chosen].tolist()}
        if len(rows) == slips + 1 and (best is None or len(chosen) < len(best)):
            best = chosen
    return None if best is None else np.array(best)


@right("naming_points", "pairs that have to be told apart, covered by recursion")
def cover_pairs(passes):
    slips, points = np.shape(passes)
    rows = [*np.asarray(passes).tolist(), [True] * points]
    pairs = []
    for i in range(slips + 1):
        for other in rows[:i]:
            pairs.append({j for j in range(points) if rows[i][j] != other[j]})

    def cover(left, budget):
        if not left:
            return []
        if not budget:
            return None
        for j in min(left, key=len):
            rest = cover([pair for pair in left if j not in pair], budget - 1)
            if rest is not None:
                return [j, *rest]
        return None

    for budget in range(points + 1):
        found = cover(pairs, budget)
        if found is not None:
            return found
    return None


# --- length_exponent


wrong(
    "length_exponent",
    "sums not checked",
    belief="A sum has the unit of its first term.",
    hint="A length and an area cannot be added: all terms of a sum need the same exponent.",
    edit={'raise ValueError("terms of different units")': "return next(filter(None, parts))"},
)


@wrong("length_exponent", "functions not checked")
def functions_not_checked(expression, exponents):
    """What comes out of a function has no unit.

    The exponential of a length has no meaning: what goes into a function must be a number without a
    unit.
    """
    if expression.is_number:
        return 0
    if expression.is_Symbol:
        return exponents[expression.name]
    if expression.is_Function:
        return 0
    parts = [functions_not_checked(part, exponents) for part in expression.args]
    if expression.func is sp.Pow:
        power = expression.args[1]
        if power.is_number:
            return parts[0] * power
        if any(parts):
            raise ValueError
        return 0
    if expression.is_Mul:
        return sum(parts)
    if len(set(parts)) > 1:
        raise ValueError
    return parts[0]


wrong(
    "length_exponent",
    "the power taken for the unit",
    belief="What is squared has the exponent 2.",
    hint="The square of an area is a length to the fourth: the unit of the base counts, too.",
    edit={"return of_base * power": "return power if of_base else 0"},
)

wrong(
    "length_exponent",
    "numbers fit any unit",
    belief="Adding a constant changes no unit.",
    hint="A number has no unit, so it cannot be added to a length.",
    edit={"for part in expression.args]": "for part in expression.args if not part.is_number]"},
)

wrong(
    "length_exponent",
    "symbols in an exponent not checked",
    belief="A power with a symbol above has no unit.",
    hint="What stands in an exponent must have no unit, and a length to the power of a variable "
    "has none that could be named.",
    edit={'raise ValueError("a power with a unit where none may be")': "return 0"},
)


@right("length_exponent", "measured in other units")
def measured(expression, exponents):
    symbols = sorted(expression.free_symbols, key=str)
    function = sp.lambdify(symbols, expression, "math")
    units = np.array([exponents[symbol.name] for symbol in symbols])
    draw = np.random.default_rng(2)
    found = []
    for scale in (1.1, 1.3, 0.9, 0.8):
        for _ in range(3):
            point = draw.uniform(0.8, 1.2, size=len(symbols))
            quotient = function(*point * scale**units) / function(*point)
            if quotient <= 0:
                raise ValueError("no power of the scale")
            found.append(np.log(quotient) / np.log(scale))
    if np.ptp(found) > 1e-6:
        raise ValueError("not the same power everywhere")
    return round(float(np.mean(found)), 6)


@right("length_exponent", "one case after the other, exact fractions")
def by_cases(expression, exponents):
    if isinstance(expression, sp.Symbol):
        return sp.Rational(exponents[str(expression)])
    if not expression.free_symbols:
        return sp.Integer(0)
    if isinstance(expression, sp.Mul):
        total = sp.Integer(0)
        for factor in expression.args:
            total += by_cases(factor, exponents)
        return total
    if isinstance(expression, sp.Add):
        first, *others = (by_cases(term, exponents) for term in expression.args)
        for other in others:
            if other != first:
                raise ValueError("a sum of different units")
        return first
    if isinstance(expression, sp.exp | sp.sin | sp.cos):
        if by_cases(expression.args[0], exponents) != 0:
            raise ValueError("a function of a unit")
        return sp.Integer(0)
    base, power = expression.as_base_exp()
    if power.free_symbols:
        for part in (base, power):
            if by_cases(part, exponents) != 0:
                raise ValueError("a power of units")
        return sp.Integer(0)
    return by_cases(base, exponents) * power


# --- draws_needed


@wrong("draws_needed", "alarms on one side only")
def one_sided(bias, spread, alarms, misses, checks):
    """z leaves the whole probability of an alarm above it.

    A mean may be too large or too small: each side gets half of the false alarms.
    """
    z = quantile((1 - alarms) ** (1 / checks))
    return int(np.ceil(((z + quantile(1 - misses)) * spread / bias) ** 2))


@wrong("draws_needed", "misses left out")
def misses_left_out(bias, spread, alarms, misses, checks):
    """The standard error has to be the bias over z.

    At (z s/ε)² draws a bias of ε is missed half of the time: its mean must lie beyond z by a
    further margin.
    """
    z = quantile(1 - (1 - (1 - alarms) ** (1 / checks)) / 2)
    return int(np.ceil((z * spread / bias) ** 2))


@wrong("draws_needed", "misses on two sides")
def misses_two_sided(bias, spread, alarms, misses, checks):
    """Misses are halved as alarms are.

    A mean with a bias is missed on one side, towards 0: the whole of `misses` lies there.
    """
    z = quantile(1 - (1 - (1 - alarms) ** (1 / checks)) / 2)
    return int(np.ceil(((z + quantile(1 - misses / 2)) * spread / bias) ** 2))


@wrong("draws_needed", "each check as if it were alone")
def as_if_alone(bias, spread, alarms, misses, checks):
    """The number of checks does not matter to one of them.

    Twenty checks raise twenty times as many false alarms: each may raise fewer.
    """
    z = quantile(1 - alarms / 2)
    return int(np.ceil(((z + quantile(1 - misses)) * spread / bias) ** 2))


@wrong("draws_needed", "false alarms divided evenly")
def divided_evenly(bias, spread, alarms, misses, checks):
    """Each check may raise its share of the alarms.

    Dividing by the number of checks is a bound; for independent checks the probability of no alarm
    is a product.
    """
    z = quantile(1 - alarms / checks / 2)
    return int(np.ceil(((z + quantile(1 - misses)) * spread / bias) ** 2))


@wrong("draws_needed", "draws multiplied by the checks")
def times_checks(bias, spread, alarms, misses, checks):
    """Several checks need as many draws as all of them together.

    Each quantity has draws of its own: what grows with the number of checks is z.
    """
    z = quantile(1 - alarms / 2)
    return checks * int(np.ceil(((z + quantile(1 - misses)) * spread / bias) ** 2))


@right("draws_needed", "by bisection on the probability of a miss")
def by_bisection(bias, spread, alarms, misses, checks):
    def below(number):
        """Probability that a standard Gaussian number is below this one."""
        low, high = 1e-15, 1 - 1e-15
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if quantile(middle) < number else (low, middle)
        return (low + high) / 2

    z = -quantile((1 - (1 - alarms) ** (1 / checks)) / 2)
    few, many = 0, 10_000_000
    while many - few > 1:
        n = (few + many) // 2
        missed = below(z - abs(bias) * np.sqrt(n) / spread)
        few, many = (few, n) if missed <= misses else (n, many)
    return many


@right("draws_needed", "logarithms for the product, a loop for the last step")
def by_logarithms(bias, spread, alarms, misses, checks):
    one = -np.expm1(np.log1p(-alarms) / checks)
    wanted = quantile(1 - one / 2) - quantile(misses)
    n = int((wanted * spread / abs(bias)) ** 2)
    while abs(bias) / (spread / np.sqrt(max(n, 1))) < wanted:
        n += 1
    return n


# --- bounded


@wrong("bounded", "only N counted")
def only_n(cost, bound):
    """The length is what grows; the other sizes are constants.

    Sizes other than N may grow, too: a bound without them must hold for all their values.
    """
    N = sp.Symbol("N", positive=True)
    return bool(sp.degree(cost, N) <= sp.degree(bound, N))


@wrong("bounded", "all sizes grow alike")
def total_degree(cost, bound):
    """The larger total degree wins.

    The total degree tells what happens if all symbols are equal; let one grow alone.
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    degrees = [sp.Poly(one, *symbols).total_degree() for one in (cost, bound)]
    return bool(degrees[0] <= degrees[1])


@wrong("bounded", "all that grow, grow alike")
def some_grow_alike(cost, bound):
    """Some symbols grow, all in the same way; the others stay.

    Symbols may grow at different rates: let one grow as the square of another.
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    one, other = (np.array(sp.Poly(term, *symbols).monoms()) for term in (cost, bound))
    ways = [[code >> i & 1 for i in range(len(symbols))] for code in range(2 ** len(symbols))]
    return all(bool(max(one @ way) <= max(other @ way)) for way in np.array(ways))


@wrong("bounded", "one symbol at a time")
def one_at_a_time(cost, bound):
    """Let each symbol grow while the others stay, and compare degrees.

    The symbols may grow together: DM is not O(D + M), although each symbol alone is no more than
    that.
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    degrees = [[sp.degree(one, symbol) for symbol in symbols] for one in (cost, bound)]
    return all(bool(one <= other) for one, other in zip(*degrees, strict=True))


@wrong("bounded", "term by term")
def term_by_term(cost, bound):
    """Each term of the cost must divide a term of the bound.

    A term may be below a sum without being below any one of its terms: DM lies between D² and M².
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    of_bound = np.array(sp.Poly(bound, *symbols).monoms())
    of_cost = sp.Poly(cost, *symbols).monoms()
    return all(bool(np.any(np.all(of_bound >= np.array(one), axis=1))) for one in of_cost)


@wrong("bounded", "no constant allowed")
def no_constant(cost, bound):
    """The cost must not exceed the bound anywhere.

    There may be a constant: 5N is O(N), although it is larger than N.
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    gap = sp.lambdify(symbols, bound - cost)
    sizes = 10.0 ** np.random.default_rng(3).uniform(0, 4, size=(4000, len(symbols)))
    return bool(all(gap(*row) >= 0 for row in sizes))


@wrong("bounded", "one term of the cost is enough")
def one_term(cost, bound):
    """The leading term, the one with most factors N, decides.

    Every term of the cost must be bounded, also the one that is small for the sizes you have in
    mind.
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    of_bound = np.array(sp.Poly(bound, *symbols).monoms())
    ways = np.random.default_rng(5).uniform(size=(3000, len(symbols)))
    for term in sp.Poly(cost, *symbols).monoms():
        if np.all(ways @ np.array(term) <= (ways @ of_bound.T).max(axis=1) + 1e-9):
            return True
    return False


# --- text_audit


@wrong("text_audit", "too short")
def too_short():
    """The result is wrong, and that is all there is to say.

    Name the wrong lines, and for each of them how one can see it.
    """
    return "Line 2 has the wrong sign, so line 3 is wrong, too."


@wrong("text_audit", "too long")
def too_long():
    """More words, more points.

    An audit names the line, the test and the outcome; it does not derive everything anew.
    """
    return "Let us go through it once more, slowly and from the beginning. " * 20


@wrong("text_audit", "nothing written")
def nothing_written():
    """The string is filled in later.

    Write your audit between the quotation marks.
    """
    return ""


@right("text_audit", "at the lower limit")
def at_the_lower_limit():
    return "word " * 90


@right("text_audit", "over several lines")
def over_several_lines():
    return "\n".join(["five words on every line"] * 30)


# --- bounded, whether a bound holds at all growth rates


@wrong("bounded", "growth rates from a grid")
def rates_from_a_grid(cost, bound):
    """If no symbols that grow like small powers of one number do harm, none do.

    A bound can fail between the rates of any grid. Look for rates at which it fails, or for weights
    with which the bound's terms make up the cost: one of the two exists.
    """
    from itertools import product

    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    ways = np.array(list(product(range(9), repeat=len(symbols))))
    growth = [(ways @ np.array(sp.Poly(one, *symbols).monoms()).T).max(1) for one in (cost, bound)]
    return bool(np.all(growth[0] <= growth[1]))


@wrong("bounded", "growth rates drawn at random")
def rates_at_random(cost, bound):
    """A hundred random ways to grow find every bound that fails.

    The rates at which a bound fails can be a narrow range, which a draw misses: points that were
    tried refute a claim, they do not prove it.
    """
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    terms = [np.array(sp.Poly(one, *symbols).monoms()) for one in (cost, bound)]
    ways = np.random.default_rng(6).uniform(size=(100, len(symbols)))
    growth = [(ways @ one.T).max(axis=1) for one in terms]
    return bool(np.all(growth[0] <= growth[1] + 1e-9))


@right("bounded", "weights of the bound's terms, from the corners of a linear program")
def weights_of_terms(cost, bound):
    from itertools import combinations

    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    of_bound = np.array(sp.Poly(bound, *symbols).monoms()).T  # (symbols, terms)
    conditions = np.vstack([of_bound, np.eye(of_bound.shape[1])])  # on weights: ≥ term, ≥ 0

    def made_up(term):
        """Whether weights with the sum 1 or less give at least the term's exponents."""
        least = np.append(term, np.zeros(of_bound.shape[1]))
        for chosen in combinations(range(len(conditions)), of_bound.shape[1]):
            tight = conditions[list(chosen)]
            if abs(np.linalg.det(tight)) > 0.5:
                weights = np.linalg.solve(tight, least[list(chosen)])
                if np.all(conditions @ weights > least - 1e-7) and weights.sum() < 1 + 1e-7:
                    return True
        return False

    return all(made_up(term) for term in sp.Poly(cost, *symbols).monoms())


@right("bounded", "rates eliminated one after the other, in whole numbers")
def rates_eliminated(cost, bound):
    symbols = sorted(cost.free_symbols | bound.free_symbols, key=str)
    of_bound = sp.Poly(bound, *symbols).monoms()
    for term in sp.Poly(cost, *symbols).monoms():
        # Rows (a, strict): a · y > 0 or, for the signs of the rates y, a · y ≥ 0.
        rows = {(tuple(e - b for e, b in zip(term, one, strict=True)), True) for one in of_bound}
        rows |= {
            (tuple(int(i == j) for j in range(len(symbols))), False) for i in range(len(symbols))
        }
        for k in range(len(symbols)):
            kept = {row for row in rows if row[0][k] == 0}
            for a, a_strict in rows:
                for b, b_strict in rows:
                    if a[k] > 0 > b[k]:
                        both = [-b[k] * x + a[k] * y for x, y in zip(a, b, strict=True)]
                        divisor = int(np.gcd.reduce(both)) or 1
                        kept.add((tuple(x // divisor for x in both), a_strict or b_strict))
            rows = kept
        if not any(strict for _, strict in rows):  # 0 > 0 nowhere: there are such rates
            return False
    return True
