"""Layers around one method of one object, which come and go in any order.

Two cells may run at once (a kernel's subshells), so what listens to the kernel's socket cannot
rely on being taken away in the order in which it was put there.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCK = threading.Lock()
_ABSENT = object()


class _Layers:
    """Stands in the method's place as the object's own attribute."""

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = owner
        self._name = name
        self._original = getattr(owner, name)
        self._was = vars(owner).get(name, _ABSENT)
        self._around: tuple[Callable[..., Any], ...] = ()  # never changed in place: no lock to call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._original
        for around in self._around:
            call = partial(around, call)
        return call(*args, **kwargs)

    def add(self, around: Callable[..., Any]) -> None:
        self._around = (*self._around, around)

    def remove(self, around: Callable[..., Any]) -> None:
        self._around = tuple(one for one in self._around if one is not around)
        # What somebody put over ours meanwhile stays, and goes on calling through ours.
        if self._around or vars(self._owner).get(self._name) is not self:
            return
        if self._was is _ABSENT:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._was)


def put(owner: Any, name: str, around: Callable[..., Any]) -> Callable[[], None]:
    """Call ``around(original, ...)`` in place of ``owner.name(...)``.

    Returns:
        What takes that away again; doing it twice is harmless.
    """

    def own(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return around(original, *args, **kwargs)  # an identity of its own, to be found by

    with _LOCK:
        layers = vars(owner).get(name)
        if not isinstance(layers, _Layers):
            layers = _Layers(owner, name)
            setattr(owner, name, layers)
        layers.add(own)

    def take_away() -> None:
        with _LOCK:
            layers.remove(own)

    return take_away
