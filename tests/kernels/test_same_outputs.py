"""A notebook shows the same with the magic line as without it, but for our box."""

from __future__ import annotations

import re

CORPUS = [
    "x = 1",
    "x + 1",
    "print('one'); print('two')",
    "import sys; print('err', file=sys.stderr); print('out')",
    "1; 2; 3;",
    "None",
    "x = [n for n in range(5)]\nx",
    "def f(a):\n    return a * 2\nf(21)",
    "    indented = 1\n    indented",
    ">>> doctest = 3\n>>> doctest",
    "!echo shell",
    "out = !echo captured\nout",
    "%time 1 + 1",
    "%%time\nsum(range(10))",
    "%%capture caught\nprint('hidden')",
    "caught.stdout",
    "%%timeit -n1 -r1\npass",
    "%%bash\necho from bash",
    "%%writefile /dev/null\ntext",
    "%%html\n<b>bold</b>",
    "%pwd\n5",
    "%who_ls str",
    "?len",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2, 3])",
    "fig, ax = plt.subplots(); ax.plot([3, 1]); plt.show()\nprint('after')",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', '中文']})",
    "from IPython.display import *\ndisplay(HTML('<i>x</i>'), Markdown('**y**'))",
    "h = display('a', display_id='fixed')\nh.update('b')\nprint('c')",
    "print('gone'); clear_output(); print('kept')",
    "print('gone'); clear_output(wait=True); print('kept')",
    "from tqdm import tqdm\nfor _ in tqdm(range(3), bar_format='{n_fmt}/{total_fmt}'): pass",
    "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "async def g():\n    yield 1\n    yield 2\n[n async for n in g()]",
    "import threading\nt = threading.Thread(target=lambda: print('thread')); t.start(); t.join()",
    # With a pause: the kernel reads descriptors on a thread, and the value may come before.
    "import os, time\nos.write(1, b'descriptor\\n'); time.sleep(1)\n'written'",
    "import subprocess\nsubprocess.run(['echo', 'child']); time.sleep(1)\n'child'",
    "import logging; logging.warning('logged')",
    "import warnings; warnings.warn('careful')",
    "class A:\n    def __repr__(self): return 'line 1\\nline 2'\nA()",
    "class B:\n    def _repr_html_(self): return '<b>B</b>'\n    def __repr__(self): return 'B'\nB()",
    "class C:\n    def __repr__(self): raise ValueError('bad repr')\nC()",
    "_, __, Out[2]",
    "In[-2]",
    "len(_ih) == get_ipython().execution_count",
    "1 / 0",
    "f(1, 2, 3)",
    "def deep(n):\n    return deep(n - 1) if n else undefined\ndeep(2)",
    "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise ValueError('second') from e",
    "raise KeyboardInterrupt",
    "import sys; sys.exit(1)",
    "raise ExceptionGroup('many', [ValueError(1), TypeError(2)])",
    "this is not python",
    "if True:\nprint(1)",
    "'''never closed",
    "%nosuchmagic",
    "%%nosuchcell\n1",
    "%time 1/0",
    "await asyncio.sleep(0)\n1/0",
    "import asyncio\nraise asyncio.CancelledError",
    "print('中文 🎉 e\\u0301')",
    "print('\\x1b[31mred\\x1b[0m')",
    "print('x' * 300_000 + 'end')",
    "get_ipython().run_cell('print(7)\\n8');",
    "get_ipython().execution_count",
    "x = 5 #comment\nx # another",
    "\n\n\n'after blank lines'",
    "# a comment first\n'then a value'",
    "get_ipython().set_next_input('next')",
]
MAGIC = "%%notify_wechat --to sandbox-wecom_chat --title same"
_MARKS = ("✓", "◐", "?", "✗", "Message")


def _masked(text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    for pattern in (
        r"0x[0-9a-f]+",
        r"\d+(\.\d+)?(e[+-]\d+)? ?(s|ms|us|µs|μs|ns)\b(?! per)",
        r"(ipykernel_\d+/)?\d{6,}\.py",
        r"/tmp/\S+",
        r"-?\d+(\.\d+)?it/s",
    ):
        text = re.sub(pattern, "•", text)
    # The magic line, commented out, is of the cell's source, which some tracebacks and In show.
    return re.sub(r"#+ ?%%notify_wechat[^\n'\\]*", "#magic", text)


def _normal(cell):
    """What a reader sees of a cell, less what differs from run to run, and our box."""
    shown = []
    for output in cell.outputs:
        kind = output.output_type
        if kind == "stream":
            if shown and shown[-1][0] == kind and shown[-1][1] == output.name:
                shown[-1][2] = _masked(shown[-1][2] + output.text)
            else:
                shown.append([kind, output.name, _masked(output.text)])
        elif kind == "error":
            traceback = _masked("\n".join(output.traceback))
            shown.append([kind, output.ename, _masked(output.evalue), traceback])
        elif not output.data.get("text/plain", "").startswith(_MARKS):
            data = {mime: _masked(str(value)) for mime, value in sorted(output.data.items())}
            shown.append([kind, output.get("execution_count"), data])
    return [cell.execution_count, *shown]


def test_same_with_and_without(environment_for, tmp_path, run_notebook, sandbox):
    """Every cell shows the same, in the same order, whether its magic line is there or not."""

    def run(cells: list[str]):
        setup = f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox.url}"
        return run_notebook([setup, *cells], environment_for(tmp_path), allow_errors=True)[0]

    with_it = run([f"{MAGIC}\n{source}" for source in CORPUS])
    # Below a comment, another cell magic would be none.
    without = run([s if s.startswith("%%") else f"#{MAGIC}\n{s}" for s in CORPUS])
    pairs = list(zip(CORPUS, with_it.cells[1:], without.cells[1:], strict=True))
    different = [
        (source, _normal(one), _normal(other))
        for source, one, other in pairs
        if _normal(one) != _normal(other)
    ]
    for difference in different:
        print("DIFFERENT", *difference, sep="\n    ")
    assert different == []
    boxes = [
        output.data["text/plain"].splitlines()[0]
        for cell in with_it.cells[1:]
        for output in cell.outputs
        if output.output_type == "display_data"
        and output.data.get("text/plain", "").startswith("✓ sent")
    ]
    texts = [one for one in sandbox.inbox if one["msgtype"] == "text"]
    assert len(boxes) == len(texts) == len(CORPUS)
