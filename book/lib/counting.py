"""Counting arithmetic by running it: numbers that keep a tally of what is done with them."""

from collections import Counter
from collections.abc import Callable
from functools import total_ordering
from typing import ClassVar

import numpy as np


@total_ordering
class Counted:
    """A number that tallies what is done with it; signs and comparisons are free."""

    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self, value):
        self.value = value

    def _then(self, operation, result, times=1):
        Counted.tally[operation] += times
        return Counted(result)

    def __add__(self, other):
        return self._then("+", self.value + plain(other))

    def __sub__(self, other):
        return self._then("+", self.value - plain(other))

    def __mul__(self, other):
        return self._then("×", self.value * plain(other))

    def __truediv__(self, other):
        return self._then("÷", self.value / plain(other))

    def __rtruediv__(self, other):
        return self._then("÷", other / self.value)

    def __pow__(self, power):
        return self._then("×", self.value**power, power - 1)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return Counted(-self.value)

    def __abs__(self):
        return Counted(abs(self.value))

    def exp(self):
        return self._then("exp", np.exp(self.value))

    def sin(self):
        return self._then("sin", np.sin(self.value))

    def cos(self):
        return self._then("cos", np.cos(self.value))

    def __lt__(self, other):
        return self.value < plain(other)


def plain(number):
    """The number itself, counted or not."""
    return number.value if isinstance(number, Counted) else number


def count_operations(function: Callable, *arrays: np.ndarray) -> Counter[str]:
    """How often each of + × ÷ exp sin cos happens in function(*arrays)."""
    counted = np.vectorize(Counted, otypes=[object])
    Counted.tally = Counter()
    function(*map(counted, arrays))
    return Counted.tally
