"""The part of the Set-up tab that makes the group which is not there yet."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify.errors import NotifyError, PlatformError
from notebook_notify.grouping import dingtalk_app, user_ids, wecom_app
from notebook_notify.notebook.asking import words
from notebook_notify.panel import looks
from notebook_notify.panel.setup_people import People
from notebook_notify.panel.setup_words import at_fault
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from notebook_notify.admin import Chat
    from notebook_notify.panel.desk import Desk
    from notebook_notify.panel.setup_work import Work

#: What the members' field says, and where to find them.
_USERS = {
    "wecom": (
        ("群成员的账号", "Members' accounts"),
        (
            "管理后台 → 通讯录 → 成员 → 账号；逗号分隔，至少 2 人",
            "admin console → Contacts (通讯录) → member → account (账号); with commas, at least 2",
        ),
    ),
    "dingtalk": (
        ("其他成员", "Other members"),
        (
            "手机号或 UserID，逗号分隔；也可以列出成员来勾选",
            "mobile numbers or user ids, with commas; or list people and tick them",
        ),
    ),
}


class GroupForm:
    """Name, members and owner of a group that is made.

    Args:
        desk: the panel's.
        work: what goes on in its tab.
        platform: ``wecom`` or ``dingtalk``.
        fields: gives the application's credential, or ``None`` if it lacks something.
        made: is given the group.
        blame: says an error beside a field of the target; whether it is about one.

    Attributes:
        name: what the group is called.
        people: the list to tick; ``None`` at WeCom, where an application cannot look people up.
        users: who else is in it.
        owner: one of them.
        create: the button.
        box: all of them.
    """

    def __init__(
        self,
        desk: Desk,
        work: Work,
        platform: str,
        fields: Callable[[], Mapping[str, Any] | None],
        made: Callable[[Chat], None],
        blame: Callable[[NotifyError], bool],
    ) -> None:
        self._work, self._platform = work, platform
        self._fields, self._made, self._blame = fields, made, blame
        self._filling = False
        self._away: tuple[str, str, str | None] | None = None
        # Kept for another try: a WeCom group that was made after all is then found.
        self._id = token_hex(16)
        self._label, where = _USERS[platform]
        self._head = widgets.HTML()
        desk.word(
            self._head,
            "value",
            looks.heading("还没有群？在这里建"),
            looks.heading("No group yet? Make one"),
        )
        self.name = desk.field(
            widgets.Text(),
            ("群名称", "Name of the group"),
            ("新群的名称", "what the new group is called"),
        )
        self.users = desk.field(widgets.Text(), self._label, where)
        self._hint = widgets.HTML()
        desk.word(self._hint, "value", *map(looks.hint, where))
        self.owner = desk.field(
            widgets.Dropdown(),
            ("群主", "Owner"),
            ("成员之一", "one of the members"),
        )
        self.people = (
            People(desk, work, self._app, self._offer, self._failed)
            if platform == "dingtalk"
            else None
        )
        self.create = desk.button(
            ("建群", "Make the group"),
            ("在平台上建这个群；不发消息", "have the platform make this group; no message is sent"),
            self._on_create,
        )
        self.told = widgets.HTML(looks.status(""))
        self._wrong = {name: widgets.HTML() for name in ("name", "users", "owner", "")}
        desk.watch(self.users, self._offer)
        listed = [self.people.box] if self.people else []
        row = widgets.HBox([self.create])
        row.add_class("nn-row")
        columns = widgets.HBox(
            [
                widgets.VBox([self.name, self._wrong["name"], *listed]),
                widgets.VBox(
                    [
                        *(self.users, self._wrong["users"], self._hint),
                        *(self.owner, self._wrong["owner"], row),
                    ]
                ),
            ]
        )
        columns.add_class("nn-columns")
        self.box = widgets.VBox([self._head, columns, self._wrong[""], self.told])

    # ── coming and going ─────────────────────────────────────────────────────────────────────

    def show(self) -> None:
        """Its reader looks: what was filled in is there again."""
        if self.people is not None:
            self.people.show()
        if self._away is not None:
            self.name.value, self.users.value, owner = self._away
            self._away = None
            self._offer()
            if owner in self._members():
                self.owner.value = owner

    def leave(self) -> None:
        """Its reader looks elsewhere: names and ids are in the kernel's memory alone."""
        if self._away is None:
            self._away = (self.name.value, self.users.value, self.owner.value)
        if self.people is not None:
            self.people.leave()
        self._empty()

    def forget(self) -> None:
        """Know nothing of people any more."""
        self._id, self._away = token_hex(16), None
        if self.people is not None:
            self.people.forget()
        self._empty()

    def _empty(self) -> None:
        self._filling = True
        try:
            self.name.value = self.users.value = ""
            self.owner.options = []
        finally:
            self._filling = False
        self._clear()

    # ── who is in it ─────────────────────────────────────────────────────────────────────────

    def _members(self) -> dict[str, str]:
        """What is shown of each, by what stands for them."""
        ticked = self.people.ticked if self.people is not None else {}
        typed = {one: one for one in words(self.users.value)}
        return {**{key: f"{name} · {key}" for key, name in ticked.items()}, **typed}

    def _offer(self) -> None:
        """Offer the members as owners."""
        if self._filling:
            return
        chosen = self.owner.value
        members = self._members()
        self.owner.options = [(shown, key) for key, shown in members.items()]
        self.owner.value = chosen if chosen in members else next(iter(members), None)

    # ── making it ────────────────────────────────────────────────────────────────────────────

    def _app(self) -> Any:
        self._clear()
        fields = self._fields()
        if fields is None:
            raise NotifyError(say("先更正上面标出的地方", "first correct what is marked above"))
        return dingtalk_app(fields) if self._platform == "dingtalk" else wecom_app(fields)

    def _on_create(self) -> None:
        if self._work.busy:
            return
        try:
            app = self._app()
        except NotifyError as error:
            self._failed(error)
            return
        name, members = self.name.value.strip(), list(self._members())
        if not name:
            self._say("name", say("必填：新群的名称", "needed: what the group is called"))
        if not members:
            self._say("users", say("必填：", "needed: ") + say(*self._label))
        if not name or not members:
            return
        owner, kept = self.owner.value or members[0], self._id

        def create() -> Chat:
            made: Chat
            if self._platform == "wecom":
                made = app.create_chat(name, owner, members, kept)
            else:
                (head,) = user_ids(app, [owner])
                made = app.create_chat(name, head, user_ids(app, members))
            return made

        def created(done: Future[Chat]) -> None:
            try:
                chat = done.result()
            except NotifyError as error:
                self._failed(error)
                return
            self.forget()
            self._made(chat)

        self._work.run(
            self.create, self.told, say("正在建群…", "Making the group…"), create, created
        )

    def _failed(self, error: Exception) -> None:
        """Say *error* beside what it is about."""
        if not isinstance(error, NotifyError):
            raise error
        name = ""
        if isinstance(error, PlatformError):
            name = at_fault(self._platform, error.result.code) or ""
        if name in self._wrong and name:
            self._say(name, str(error))
        elif not self._blame(error):
            self._say("", str(error))

    def _say(self, name: str, why: str) -> None:
        self._wrong[name].value = looks.alert(f"<b>✗</b> {looks.escape(scrub(why))}")

    def _clear(self) -> None:
        for one in self._wrong.values():
            one.value = ""
