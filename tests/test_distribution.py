"""What is handed out: built without network, checked, and installed beside nothing but its needs."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email.parser import HeaderParser
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

SOURCE = Path(__file__).parents[1]
#: What running leaves behind.
LEFT = {"__pycache__", ".ipynb_checkpoints"}


def run(*command, cwd=None, **more):
    """What a command prints; it must end well within 100 s."""
    done = subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        **more,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(*folders):
    """The files in these folders of the source, as they are called from its root."""
    found = (path for folder in folders for path in (SOURCE / folder).rglob("*"))
    return {
        path.relative_to(SOURCE).as_posix()
        for path in found
        if path.is_file() and not LEFT & set(path.parts)
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist, and the wheel that was built from it alone."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, SOURCE)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def needs(name, known):
    """The names of all installed distributions that *name* cannot do without, itself not among them."""
    for text in distribution(name).requires or ():
        one = Requirement(text)
        key = re.sub("[-_.]+", "-", one.name).lower()
        if key not in known and (one.marker is None or one.marker.evaluate({"extra": ""})):
            known.add(key)
            needs(key, known)
    return known


@pytest.fixture(scope="module")
def fresh(built, tmp_path_factory):
    """The Python of a new environment: the wheel, what it says that it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", built[1])
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for name in needs("notebook-notify", set()):
        one = distribution(name)
        for top in {file.parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(one.locate_file(top))))
    return python


def test_the_wheel_is_complete(built):
    """It holds every file of the package, the licence, the mark that it is typed, and no test."""
    with zipfile.ZipFile(built[1]) as file:
        names = set(file.namelist())
    packed = {name for name in names if ".dist-info/" not in name}
    assert {"notebook_notify/py.typed", "notebook_notify/sandbox/page.css"} <= packed
    assert packed == files("notebook_notify")
    (licence,) = [name for name in names if name.endswith("/licenses/LICENSE")]
    with zipfile.ZipFile(built[1]) as file:
        assert file.read(licence) == (SOURCE / "LICENSE").read_bytes()


def test_the_sdist_holds_its_tests(built):
    """Whoever packs it for others can run what CI runs: tests, notebooks and settings are in it."""
    with tarfile.open(built[0]) as file:
        packed = {member.name.partition("/")[2] for member in file if member.isfile()}
    own = {"LICENSE", "README.md", "pyproject.toml"}
    assert own | files(".ci", "notebook_notify", "notebooks", "tests") <= packed
    assert {name for name in packed if "/" not in name} <= {*own, ".gitignore", "PKG-INFO"}


def test_an_index_would_take_it(built):
    """``twine check`` finds nothing, README's rendering included."""
    said = run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *built)
    assert said.count("PASSED") == 2


def test_what_it_says_of_itself(built):
    """The wheel names its licence by SPDX, the oldest Python, and that it is for IPython."""
    with zipfile.ZipFile(built[1]) as file:
        (name,) = [one for one in file.namelist() if one.endswith(".dist-info/METADATA")]
        about = HeaderParser().parsestr(file.read(name).decode())
    assert about["License-Expression"] == "MIT"
    assert about["License-File"] == "LICENSE"
    assert about["Requires-Python"] == ">=3.11"
    assert {"Framework :: IPython", "Typing :: Typed"} <= set(about.get_all("Classifier"))


def test_the_environment_is_whole(fresh):
    """What the wheel requires is enough for pip, and there is nothing that only tests use."""
    said = run(sys.executable, "-m", "pip", "--python", fresh, "check")
    assert "No broken requirements" in said
    run(
        fresh,
        "-c",
        "import importlib.util as u\n"
        "assert not any(map(u.find_spec, ['pytest', 'PIL', 'keyring', 'redis', 'ipykernel']))\n"
        "import notebook_notify\n"
        "assert 'site-packages' in notebook_notify.__file__\n"
        "assert notebook_notify.__version__\n"
        "from notebook_notify import *\n",
        cwd=fresh.parent,
    )
    assert "COMMAND" in run(fresh, "-m", "notebook_notify", "--help", cwd=fresh.parent)


def test_the_notebook_part_loads(fresh):
    """IPython loads the extension there, and a cell's output arrives in the sandbox."""
    said = run(
        fresh,
        "-m",
        "IPython",
        "--no-banner",
        "--colors=nocolor",
        "-c",
        "%load_ext notebook_notify\n"
        "%notify_sandbox\n"
        "get_ipython().run_cell('%%notify_wechat --title wheel\\n6 * 7')\n"
        "%notify_inbox\n",
        cwd=fresh.parent,
    )
    assert "✓ sent sandbox-wecom_chat" in said
    assert "✅ Done · wheel" in said


def test_a_message_leaves_from_there(fresh, sandbox, save):
    """The command sends to a saved target, with what is installed there alone."""
    said = run(fresh, "-m", "notebook_notify", "send", "-t", "ops", "hello", cwd=fresh.parent)
    assert said.startswith("✓ sent ops")
    assert [message["content"] for message in sandbox.inbox] == ["hello"]
