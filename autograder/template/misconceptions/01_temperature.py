"""How people get softmax with a temperature wrong, and other ways to get it right."""

import numpy as np
import sympy as sp

from autograder.bank import right, wrong

N = sp.Symbol("N", positive=True, integer=True)


@wrong("softmax", "multiplied by the temperature")
def softmax_times_temperature(scores, temperature):
    """Hotter means larger scores.

    A high temperature makes the weights more alike: divide the scores by it.
    """
    weights = np.exp(scores * temperature)
    return weights / weights.sum(axis=1, keepdims=True)


wrong(
    "softmax",
    "normalised over the whole matrix",
    belief="All the weights together sum to 1.",
    hint="Each row has its own sum: `sum(axis=1, keepdims=True)`.",
    edit={"weights.sum(axis=1, keepdims=True)": "weights.sum()"},
)


@wrong("softmax", "temperature applied after the exponential")
def softmax_divides_too_late(scores, temperature):
    """It does not matter where the temperature divides.

    Dividing weights by T cancels when they are normalised: divide the scores.
    """
    weights = np.exp(scores) / temperature
    return weights / weights.sum(axis=1, keepdims=True)


@right("softmax", "row by row, less the largest score")
def softmax_in_a_loop(scores, temperature):
    rows = []
    for row in scores:
        weights = [np.exp((score - max(row)) / temperature) for score in row]
        rows.append([weight / sum(weights) for weight in weights])
    return rows


@wrong("hot_entropy", "entropy in bits")
def hot_entropy_in_bits():
    """Entropy is measured with the logarithm to base 2.

    A nat is the unit of the natural logarithm.
    """
    return sp.log(N, 2)


@wrong("hot_entropy", "the hot limit taken for the cold one")
def hot_entropy_is_zero():
    """At a high temperature the largest score wins.

    As T grows the weights become equal; only as T goes to 0 does one of them take all.
    """
    return sp.Integer(0)


@wrong("hot_entropy", "sign lost")
def hot_entropy_negative():
    """The sum over w·log w is the entropy.

    Entropy is −Σ w log w, which is never negative.
    """
    return sp.log(1 / N)


@right("hot_entropy", "as a sum")
def hot_entropy_as_a_sum():
    weight = 1 / N
    return -N * weight * sp.log(weight)
