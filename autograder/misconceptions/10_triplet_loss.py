"""Known-wrong and alternative right answers to 10_triplet_loss."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

# --- unsquared_margin


@wrong("unsquared_margin", "the root of the margin")
def root_of_the_margin():
    """Leaving out the squares means taking the root of the margin.

    √α is right only for a positive on top of its anchor: at which distance does a negative just
    become safe, and how far behind the positive is that?
    """
    alpha = sp.Symbol("alpha", positive=True)
    return sp.sqrt(alpha)


@wrong("unsquared_margin", "the same margin")
def same_margin():
    """A margin is a margin, whatever the distance.

    Squares stretch large distances and shrink small ones: find the distance at which a negative
    becomes safe, then subtract the positive's.
    """
    alpha = sp.Symbol("alpha", positive=True)
    return alpha


@wrong("unsquared_margin", "the positive's distance not subtracted")
def distance_not_subtracted():
    """The margin is the distance at which a negative becomes safe.

    √(d² + α) is where the negative must stand; the margin is how far beyond the positive.
    """
    alpha, d_ap = sp.symbols("alpha d_ap", positive=True)
    return sp.sqrt(d_ap**2 + alpha)


@wrong("unsquared_margin", "the slope of the square used for a whole step")
def linearised():
    """The square has the slope 2d, so divide by it.

    α/2d is what a small margin becomes; for a margin that is not small, solve d² + α = (d + m)²
    exactly.
    """
    alpha, d_ap = sp.symbols("alpha d_ap", positive=True)
    return alpha / (2 * d_ap)


@wrong("unsquared_margin", "the margin subtracted under the root")
def margin_subtracted():
    """The margin lies on the near side of the positive.

    A safe negative stands farther away than the positive: d² + α, not d² − α.
    """
    alpha, d_ap = sp.symbols("alpha d_ap", positive=True)
    return d_ap - sp.sqrt(d_ap**2 - alpha)


@right("unsquared_margin", "with the root in the denominator")
def root_in_the_denominator():
    """Multiplied by the conjugate."""
    alpha, d_ap = sp.symbols("alpha d_ap", positive=True)
    return alpha / (sp.sqrt(alpha + d_ap**2) + d_ap)


@right("unsquared_margin", "solved by SymPy, symbols without assumptions")
def solved_by_sympy():
    """The greater root of the quadratic equation."""
    alpha, d_ap, m = sp.symbols("alpha d_ap m")
    return sp.solve((d_ap + m) ** 2 - d_ap**2 - alpha, m)[1]


# --- turning_angle


@wrong("turning_angle", "the factor 1/‖z‖ of the gradient forgotten")
def jacobian_forgotten():
    """The step is ηt, the lever r.

    ∂L/∂z is g's tangent part divided by ‖z‖, and ‖z‖ is also the lever that it turns.
    """
    eta, t, r = sp.symbols("eta t r", positive=True)
    return sp.atan(eta * t / r)


@wrong("turning_angle", "arc for chord: no arctangent")
def arc_instead_of_tangent():
    """A step of length ηt/r on a circle of radius r turns by ηt/r².

    The step leaves the sphere along a tangent: draw the right-angled triangle of z, the step and
    the new z.
    """
    eta, t, r = sp.symbols("eta t r", positive=True)
    return eta * t / r**2


@wrong("turning_angle", "length 1 taken for granted")
def unit_length_assumed():
    """The embedding has length 1, so the step is ηt.

    The network's output need not have length 1: how does r change the step, and its effect?
    """
    eta, t = sp.symbols("eta t", positive=True)
    return sp.atan(eta * t)


@wrong("turning_angle", "the arcsine")
def arcsine():
    """The step is opposite to the angle and z is the hypotenuse.

    In the triangle of z, the step and the new z, z is not the longest side: where is the right
    angle?
    """
    eta, t, r = sp.symbols("eta t r", positive=True)
    return sp.asin(eta * t / r**2)


@wrong("turning_angle", "the length multiplied instead of divided")
def length_multiplied():
    """A longer vector has a larger gradient and a longer lever.

    Does a long vector turn more or less for the same step?
    """
    eta, t, r = sp.symbols("eta t r", positive=True)
    return sp.atan(eta * t * r**2)


@right("turning_angle", "the arccosine of the cosine")
def arccosine():
    """Old length over new length."""
    eta, t, r = sp.symbols("eta t r", positive=True)
    return sp.acos(r / sp.sqrt(r**2 + (eta * t / r) ** 2))


@right("turning_angle", "the arcsine with the new length, symbols of one's own")
def arcsine_of_new_length():
    """Opposite side over hypotenuse."""
    eta, t, r = sp.symbols("eta t r", real=True, positive=True)
    return sp.asin(eta * t / sp.sqrt(r**4 + eta**2 * t**2))


# --- rounded_loss


wrong(
    "rounded_loss",
    "sums instead of means",
    belief="A loss is a sum over triplets, as in the paper.",
    hint="The loss is the mean over the triplets: divide loss and gradient by their number.",
    edit={
        "np.mean(np.logaddexp(0, u / tau))": "np.sum(np.logaddexp(0, u / tau))",
        "[:, None] / len(u)": "[:, None]",
    },
)

wrong(
    "rounded_loss",
    "the hinge's slope, 0 or 1",
    belief="Active triplets count fully, the others not at all.",
    hint="The rounded corner has a slope of its own: differentiate τ ln(1 + e^(u/τ)).",
    edit={"np.exp(-np.logaddexp(0, -u / tau))[:, None]": "(u > 0)[:, None]"},
)

wrong(
    "rounded_loss",
    "a row's gradients overwritten, not added",
    belief="+= with an array of indices adds up everything.",
    hint="gradient[rows] += … keeps only one term for a row that occurs twice: use np.add.at, a "
    "loop, or a matrix of pairs.",
    edit={
        "np.add.at(gradient, rows_a, 2": "gradient[rows_a] += (2",
        "np.add.at(gradient, rows_p, 2": "gradient[rows_p] += (2",
        "np.add.at(gradient, rows_n, 2": "gradient[rows_n] += (2",
    },
)


@wrong("rounded_loss", "the gradient with respect to the embeddings")
def normalisation_forgotten(z, triplets, margin, tau):
    """The gradient at the embedding is the gradient.

    z is not normalised: remove the part of the gradient along the embedding, and divide by the
    length.
    """
    E = z / np.linalg.norm(z, axis=1, keepdims=True)
    a, p, n = (E[rows] for rows in triplets.T)
    u = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin
    slope = np.exp(-np.logaddexp(0, -u / tau))[:, None] / len(u)
    gradient = np.zeros_like(E)
    np.add.at(gradient, triplets[:, 0], 2 * slope * (n - p))
    np.add.at(gradient, triplets[:, 1], 2 * slope * (p - a))
    np.add.at(gradient, triplets[:, 2], 2 * slope * (a - n))
    return tau * np.mean(np.logaddexp(0, u / tau)), gradient


wrong(
    "rounded_loss",
    "projected, but not divided by the length",
    belief="Normalising only removes the part along the embedding.",
    hint="A long vector turns less for the same step: where does ‖z‖ enter the gradient?",
    edit={"(gradient - along * E) / lengths": "gradient - along * E"},
)

wrong(
    "rounded_loss",
    "divided by the length, but not projected",
    belief="e = z/‖z‖ has the derivative 1/‖z‖.",
    hint="Lengthening z does not change the embedding: what must the gradient's part along z "
    "therefore be?",
    edit={"(gradient - along * E) / lengths": "gradient / lengths"},
)


@wrong("rounded_loss", "overflow left to itself")
def overflow_left_alone(z, triplets, margin, tau):
    """The formula as written is good enough for a computer.

    e^3000 is infinite in floating point: ln(1 + e^x) is x + ln(1 + e^(−x)), and np.logaddexp knows
    that.
    """
    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    E = z / lengths
    a, p, n = (E[rows] for rows in triplets.T)
    u = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin
    powers = np.exp(u / tau)
    slope = (powers / (1 + powers))[:, None] / len(u)
    gradient = np.zeros_like(E)
    np.add.at(gradient, triplets[:, 0], 2 * slope * (n - p))
    np.add.at(gradient, triplets[:, 1], 2 * slope * (p - a))
    np.add.at(gradient, triplets[:, 2], 2 * slope * (a - n))
    along = np.sum(gradient * E, axis=1, keepdims=True)
    return tau * np.mean(np.log(1 + powers)), (gradient - along * E) / lengths


wrong(
    "rounded_loss",
    "positive and negative exchanged",
    belief="The negative's distance less the positive's.",
    hint="u grows with the distance to the positive: check which of the two is subtracted.",
    edit={"rows_a, rows_p, rows_n = np.transpose": "rows_a, rows_n, rows_p = np.transpose"},
)

wrong(
    "rounded_loss",
    "the temperature in front of the logarithm forgotten",
    belief="The temperature only divides the exponent.",
    hint="ln(1 + e^(u/τ)) is u/τ for large u: which factor makes it u again?",
    edit={"tau * np.mean(": "np.mean(", "/ len(u)": "/ len(u) / tau"},
)


@wrong("rounded_loss", "the outputs not normalised at all")
def outputs_not_normalised(z, triplets, margin, tau):
    """The rows of z are the embeddings.

    a, p and n are rows of z divided by their lengths: distances on the sphere.
    """
    a, p, n = (z[rows] for rows in triplets.T)
    u = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + margin
    slope = np.exp(-np.logaddexp(0, -u / tau))[:, None] / len(u)
    gradient = np.zeros_like(z)
    np.add.at(gradient, triplets[:, 0], 2 * slope * (n - p))
    np.add.at(gradient, triplets[:, 1], 2 * slope * (p - a))
    np.add.at(gradient, triplets[:, 2], 2 * slope * (a - n))
    return tau * np.mean(np.logaddexp(0, u / tau)), gradient


@right("rounded_loss", "one triplet after the other, lists out")
def rounded_in_a_loop(z, triplets, margin, tau):
    """From the linear form 2a(n − p), whose gradient differs along the embedding only."""
    E = np.array([row / np.sqrt(row @ row) for row in z])
    total, gradient = 0.0, [np.zeros(z.shape[1]) for _ in z]
    for a, p, n in np.asarray(triplets).tolist():
        x = (2 * E[a] @ (E[n] - E[p]) + margin) / tau
        total += tau * (max(x, 0) + np.log1p(np.exp(-abs(x)))) / len(triplets)
        weight = (1 + np.tanh(x / 2)) / len(triplets)
        gradient[a] = gradient[a] + weight * (E[n] - E[p])
        gradient[p] = gradient[p] - weight * E[a]
        gradient[n] = gradient[n] + weight * E[a]
    for i, row in enumerate(z):
        gradient[i] = (gradient[i] - gradient[i] @ E[i] * E[i]) / np.sqrt(row @ row)
    return total, [row.tolist() for row in gradient]


@right("rounded_loss", "a matrix of pairs and einsum")
def rounded_by_pairs(z, triplets, margin, tau):
    """Each pair is a spring whose strength is a sum of slopes."""
    lengths = np.sqrt(np.einsum("nd,nd->n", z, z))[:, None]
    E = z / lengths
    d2 = 2 - 2 * np.einsum("nd,md->nm", E, E)
    a, p, n = np.asarray(triplets).T
    x = (d2[a, p] - d2[a, n] + margin) / tau
    with np.errstate(over="ignore"):
        slope = 1 / (1 + np.exp(-x)) / len(x)
    springs = np.zeros((len(z), len(z)))
    np.add.at(springs, (a, p), slope)
    np.add.at(springs, (a, n), -slope)
    springs = springs + springs.T
    gradient = 2 * (springs.sum(axis=1)[:, None] * E - springs @ E)
    gradient -= np.einsum("nd,nd->n", gradient, E)[:, None] * E
    return (tau * np.logaddexp(x, 0)).mean(), gradient / lengths


@right("rounded_loss", "float32")
def rounded_in_float32(z, triplets, margin, tau):
    """Single precision all the way."""
    z = z.astype(np.float32)
    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    E = z / lengths
    a, p, n = (E[rows] for rows in triplets.T)
    u = ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + np.float32(margin)
    x = (u / np.float32(tau)).astype(np.float32)
    slope = (np.exp(-np.logaddexp(np.float32(0), -x)) / np.float32(len(u)))[:, None]
    gradient = np.zeros_like(E)
    np.add.at(gradient, triplets[:, 0], 2 * slope * (n - p))
    np.add.at(gradient, triplets[:, 1], 2 * slope * (p - a))
    np.add.at(gradient, triplets[:, 2], 2 * slope * (a - n))
    along = np.sum(gradient * E, axis=1, keepdims=True)
    loss = np.float32(tau) * np.mean(np.logaddexp(np.float32(0), x))
    return loss, (gradient - along * E) / lengths


# --- largest_margin


@wrong("largest_margin", "everybody opposite to everybody")
def opposite_points():
    """The greatest squared distance is 4, so the greatest margin is.

    Two points can be opposite to each other; where does a third one go?
    """
    return sp.Integer(4)


@wrong("largest_margin", "the fraction turned over")
def fraction_turned_over():
    """More people need more room, and get it.

    Two people can be farther apart than a hundred: should the margin rise or fall as people are
    added?
    """
    C = sp.Symbol("C", integer=True, positive=True)
    return 8 * (C - 1) / C


@wrong("largest_margin", "people on a circle")
def on_a_circle():
    """C people share the full turn equally.

    That is the distance of neighbours on a circle: with more dimensions there is more room.
    """
    C = sp.Symbol("C", integer=True, positive=True)
    return 4 * sp.sin(sp.pi / C) ** 2


@wrong("largest_margin", "the sum over ordered pairs counted once")
def pairs_counted_once():
    """Of C lengths and C(C − 1)/2 products the sum is not negative.

    In ‖e₁ + … + e_C‖² each product of two people occurs twice: for two people the bound must come
    out as 4.
    """
    C = sp.Symbol("C", integer=True, positive=True)
    return 2 + 4 / (C - 1)


@wrong("largest_margin", "the distance of the simplex shared with the own pictures")
def shared_with_positives():
    """Half of the distance must be left for one's own pictures.

    Put all pictures of one person on one point: then the positive costs nothing.
    """
    C = sp.Symbol("C", integer=True, positive=True)
    return C / (C - 1)


@right("largest_margin", "two plus a fraction")
def two_plus_a_fraction():
    """The inner product of two corners of a simplex is −1/(C − 1)."""
    C = sp.Symbol("C", integer=True, positive=True)
    return 2 - 2 * (-1 / (C - 1))


@right("largest_margin", "with symbols of one's own")
def margin_by_average():
    """Mean over all pairs of people: C² · 2 shared among C(C − 1)."""
    C = sp.Symbol("C")
    return sp.Rational(2) * C**2 / (C**2 - C)


# --- bad_neighbours


@wrong("bad_neighbours", "the second person far away from the first")
def opposite_side(first):
    """Separable people are far from each other.

    Far strangers are what the loss wants: put the strangers near, and one's own far.
    """
    middle = (first[0] + first[1]) / 2
    return np.array([middle + 175, middle + 185])


@wrong("bad_neighbours", "people in turns")
def in_turns(first):
    """One stranger in the middle, one opposite, is the worst.

    Going round the circle the people must not alternate: put both pictures of the second person on
    the same side of the cut.
    """
    middle = (first[0] + first[1]) / 2
    return np.array([middle, middle + 180])


@wrong("bad_neighbours", "the same places as the first person")
def same_places(first):
    """The loss is greatest where strangers coincide.

    Pictures of two people in the same place cannot be told apart by any cut.
    """
    return np.array([first[0], first[1]])


@wrong("bad_neighbours", "both pictures shifted the same way")
def shifted_the_same_way(first):
    """Two degrees to the side separates each pair.

    Shifting both to the same side makes the people take turns: one picture goes beyond each end, or
    both go inside.
    """
    return np.array([first[0] + 2, first[1] + 2])


@wrong("bad_neighbours", "a second person in one place")
def one_place_beside_the_first(first):
    """It is enough to sit beside one of the first person's pictures.

    If the second person's own pictures lie together, half of the triplets are content: spread both
    people.
    """
    end = max(first[0], first[1])
    return np.array([end + 2, end + 3])


@right("bad_neighbours", "just inside the two ends, lists out")
def just_inside(first):
    """The second person's arc lies within the first person's."""
    low, high = min(first), max(first)
    return [float(low + 1.5), float(high - 1.5)]


@right("bad_neighbours", "one degree outside, angles between 0 and 360, float32")
def outside_modulo(first):
    """The order of the two does not matter."""
    low, high = np.sort(first)
    return (np.array([high + 1.2, low - 1.2]) % 360).astype(np.float32)


# --- stuck


@wrong("stuck", "everything in one place")
def all_in_one_place(labels, direction):
    """Only a collapse has no forces.

    That is the collapse of the chapter: here not all pictures may lie in the same place.
    """
    return np.tile(direction / np.linalg.norm(direction), (len(labels), 1))


@wrong("stuck", "two people at two poles: solved")
def one_person_apart(labels, direction):
    """One person at one pole, the others at the opposite one.

    With two people that is not stuck but done, the loss is 0: somebody has to be in the wrong
    place.
    """
    signs = np.where(labels == labels[0], 1.0, -1.0)
    return signs[:, None] * direction / np.linalg.norm(direction)


@wrong("stuck", "poles by the place in the list")
def poles_in_turns(labels, direction):
    """Every other picture goes to the opposite pole, so nobody is where they belong.

    For some labels that is the solution itself: who stands where has to follow from the labels,
    with one picture apart from its own person.
    """
    signs = (-1.0) ** np.arange(len(labels))
    return signs[:, None] * direction / np.linalg.norm(direction)


@wrong("stuck", "the direction not normalised")
def direction_not_normalised(labels, direction):
    """The direction itself is an embedding, and so is its opposite.

    Every row of E has length 1; the direction that you are given has not.
    """
    signs = np.ones((len(labels), 1))
    signs[0] = -1
    return signs * direction


@wrong("stuck", "right angles instead of opposite points")
def right_angles(labels, direction):
    """Orthogonal embeddings do not feel each other.

    At a right angle the force 2 sin θ is at its greatest: at which angles does it vanish?
    """
    unit = direction / np.linalg.norm(direction)
    other = np.zeros_like(unit)
    other[np.argmin(abs(unit))] = 1
    other = other - (other @ unit) * unit
    E = np.tile(unit, (len(labels), 1))
    E[0] = other / np.linalg.norm(other)
    return E


@wrong("stuck", "pictures spread evenly along the line")
def along_the_line(labels, direction):
    """Different lengths in the same direction give no force along the sphere.

    Every embedding has length 1: on a line through 0 there are only two such places.
    """
    unit = direction / np.linalg.norm(direction)
    return np.linspace(-1, 1, len(labels))[:, None] * unit


@right("stuck", "every other picture at the opposite pole, lists out")
def every_other(labels, direction):
    """Within each person the poles alternate."""
    unit = direction / np.sqrt((direction**2).sum())
    seen, rows = {}, []
    for label in labels.tolist():
        seen[label] = seen.get(label, 0) + 1
        rows.append((unit if seen[label] % 2 else -unit).tolist())
    return rows


@right("stuck", "one picture apart, float32")
def last_apart(labels, direction):
    """The last picture alone, in single precision."""
    signs = np.ones((len(labels), 1), dtype=np.float32)
    signs[-1] = -1
    return signs * (direction / np.linalg.norm(direction)).astype(np.float32)
