"""The package from outside: what an import costs, and what it offers."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import inspect
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

import notebook_notify

ROOT = Path(notebook_notify.__file__).parent
SOURCE = Path(__file__).parents[1]


def python(code):
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_is_cheap():
    """``import notebook_notify`` loads neither requests nor IPython nor ipywidgets."""
    loaded = python("""
        import sys
        import notebook_notify
        heavy = {"requests", "urllib3", "IPython", "ipykernel", "ipywidgets", "traitlets", "tomlkit"}
        print(sorted(heavy & set(sys.modules)))
    """)
    assert loaded == "[]"


def test_a_script_needs_no_ipython():
    """``notify`` and ``send`` work where IPython cannot be imported."""
    said = python("""
        import sys
        for name in ("IPython", "ipykernel", "ipywidgets", "traitlets"):
            sys.modules[name] = None
        from notebook_notify import notify, send, sender
        from notebook_notify.sandbox import Sandbox
        with Sandbox() as box:
            sender.TARGETS.use_sandbox(box.targets)
            assert send("a", to="sandbox-wecom_chat")
            with notify("job", to="sandbox-wecom_chat") as told:
                pass
            print(len(box.inbox), told.report.ok)
    """)
    assert said == "2 True"


def test_load_ext_is_cheap():
    """``%load_ext notebook_notify`` loads neither requests nor ipywidgets."""
    loaded = python("""
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        before = set(sys.modules)
        shell.run_line_magic("load_ext", "notebook_notify")
        assert "notify_wechat" in shell.magics_manager.magics["cell"]
        print(sorted({"requests", "urllib3", "ipywidgets", "tomlkit"} & (set(sys.modules) - before)))
    """)
    assert loaded == "[]"


def test_all():
    """Every name that is offered exists, is documented, and is shown by ``dir``, once."""
    assert notebook_notify.__all__ == sorted(notebook_notify.__all__)
    for name in notebook_notify.__all__:
        assert getattr(notebook_notify, name).__doc__
    shown = dir(notebook_notify)  # after they were asked for
    assert {*notebook_notify.__all__, "__version__"} <= set(shown)
    assert len(shown) == len(set(shown))
    assert set(notebook_notify._HOMES) == set(notebook_notify.__all__)


def gives(public):
    """The annotations of what a function returns, or of what a class's fields and methods give."""
    if not inspect.isclass(public):
        yield public.__annotations__["return"]
        return
    if dataclasses.is_dataclass(public):
        yield from (one.type for one in dataclasses.fields(public) if one.repr)
    for name, one in vars(public).items():
        function = getattr(one, "fget", getattr(one, "__func__", one))
        if not name.startswith("_") and inspect.isfunction(function):
            yield function.__annotations__["return"]


def test_what_users_get_has_a_public_name():
    """Whatever a public function, method or attribute gives is of a class that is offered, too."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    classes = set(re.findall(r"^class (\w+)", code, re.MULTILINE))
    given = set()
    for name in notebook_notify.__all__:
        for annotation in gives(getattr(notebook_notify, name)):
            given |= classes & set(re.findall(r"\w+", annotation))
    assert {"Advice", "Chat", "Member", "SendResult"} <= given
    assert given <= set(notebook_notify.__all__)


def test_the_version_has_one_source():
    """``__version__`` is what pip shows, and what pyproject.toml alone says."""
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert notebook_notify.__version__ == importlib.metadata.version("notebook-notify")
    assert notebook_notify.__version__ == project["version"]


def test_a_name_that_is_not_there():
    """A wrong name is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="no attribute 'sned'"):
        notebook_notify.sned  # noqa: B018


def test_every_module_can_be_imported():
    """Each is imported without an error; none needs another before it: test_circles.py."""
    names = [
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in ROOT.rglob("*.py")
        if path.name != "__main__.py"
    ]
    python(f"""
        import importlib
        for name in {names!r}:
            importlib.import_module(name)
    """)


def test_the_newest_change_is_of_this_version():
    """Whoever raises the version says what it brings."""
    told = (ROOT / "CHANGES.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)$", told, re.MULTILINE)
    assert versions[0] == notebook_notify.__version__
