"""The package from outside: what an import costs, what it offers, what a wheel holds."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys
import textwrap
import zipfile
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
    """Every name that is offered exists, stands in order, and is all that ``dir`` adds."""
    assert notebook_notify.__all__ == sorted(notebook_notify.__all__)
    for name in notebook_notify.__all__:
        assert getattr(notebook_notify, name).__doc__
    assert set(notebook_notify.__all__) <= set(dir(notebook_notify))
    assert set(notebook_notify._HOMES) == set(notebook_notify.__all__)
    assert {"Target", "Text", "notify", "send"} <= set(notebook_notify.__all__)


def test_a_name_that_is_not_there():
    """A wrong name is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="no attribute 'sned'"):
        notebook_notify.sned  # noqa: B018


def test_every_module_can_be_imported_first():
    """No module needs another to have been imported before it: there are no cycles."""
    names = [
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in ROOT.rglob("*.py")
        if path.name != "__main__.py"
    ]
    python(f"""
        import importlib, sys
        for name in {names!r}:
            importlib.import_module(name)
            for loaded in [one for one in sys.modules if one.partition(".")[0] == "notebook_notify"]:
                del sys.modules[loaded]
    """)


def test_typed():
    """The package says that it is typed."""
    assert (ROOT / "py.typed").exists()


def test_metadata():
    """The installed version and licence can be asked for."""
    about = importlib.metadata.metadata("notebook-notify")
    assert about["Version"]
    assert about["License-Expression"] == "MIT"
    assert about["Requires-Python"] == ">=3.11"


def test_the_wheel_is_complete(tmp_path):
    """What is built holds every file of the package, the sandbox's page among them, and no test."""
    if importlib.util.find_spec("hatchling"):  # no download
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    else:
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "-w",
            str(tmp_path),
            ".",
        ]
    subprocess.run(command, cwd=SOURCE, check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    source = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "notebook_notify").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"notebook_notify/sandbox/page.css", "notebook_notify/sandbox/page.js"} <= source
    assert {name for name in names if ".dist-info/" not in name} == source
