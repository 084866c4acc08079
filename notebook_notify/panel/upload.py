"""The field for a file. What was chosen is kept in the kernel's memory, not in the widget."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify.errors import TargetError
from notebook_notify.panel import looks
from notebook_notify.panel.drafting import UPLOAD, uploaded
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.messages import Attachment
    from notebook_notify.panel.desk import Desk

#: Stands in the widget for the file that is kept here: the page shows how many it holds.
_STUB = {
    "name": "",
    "type": "",
    "size": 0,
    "content": memoryview(b""),
    "last_modified": datetime.fromtimestamp(0, UTC),
}


class Upload(widgets.FileUpload):
    """A file widget that notices when a page has connected anew.

    A page loses its connection over an upload that is too large, and asks for the state of all
    widgets when it has another: the one sign by which the kernel can tell that loss.

    Args:
        again: is called then.
    """

    def __init__(self, again: Callable[[], None]) -> None:
        super().__init__(multiple=False, icon="")  # an icon would be read out
        self._again = again

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """As of every widget; without a *key*, for a page that has just connected."""
        state = super().get_state(key=key, drop_defaults=drop_defaults)
        again = getattr(self, "_again", None)  # none yet: the widget is being made
        if key is None and again is not None:
            again()
        return state


class FileField:
    """A file that goes along.

    Args:
        desk: the panel's.
        changed: is called when it is another, or none.

    Attributes:
        file: what was chosen, or ``None``.
        upload: the widget.
        remove: the button that takes it away.
        told: what is said of it.
        box: all of them.
    """

    def __init__(self, desk: Desk, changed: Callable[[], None]) -> None:
        self._desk = desk
        self._changed = changed
        self._taking = True
        self.file: Attachment | None = None
        self.upload = self._new()
        self.remove = desk.button(
            ("移除文件", "Remove the file"), ("不附这个文件", "do not attach it"), self._drop
        )
        self.remove.layout.display = "none"
        self.told = widgets.HTML()
        self._row = widgets.HBox([self.upload, self.remove])
        self._row.add_class("nn-row")
        self.box = widgets.VBox([self._row, self.told])

    def _new(self) -> Upload:
        upload = self._desk.field(
            Upload(self._connected_again),
            ("添加文件", "Add a file"),
            ("图片或文件，随消息发出", "a picture or a file that goes along"),
        )
        self._desk.watch(upload, self._take)
        return upload

    def hold(self, file: Attachment | None) -> None:
        """Keep *file*, or none; the widget holds neither name nor content."""
        self.file = file
        self._taking = False
        try:
            self.upload.value = () if file is None else (_STUB,)
            self.upload.send_state("value")  # the page may think that it holds more
        finally:
            self._taking = True
        self.remove.layout.display = "none" if file is None else ""

    def show(self, taken: str) -> None:
        """Say which file it is, or what there could be; *taken*: what the target takes."""
        if self.file is not None:
            told = f"📎 {self.file.name} · {looks.size(len(self.file.data))}"
        else:
            most = looks.size(UPLOAD)
            told = say(
                f"一次上传最大 {most}（Jupyter 的限制）",
                f"one upload: at most {most} (Jupyter's limit)",
            )
            told = say("；", "; ").join(filter(None, (told, taken)))
        self.told.value = looks.hint(scrub(told))

    def _take(self) -> None:
        if not self._taking or not self.upload.value:
            return
        chosen = self.upload.value[0]
        if not chosen["size"]:
            self.hold(self.file)
            raise TargetError(say("这个文件是空的", "this file is empty"))
        self.hold(uploaded(str(chosen["name"]), bytes(chosen["content"])))
        self._changed()

    def _drop(self) -> None:
        self.hold(None)
        self.upload.focus()  # the button that had it is gone
        self._changed()

    def _connected_again(self) -> None:
        self._desk.run(lambda: None, lambda _: self._tell_lost())

    def _tell_lost(self) -> None:
        # The page waits for an answer to what was lost, and would send nothing more of this one.
        old, self.upload = self.upload, self._new()
        self._desk.forget(old)
        self._row.children = [self.upload, self.remove]
        old.close()
        self.hold(self.file)
        self._changed()
        most = looks.size(UPLOAD)
        self.told.value += looks.warning(
            say(
                f"页面刚才重新连接。如果正在上传文件，它没有到：超过 {most} 的上传会断开连接，"
                "请选小一些的文件。",
                "The page has just connected anew. A file that was being uploaded did not "
                f"arrive: more than {most} breaks the connection. Choose a smaller one.",
            )
        )
