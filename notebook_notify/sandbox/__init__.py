"""A local stand-in for WeCom and DingTalk: same paths, checks and answers, and an inbox to look at.

It uses the standard library alone and shares no constant with the sender, so that a mistake there
cannot agree with itself here. `Sandbox` runs in this process, `SandboxClient` talks to one in
another; both offer the same surface.
"""

from notebook_notify.sandbox.client import SandboxClient
from notebook_notify.sandbox.server import Sandbox

__all__ = ["Sandbox", "SandboxClient"]
