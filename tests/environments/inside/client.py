"""A kernel, seen as a front end sees it; with any version of jupyter_client from 6.1 on."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from jupyter_client import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable

_OUTPUTS = {"stream", "display_data", "execute_result", "error"}


@dataclass
class Shown:
    """What a cell showed: the messages of the kernel that a front end draws."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: str = ""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The contents of all messages of a kind."""
        return [content for one, content in self.messages if one == kind]

    @property
    def text(self) -> str:
        """What was printed."""
        return "".join(one["text"] for one in self.of("stream"))

    @property
    def plain(self) -> list[str]:
        """The displays, as a front end draws them that knows neither HTML nor widgets."""
        return [one["data"].get("text/plain", "") for one in self.of("display_data")]

    @property
    def traceback(self) -> str:
        """The one error that is shown, without colours."""
        (error,) = self.of("error")
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))


class Kernel:
    """A kernel of this environment, which runs one cell after the other."""

    def __init__(self, **environment: str) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._environment = {**os.environ, **environment}
        self.said: list[str] = []

    def __enter__(self) -> Self:
        self._manager.start_kernel(env=self._environment)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(
        self,
        source: str,
        heard: tuple[str, Callable[[], None]] | None = None,
        *,
        silent: bool = False,
        ends: bool = True,
    ) -> Shown:
        """Run a cell.

        Args:
            source: its code.
            heard: a text, and what is done as soon as the cell has printed it.
            silent: as front ends do in the background.
            ends: whether to wait for its end; else for *heard*.
        """
        asked = self._client.execute(source, silent=silent, store_history=not silent)
        shown = Shown()
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            self.said.append(json.dumps(message["content"], ensure_ascii=False))
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind in _OUTPUTS:
                shown.messages.append((kind, content))
            if heard is not None and heard[0] in shown.text:
                heard[1]()
                heard = None
                if not ends:
                    return shown
        assert heard is None, f"{source!r} was to print {heard}; it showed {shown.messages}"
        while True:
            reply = self._client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == asked:
                shown.status = reply["content"]["status"]
                return shown
