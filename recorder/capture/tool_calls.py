"""`@recorder.tool`: every call of a function becomes a tool call, its arguments first.

Functions, coroutine functions, generators of both sorts, methods. The function is called with what
it was given and what it returns, yields or raises goes on unchanged; that recording it failed never
shows in it.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any

from recorder import semconv
from recorder.capture.running import Attribute, Begun, begin
from recorder.capture.values import Stream, as_text
from recorder.model import new_id

__all__ = ["recorded_tool"]

logger = logging.getLogger(__name__)


def recorded_tool(
    function: Any, name: str | None, attributes: Mapping[str, Attribute] | None
) -> Any:
    """Return a function, or a static or class method, that records its calls.

    Args:
        function: what is called.
        name: the tool's; default: the function's.
        attributes: further attributes of each call's span.
    """
    if isinstance(function, staticmethod | classmethod):
        return type(function)(recorded_tool(function.__func__, name, attributes))
    call = _Call(function, name, attributes or {})
    # A callable object is what its `__call__` is.
    does = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004 - whether it can be called is not asked
    if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(does):
        recorded: Any = _async_generator(function, call)
    elif inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(does):
        recorded = _generator(function, call)
    elif inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(does):
        recorded = _coroutine(function, call)
    else:
        recorded = _plain(function, call)
    return functools.update_wrapper(recorded, function)


class _Call:
    """How the calls of one tool are recorded."""

    def __init__(
        self, function: Any, name: str | None, attributes: Mapping[str, Attribute]
    ) -> None:
        inner = getattr(function, "func", function)  # of functools.partial
        self._name: str = name or getattr(inner, "__name__", "") or type(inner).__name__
        self._attributes = attributes
        self._signature: inspect.Signature | None = None
        try:
            self._signature = inspect.signature(function)
        except (TypeError, ValueError):
            logger.debug("%s has no signature: its arguments have no names", self._name)
        self._owner = _name_of_owner(function, self._signature)

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begun:
        """Start the call's span."""
        return begin(
            f"execute_tool {self._name}",
            {
                semconv.GEN_AI_OPERATION: "execute_tool",
                semconv.GEN_AI_TOOL_NAME: self._name,
                semconv.GEN_AI_TOOL_CALL_ID: f"call_{new_id()[:24]}",
                semconv.GEN_AI_TOOL_ARGUMENTS: self._arguments(args, kwargs),
                **self._attributes,
            },
        )

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        # As it came where the names are unknown, or where the call itself will raise the same.
        bound: dict[str, Any] = {"args": list(args), **kwargs}
        if self._signature is not None:
            with contextlib.suppress(TypeError):
                bound = dict(self._signature.bind(*args, **kwargs).arguments)
        bound.pop(self._owner, None)
        return as_text(bound)


def _plain(function: Any, call: _Call) -> Callable[..., Any]:
    def recorded(*args: Any, **kwargs: Any) -> Any:
        begun = call.begin(args, kwargs)
        try:
            with begun.inside():
                result = function(*args, **kwargs)
                _tell(begun, result)
                return result
        finally:
            begun.span.end()

    return recorded


def _coroutine(function: Any, call: _Call) -> Callable[..., Any]:
    async def recorded(*args: Any, **kwargs: Any) -> Any:
        begun = call.begin(args, kwargs)
        try:
            with begun.inside():
                result = await function(*args, **kwargs)
                _tell(begun, result)
                return result
        finally:
            begun.span.end()

    return recorded


def _generator(function: Any, call: _Call) -> Callable[..., Any]:
    """Record from the first step to the last. Only the generator's own code runs inside the span,
    not the code of whoever reads it.
    """

    def recorded(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        begun = call.begin(args, kwargs)
        steps, kept = function(*args, **kwargs), Stream()
        step, passed = steps.send, None
        try:
            while True:
                with begun.inside():
                    try:
                        item = step(passed)
                    except StopIteration as end:
                        return end.value
                kept.add(item)
                try:
                    step, passed = steps.send, (yield item)
                except GeneratorExit:
                    with begun.inside():
                        steps.close()
                    raise
                except BaseException as error:
                    step, passed = steps.throw, error
        finally:
            begun.span.set_attribute(semconv.GEN_AI_TOOL_RESULT, kept.text())
            begun.span.end()

    return recorded


def _async_generator(function: Any, call: _Call) -> Callable[..., Any]:
    async def recorded(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        begun = call.begin(args, kwargs)
        steps, kept = function(*args, **kwargs), Stream()
        step, passed = steps.asend, None
        try:
            while True:
                with begun.inside():
                    try:
                        item = await step(passed)
                    except StopAsyncIteration:
                        return
                kept.add(item)
                try:
                    step, passed = steps.asend, (yield item)
                except GeneratorExit:
                    with begun.inside():
                        await steps.aclose()
                    raise
                except BaseException as error:
                    step, passed = steps.athrow, error
        finally:
            begun.span.set_attribute(semconv.GEN_AI_TOOL_RESULT, kept.text())
            begun.span.end()

    return recorded


def _tell(begun: Begun, result: Any) -> None:
    begun.span.set_attribute(semconv.GEN_AI_TOOL_RESULT, as_text(result))


def _name_of_owner(function: Any, signature: inspect.Signature | None) -> str:
    """Return the parameter that holds the object or class a method is called on; empty without."""
    qualified = getattr(function, "__qualname__", "").rpartition(".")[0]
    if signature is None or not qualified or qualified.endswith("<locals>"):
        return ""
    first = next(iter(signature.parameters), "")
    return first if first in {"self", "cls"} else ""
