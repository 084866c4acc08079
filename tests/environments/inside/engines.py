"""ipyparallel: engines that send, and ``%%px`` above and below a notified cell."""

from __future__ import annotations

import json
import os
from pathlib import Path

import ipyparallel
from client import Kernel
from common import Checks, Place, place
from workers import check_workers

CLUSTER = "import ipyparallel\nrc = ipyparallel.Cluster(n=2).start_and_connect_sync()"
#: All that each engine prints, at any time.
PRINTED = "print('engine', __import__('os').getpid() > 0)"


def main() -> None:
    """Check engines that are given work, and cells that run on them."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # what engines run they import
    with place() as (check, here):
        with ipyparallel.Cluster(n=2) as client:
            check_workers(check, here, client[:].map_sync)
        check_px(check, here)


def check_px(check: Checks, here: Place) -> None:
    """A cell that runs on the engines is told by the notebook, or by each engine."""
    with Kernel() as kernel:
        kernel.run("%load_ext notebook_notify")
        assert kernel.run(CLUSTER).status == "ok"
        with check("%%notify above %%px: the notebook tells"):
            shown = kernel.run(f"%%notify_wechat --to ops --title all\n%%px\n{PRINTED}")
            assert shown.status == "ok", shown.messages
            text = here.inbox.text()
            assert text.startswith("✅ Done · all · ")
            assert text.count("engine True") == 2, text
        with check("%%notify above %%px: an engine fails"):
            shown = kernel.run("%%notify_wechat --to ops --title all\n%%px --targets 1\n1/0")
            assert shown.status == "error"
            text = here.inbox.text()
            assert text.startswith("❌ Failed · all · ")
            assert "ZeroDivisionError" in text
        with check("%%px above %%notify: each engine tells"):
            kernel.run("%px %load_ext notebook_notify")
            shown = kernel.run(f"%%px\n%%notify_wechat --to ops --title each\n{PRINTED}")
            assert shown.status == "ok", shown.messages
            for text in here.inbox.texts(2):
                assert text.startswith("✅ Done · each · ")
                assert text.endswith("Output\nengine True")
        with check("%%px above %%notify: an engine fails"):
            cell = "%%px --targets 0\n%%notify_wechat --to ops --title each\n1/0"
            shown = kernel.run(cell)
            assert shown.status == "error"
            assert here.inbox.text().startswith("❌ Failed · each · ")
        with check("an engine without the extension"):
            kernel.run(
                "rc[:].apply_sync(lambda: get_ipython().run_line_magic('unload_ext', 'notebook_notify'))"
            )
            shown = kernel.run(f"%%px\n%%notify_wechat --to ops\n{PRINTED}")
            assert shown.status == "error"
            assert "notify_wechat" in json.dumps(shown.messages)
            assert here.inbox.empty()
        kernel.run("rc.shutdown(hub=True)")
        with check("no secret in what the kernel said"):
            here.unseen("\n".join(kernel.said))


if __name__ == "__main__":
    main()
