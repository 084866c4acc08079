"""Every place where a notebook runs: ``python tests/environments/run.py [NAME ...]``.

Each entry of ``entries.py`` has an environment of its own, made afresh: the package is built,
installed with what the entry names, and a program of ``inside/`` runs in it what a user would
run, against the sandbox on 127.0.0.1. The table says what held; the exit code is 1 if anything
did not, or if an entry that was named cannot be had. Of a Python that is not on this machine the
entry is left out, unless it was named; ``--python PATH`` brings another.

It needs nothing but Python: in a chroot with a newer one it runs as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from entries import ENTRIES, Entry, floors

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: What the environment of the programs is without: settings of ours, of Jupyter, of this Python.
_WITHOUT = ("NOTEBOOK_NOTIFY_", "JPY_", "JUPYTER", "IPYTHON", "PYTHON", "COLAB_", "VIRTUAL_ENV")
#: The longest that a program may take, in seconds.
TIMEOUT = 600
_MARK = "CHECK "


@dataclass
class Outcome:
    """What became of an entry.

    Attributes:
        entry: which.
        versions: of what it is about.
        held: how many checks held.
        failed: the others, with why.
        seconds: what its environment took, and its program.
        absent: why it did not run.
    """

    entry: Entry
    versions: str = ""
    held: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    seconds: tuple[float, float] = (0.0, 0.0)
    absent: str = ""

    @property
    def good(self) -> bool:
        """Whether there were checks, and all held."""
        return bool(self.held) and not self.failed

    def row(self) -> tuple[str, ...]:
        """Its line in the table."""
        if self.absent:
            return (self.entry.name, self.absent, "not run", "")
        checks = f"{self.held} of {self.held + len(self.failed)}"
        return (
            self.entry.name,
            self.versions,
            checks,
            " + ".join(f"{s:.0f}" for s in self.seconds),
        )


def main() -> int:
    """Run what is named, or everything that can be had here."""
    parser = argparse.ArgumentParser(description="Try notebook_notify wherever notebooks run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENTRIES))
    parser.add_argument("--python", action="append", default=[], help="a Python to be used too")
    parser.add_argument("--cache", type=Path, help="a folder that keeps the environments")
    given = parser.parse_args()
    if unknown := set(given.names) - set(ENTRIES):
        parser.error(f"no entry {', '.join(sorted(unknown))}; there are {', '.join(ENTRIES)}")
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="environments-") as folder:
        wheel = build(Path(folder))
        for name in given.names or ENTRIES:
            outcome = Outcome(ENTRIES[name])
            outcomes.append(outcome)
            try:
                run(outcome, wheel, given, Path(folder))
            except (subprocess.SubprocessError, OSError) as error:
                said = getattr(error, "stderr", None) or ""
                outcome.failed.append(("its environment", f"{error}\n{said[-2000:]}"))
            for check, why in outcome.failed:
                print(f"{name}: {check}: {why.strip()}\n", file=sys.stderr)
            print("  ".join(outcome.row()), file=sys.stderr, flush=True)
    print(draw([("entry", "with", "checks", "seconds"), *(one.row() for one in outcomes)]))
    wanted = [one for one in outcomes if not one.absent or given.names]
    good = [one for one in wanted if one.good]
    print(f"\n{len(good)} passed, {len(wanted) - len(good)} failed")
    return 0 if good and len(good) == len(wanted) else 1


def run(outcome: Outcome, wheel: Path, given: argparse.Namespace, folder: Path) -> None:
    """Make an entry's environment, and run its program there."""
    entry = outcome.entry
    python = find_python(entry.python, given.python)
    missing = [one for one in entry.commands if shutil.which(one) is None]
    if python is None or missing:
        outcome.absent = f"no {', '.join(missing) or 'Python ' + (entry.python or '')} here"
        return
    began = time.monotonic()
    home = folder / entry.name
    home.mkdir()
    environment = clean_environment(home)
    bin_folder = install(entry, python, wheel, given.cache or folder / "venvs")
    environment["PATH"] = f"{bin_folder}{os.pathsep}{environment['PATH']}"
    installed = time.monotonic()
    outcome.versions = versions(bin_folder / "python", entry)
    ran = subprocess.run(
        [bin_folder / "python", HERE / "inside" / f"{entry.program[0]}.py", *entry.program[1:]],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    outcome.seconds = (installed - began, time.monotonic() - installed)
    for line in ran.stdout.splitlines():
        if line.startswith(_MARK):
            name, why = json.loads(line.removeprefix(_MARK))
            if why:
                outcome.failed.append((name, why))
            else:
                outcome.held += 1
    if ran.returncode and not outcome.failed:
        outcome.failed.append(("the program", f"exit code {ran.returncode}\n{ran.stderr[-3000:]}"))


def build(folder: Path) -> Path:
    """The package's wheel."""
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT]
    subprocess.run(pip, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(entry: Entry, python: str, wheel: Path, folder: Path) -> Path:
    """An environment with the package and what the entry names; gives its folder of programs."""
    needs = [*entry.needs, *(floors(ROOT / "pyproject.toml") if entry.oldest else ())]
    made_of = hashlib.sha256(json.dumps([python, needs]).encode()).hexdigest()[:8]
    venv = folder / f"{entry.name}-{made_of}"
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    package = f"{wheel}[{','.join(entry.extras)}]" if entry.extras else str(wheel)
    # Most of what is installed is never imported: to compile it all takes longer than the rest.
    quick = ("-q", "--no-compile", "--disable-pip-version-check")
    pip = [programs / "python", "-m", "pip", "install", *quick]
    if not (venv / "made").exists():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([python, "-m", "venv", venv], check=True, capture_output=True, text=True)
        subprocess.run([*pip, package, *needs], check=True, capture_output=True, text=True)
        (venv / "made").touch()
    again = [*pip, "--no-deps", "--force-reinstall", wheel]  # of a kept one the package is older
    subprocess.run(again, check=True, capture_output=True, text=True)
    return programs


def find_python(version: str | None, given: list[str]) -> str | None:
    """A Python of that version, ``3.13``; this one if it may be any."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if version is None or (version == here and not given):
        return sys.executable
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    on_path = shutil.which(f"python{version}")
    for one in (*given, *map(str, reversed(kept)), on_path):
        if one is not None and version_of(one) == version:
            return one
    return sys.executable if version == here else None


def version_of(python: str) -> str:
    """``3.13``; empty if that is no Python that runs."""
    said = subprocess.run([python, "-V"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"Python (\d+\.\d+)", said)
    return found[1] if found else ""


def versions(python: Path, entry: Entry) -> str:
    """Python's version, and of what the entry is about."""
    code = (
        "import platform, sys; from importlib.metadata import version;"
        "print(', '.join(['Python ' + platform.python_version(),"
        " *(f'{name} {version(name)}' for name in sys.argv[1:])]))"
    )
    command = [python, "-c", code, *entry.about]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def clean_environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the machine's settings is seen."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_WITHOUT) and not name.lower().endswith("_proxy")
    }
    ours = {"CONFIG": "notebook_notify.toml", "STATE": "state"}
    return kept | {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "NOTEBOOK_NOTIFY_LANGUAGE": "en",
        **{f"NOTEBOOK_NOTIFY_{name}": str(home / path) for name, path in ours.items()},
    }


def draw(rows: list[tuple[str, ...]]) -> str:
    """Rows as a Markdown table; the first is its head."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
