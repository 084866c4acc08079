"""A notebook that nobody watches: ``python files.py nbclient|papermill|nbconvert``.

Each tool runs a notebook's file from first to last, as a scheduler does, and saves it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from common import PICTURE, Checks, Place, place

#: How each tool runs ``in.ipynb`` and saves ``out.ipynb``.
COMMANDS = {
    "nbclient": ["jupyter", "execute", "in.ipynb", "--output", "out"],
    "papermill": ["papermill", "in.ipynb", "out.ipynb", "-k", "python3"],
    "nbconvert": [
        *("jupyter", "nbconvert", "--execute", "--to", "notebook"),
        *("in.ipynb", "--output", "out"),
    ],
}
CELL = "%%notify_wechat --to ops --title nightly\nimport asyncio\nawait asyncio.sleep(0)\n"


def main(tool: str) -> None:
    """Check a notebook that works and one that fails."""
    with place() as (check, here):
        check_good(check, here, tool)
        check_failing(check, here, tool)
        check_auto(check, here, tool)


def check_good(check: Checks, here: Place, tool: str) -> None:
    """Outputs and message of a notebook that works."""
    with check("it runs to its end"):
        code, saved = run(tool, f"{CELL}print('printed')\n6 * 7", "_ + 1", f"{CELL}{PICTURE}")
        assert code == 0, saved
        first, second, third = outputs(saved)
        assert first["stream"] == "printed\n"
        assert (first["execute_result"], second["execute_result"]) == ("42", "43")
        assert first["display_data"].startswith("✓ sent ops")
        assert "Image" in third["display_data"]
    with check("the messages"):
        *texts, image = here.inbox.wait(3)
        first = str(texts[0]["content"])
        assert first.startswith("✅ Done · nightly · ")
        assert "Result\n42" in first
        assert first.endswith("Output\nprinted")
        assert image["msgtype"] == "image"
    with check("the panel's place"):
        code, saved = run(tool, "%notify_panel en")
        assert code == 0
        assert "The panel of notebook_notify" in outputs(saved)[0]["display_data"]
    with check("no secret in the saved notebook"):
        here.unseen(saved)


def check_failing(check: Checks, here: Place, tool: str) -> None:
    """It stops at the cell that fails, once the message is out."""
    with check("a failure stops it"):
        code, saved = run(tool, f"{CELL}1/0", "open('ran', 'w').close()", keeps=False)
        assert code != 0
        assert not Path("ran").exists()
        assert "ZeroDivisionError: division by zero" in saved, saved
    with check("the failure's message"):
        text = here.inbox.text()
        assert text.startswith("❌ Failed · nightly · ")
        assert "line 4" in text
    with check("no secret in what it printed"):
        here.unseen(saved)


def check_auto(check: Checks, here: Place, tool: str) -> None:
    """The last message goes out though the kernel is shut down at once."""
    with check("%notify_auto at the end"):
        code, _ = run(tool, "%notify_auto --to ops --title report", "print('one')", "print('two')")
        assert code == 0
        text = here.inbox.text()
        assert text.startswith("✅ Done · report · 2 cells · ")
        assert text.endswith("Output\ntwo")


def run(tool: str, *sources: str, keeps: bool = True) -> tuple[int, str]:
    """Run cells after ``%load_ext``; the exit code, and what is saved, or else what is printed."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(("%load_ext notebook_notify", *sources))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}}
    Path("in.ipynb").write_text(json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5}))
    saved = Path("out.ipynb")
    saved.unlink(missing_ok=True)
    ran = subprocess.run(COMMANDS[tool], capture_output=True, text=True, timeout=120, check=False)
    printed = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout + ran.stderr)
    return ran.returncode, saved.read_text("utf-8") if keeps and saved.exists() else printed


def outputs(saved: str) -> list[dict[str, str]]:
    """Of each of our cells the text of its outputs, by their kind."""
    code = [one for one in json.loads(saved)["cells"] if one["cell_type"] == "code"]
    cells = code[1:]
    texts: list[dict[str, str]] = []
    for cell in cells:
        said: dict[str, str] = {}
        for one in cell["outputs"]:
            text = one.get("text") or one.get("data", {}).get("text/plain", "")
            said[one["output_type"]] = said.get(one["output_type"], "") + "".join(text)
        texts.append(said)
    return texts


if __name__ == "__main__":
    main(sys.argv[1])
