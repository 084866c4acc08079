"""What is tried: an environment, and what runs in it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: Colab's own, as it publishes them (googlecolab/backend-info, August 2026).
_COLAB = (
    *("ipython==7.34.0", "ipykernel==6.17.1", "ipywidgets==7.7.1", "jupyter_client==7.4.9"),
    *("jupyter_core==5.9.1", "traitlets==5.7.1", "pyzmq==26.2.1", "tornado==6.5.7"),
    *("notebook==6.5.7", "requests==2.32.4", "urllib3==2.5.0", "tomlkit==0.14.0"),
    *("platformdirs==4.11.3", "certifi==2026.7.22", "decorator==4.4.2", "nbconvert==7.17.1"),
)


@dataclass(frozen=True)
class Entry:
    """One line of the matrix.

    Attributes:
        name: what it is asked for by.
        program: the module of ``inside/`` that is run, and its arguments.
        needs: what is installed beside the package.
        about: the packages whose versions are told.
        python: ``3.13``; ``None`` is the one that runs the matrix.
        extras: of the package.
        oldest: whether all that the package requires is the oldest that it allows.
        commands: programs of the machine without which it cannot run.
    """

    name: str
    program: tuple[str, ...]
    needs: tuple[str, ...] = ("ipykernel",)
    about: tuple[str, ...] = ("ipython", "ipykernel")
    python: str | None = None
    extras: tuple[str, ...] = ()
    oldest: bool = False
    commands: tuple[str, ...] = ()


def floors(pyproject: Path) -> list[str]:
    """What the package requires, each at the oldest version that it allows."""
    required = tomllib.loads(pyproject.read_text("utf-8"))["project"]["dependencies"]
    return [re.sub(r">=([\d.]+)$", r"==\1", one) for one in required]


_KERNEL = ("kernel",)
_BROWSER = ("pytest", "playwright", "nbformat")
_ALL = (
    Entry(
        "oldest",
        _KERNEL,
        ("ipykernel==6.17.1", "jupyter_client==7.4.9", "notebook==6.5.7", "jupyter_core==5.9.1"),
        ("ipython", "ipykernel", "ipywidgets", "requests"),
        python="3.11",
        oldest=True,
    ),
    *(
        Entry(f"python{version}", _KERNEL, ("ipykernel", "matplotlib"), python=version)
        for version in ("3.11", "3.12", "3.13", "3.14", "3.15")
    ),
    Entry("ipython8", _KERNEL, ("ipython<9", "ipykernel<7")),
    Entry(
        "colab",
        ("kernel", "colab"),
        _COLAB,
        ("ipython", "ipykernel", "ipywidgets", "jupyter_client"),
        python="3.13",
    ),
    Entry("vscode", ("kernel", "vscode")),
    Entry("nbclient", ("files", "nbclient"), ("ipykernel", "nbclient"), ("nbclient", "ipykernel")),
    Entry(
        "papermill", ("files", "papermill"), ("ipykernel", "papermill"), ("papermill", "nbclient")
    ),
    Entry(
        "nbconvert", ("files", "nbconvert"), ("ipykernel", "nbconvert"), ("nbconvert", "nbclient")
    ),
    Entry("terminal", ("terminals", "ipython"), ("pexpect",), ("ipython",)),
    Entry(
        "console", ("terminals", "console"), ("jupyter-console", "pexpect"), ("jupyter-console",)
    ),
    Entry(
        "lab",
        ("pages", "lab"),
        _BROWSER,
        ("jupyterlab", "ipywidgets"),
        None,
        ("lab",),
        commands=("chromium",),
    ),
    Entry(
        "notebook",
        ("pages", "notebook"),
        ("notebook>=7", *_BROWSER),
        ("notebook", "ipywidgets"),
        commands=("chromium",),
    ),
    Entry(
        "voila",
        ("pages", "voila"),
        _BROWSER,
        ("voila", "ipywidgets"),
        None,
        ("voila",),
        commands=("chromium",),
    ),
    Entry("ipyparallel", ("engines",), ("ipykernel", "ipyparallel"), ("ipyparallel", "ipykernel")),
    Entry("dask", ("dask_workers",), ("distributed",), ("distributed",)),
)
#: By their names.
ENTRIES = {one.name: one for one in _ALL}
