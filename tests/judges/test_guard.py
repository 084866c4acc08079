"""The judges' own ground: by name and over TLS to the sandbox, and to nobody else."""

from __future__ import annotations

import pytest

CLIENT = "requests"


def status(url):
    """Return what a request meets."""
    import requests

    try:
        return requests.get(url, timeout=10).status_code
    except requests.RequestException as error:
        return type(error).__name__


def distrusting(url):
    """Return what a request meets that trusts only those whom everybody trusts."""
    import certifi
    import requests

    try:
        return requests.get(url, verify=certifi.where(), timeout=10).status_code
    except requests.RequestException as error:
        return type(error).__name__


def test_platforms_names_reach_the_sandbox(judge, sandbox, front):
    """A platform's name, its certificate checked, leads to the sandbox."""
    before = sandbox.stats["requests"]
    assert judge(status, url="https://qyapi.weixin.qq.com/cgi-bin/gettoken") == 200
    assert judge(status, url="https://api.dingtalk.com/v1.0/none") == 404
    assert sandbox.stats["requests"] == before + 2
    assert front.names[-2:] == ["qyapi.weixin.qq.com", "api.dingtalk.com"]


@pytest.mark.parametrize(
    "url", ["https://eco.taobao.com/", "http://oapi.dingtalk.com/", "https://192.0.2.1/"]
)
def test_every_other_address_fails_the_test(judge, sandbox, url):
    """Another name, another port, an address: nothing is sent, and the judge says so."""
    before = sandbox.stats["requests"]
    with pytest.raises(AssertionError, match="reached for another host"):
        judge(status, url=url)
    assert sandbox.stats["requests"] == before


def test_no_trust_no_answer(judge, sandbox):
    """The clients check the certificate: without the test's CA they refuse it."""
    before = sandbox.stats["requests"]
    assert judge(distrusting, url="https://oapi.dingtalk.com/gettoken") == "SSLError"
    assert sandbox.stats["requests"] == before
