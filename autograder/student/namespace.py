"""The names of a student's notebook, served to the host."""

from __future__ import annotations

import builtins
import random
from collections.abc import Callable
from types import GeneratorType, ModuleType
from typing import Any

import numpy as np
import sympy as sp

from autograder.student import wire
from autograder.student.protocol import builtin_kind
from autograder.student.wire import Message, Ref, WireError


class Namespace:
    """Serves the names of a notebook to the host.

    `execute` runs a cell's source and returns its outputs; `ask` sends a question to the host.
    """

    def __init__(
        self,
        names: dict[str, Any],
        execute: Callable[[str, bool], list[dict]],
        ask: Callable[[bytes], Message],
    ) -> None:
        self.names, self.execute, self.ask = names, execute, ask
        self.objects: list[Any] = []
        self.calls: dict[str, Callable[..., Any]] = {
            "run": lambda source, quiet: self.execute(source, quiet),
            "call": self._call,
            "value": self._value,
            "kind": self._kind,
            "reseed": reseed,
        }

    def serve(self, question: Message) -> bytes:
        """Do what the host asks, and report the result."""
        try:
            what, *arguments = wire.decode(question, self._resolve)
            result = self.calls[what](*arguments)
        except BaseException as error:  # SystemExit and KeyboardInterrupt too
            return wire.encode(("error", builtin_kind(error)))
        try:
            return wire.encode(("ok", result), self._refer)
        except WireError:
            return wire.encode(("error", "WireError"))

    def _call(self, target: Any, method: str, args: list, kwargs: dict) -> Any:
        if isinstance(target, str):
            target = self._value(target)
        return (getattr(target, method) if method else target)(*args, **kwargs)

    def _value(self, name: str) -> Any:
        if name not in self.names:
            raise NameError(name)
        return self.names[name]

    def _kind(self, name: str) -> str:
        if name not in self.names:
            return "missing"
        return "callable" if is_function(self.names[name]) else "value"

    def _refer(self, thing: Any) -> Ref:
        if isinstance(thing, CallbackProxy):
            return Ref("callback", thing.key)
        self.objects.append(thing)
        return Ref("object", len(self.objects) - 1, _kind_of_object(thing))

    def _resolve(self, ref: Ref) -> Any:
        if ref.space == "name":
            return self._value(ref.name)
        if ref.space == "object":
            return self.objects[ref.number]
        return CallbackProxy(self, ref.number)


class CallbackProxy:
    """A function of the host that was passed to the student's code. Calling it asks the host."""

    def __init__(self, namespace: Namespace, key: int) -> None:
        self.namespace, self.key = namespace, key

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        question = wire.encode(("callback", self, list(args), kwargs), self.namespace._refer)
        match wire.decode(self.namespace.ask(question), self.namespace._resolve):
            case ("ok", value):
                return value
            case ("error", kind):
                raise getattr(builtins, kind, RuntimeError)("the function passed in refuses this")


def is_function(thing: Any) -> bool:
    """Whether a name stands for something to call. SymPy's symbols are callable, and are values."""
    return callable(thing) and not isinstance(thing, sp.Basic)


def _kind_of_object(thing: Any) -> str:
    if isinstance(thing, type):
        return "class"
    if isinstance(thing, GeneratorType):
        return "generator"
    if isinstance(thing, ModuleType):
        return "module"
    if callable(thing):
        return "function"
    return "iterator" if hasattr(type(thing), "__next__") else "object"


def reseed(seed: int) -> None:
    """Seed the global random states of Python and NumPy."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
