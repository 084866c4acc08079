"""Functions that take secrets, and what a traceback may show of them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")


def shielded(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """*function*, whose arguments no traceback shows: some tools print what frames hold."""

    @wraps(function)
    def inner(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again below
            problem = error.with_traceback(None)
            problem.__cause__ = None
        del args, kwargs
        # Outside of the block, which would give it a context; what it had holds frames as well.
        problem.__context__ = None
        try:
            raise problem
        finally:
            del problem

    return inner
