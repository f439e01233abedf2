"""What a check binds, in the evaluator's form: keys, functions with their parameters, cases."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from lib.tex import values
from lib.tex.draws import drawn
from lib.tex.keys import identifier_key, key_of
from lib.tex.values import Batch, Outcomes


@dataclass(frozen=True, eq=False)
class Named:
    """A Python function with the keys of its parameters."""

    function: Callable
    parameters: tuple[str, ...]


def function(given: Callable) -> Named:
    """The function with the keys of its parameters that have no default."""
    try:
        found = inspect.signature(given).parameters.values()
    except (ValueError, TypeError):
        return Named(given, ("x",))
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [one.name for one in found if one.kind in positional and one.default is one.empty]
    return Named(given, tuple(map(identifier_key, named)))


def invoke(given: Callable, args: tuple) -> Any:
    """A Python function of values; of what is random once for each outcome."""
    count = max((one.data.shape[-1] for one in args if isinstance(one, Batch)), default=0)
    if not count:
        return values.plain(values.value(given(*args)))
    found = []
    for number in range(count):
        one = [
            values.plain(arg.data[..., number]) if isinstance(arg, Batch) else arg for arg in args
        ]
        found.append(values.plain(values.value(given(*one))))
    if isinstance(found[0], np.ndarray):
        return Batch(np.stack(found, axis=-1))
    return Batch(np.array(found))


def bind(bindings: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Keys and values; a key such as `w, w'` names the columns of outcomes that come together."""
    for name, given in bindings.items():
        if isinstance(given, Outcomes) and "," in name:
            keys = [key_of(one.strip()) for one in name.split(",")]
            for key, column in zip(keys, np.moveaxis(given.values, 1, 0), strict=True):
                yield key, Outcomes(column, given.weights, given)
        else:
            yield key_of(name), binding(given)


def binding(given: Any) -> Any:
    """One bound value in the evaluator's form: words drawn, functions named, a list as a row."""
    if isinstance(given, str):
        return drawn(given)
    if isinstance(given, dict):
        return {key_of(k) if isinstance(k, str) else k: binding(v) for k, v in given.items()}
    if callable(given):
        return function(given)
    if isinstance(given, tuple) and given and isinstance(given[0], str):
        return given
    return values.value(given)


def case_list(cases: Any) -> list[dict[str, Any]]:
    """Cases as a list of dicts, or a dict of choices: `{"N": (3, 5), "D, M": [(2, 4), (3, 2)]}`."""
    if cases is None:
        return [{}]
    if isinstance(cases, Mapping):
        choices = []
        for names, found in cases.items():
            keys = [name.strip() for name in names.split("," if "," in names else None)]
            rows = [(one,) if len(keys) == 1 else tuple(one) for one in found]
            choices.append([dict(zip(keys, row, strict=True)) for row in rows])
        merged = [{k: v for part in parts for k, v in part.items()} for parts in product(*choices)]
    else:
        merged = [dict(case) for case in cases]
    for key in merged[0] if len(merged) > 1 else ():
        first = merged[0][key]
        if all(type(c[key]) is int and c[key] == first for c in merged):
            raise ValueError(f"{key} is {first} in every case: vary it, or bind it once")
    return merged
