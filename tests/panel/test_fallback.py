"""What stands in the panel's place where it cannot be made."""

from __future__ import annotations

from types import SimpleNamespace

import ipywidgets
import pytest

from notebook_notify import panel, texts


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_ipywidgets_before_8(shell, capsys, monkeypatch, language):
    """Colab's: what is needed and what is there stand in the panel's place, and what does without."""
    monkeypatch.setattr(ipywidgets, "__version__", "7.7.1")
    monkeypatch.setattr(shell, "kernel", SimpleNamespace(), raising=False)
    with texts.speaking(language):
        panel.show()
    said = capsys.readouterr().out
    assert "ipywidgets 8" in said
    assert "7.7.1" in said
    assert "%notify_setup" in said
