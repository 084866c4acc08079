"""One thing at a time that takes the network: what is busy, and what is said meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from notebook_notify.panel import looks

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import ipywidgets as widgets

    from notebook_notify.panel.desk import Desk

_T = TypeVar("_T")


class Work:
    """What goes on in one tab; a second click meanwhile does nothing.

    Args:
        desk: the panel's.

    Attributes:
        busy: whether something goes on.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.busy = False

    def run(
        self,
        button: widgets.Button,
        told: widgets.HTML,
        doing: str,
        job: Callable[[], _T],
        then: Callable[[Future[_T]], None],
    ) -> None:
        """Run *job* off the kernel's threads, then *then* with what became of it.

        Args:
            button: what was clicked; not disabled, which would take the keyboard away from it.
            told: where *doing* is said meanwhile.
            doing: what goes on.
            job: what takes time.
            then: is called on the kernel's thread.
        """
        if self.busy:
            return
        self.busy = True
        self._desk.show(None)
        button.add_class("nn-busy")
        told.value = looks.status(doing)

        def done(future: Future[_T]) -> None:
            self.busy = False
            button.remove_class("nn-busy")
            told.value = looks.status("")
            then(future)

        self._desk.run(job, done)
