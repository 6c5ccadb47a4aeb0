"""What a page needs to stand on somebody's platform: its address, /health, headers, passwords."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from demo.freed import Lull
from demo.gradio_quirks import PINNED
from demo.headers import HEADERS, SafeHeaders
from demo.health import Health
from demo.serve import parse
from demo.session import Sessions
from engine.service.work import Gate, Stop
from tests.demo.test_uploads import ended

ROOT = Path(__file__).parents[2]
NAMES = (
    "GRADIO_SERVER_NAME",
    "GRADIO_SERVER_PORT",
    "PORT",
    "GRADIO_ROOT_PATH",
    "LETHE_AUTH",
)


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of where the page is."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


async def _behind(scope: dict, receive: Callable, send: Callable) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": [(b"x-frame", b"no")]})
    await send({"type": "http.response.body", "body": b"page"})


def asked(app: ASGIApp, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one answer."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    ended(app(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:])


def test_a_space_finds_what_it_needs() -> None:
    """Would catch front matter for another Gradio than the page is made for, or another program."""
    _, front, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = dict(line.split(": ", 1) for line in front.strip().splitlines())
    assert told["sdk"] == "gradio"
    assert told["sdk_version"] == PINNED
    assert f"gradio=={PINNED}\n" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert (ROOT / told["app_file"]).is_file()


def test_health_counts_what_runs_and_tells_nothing_of_anybody() -> None:
    """Would catch a check that says the same whatever happens, one that is out of reach behind a
    proxy, one that takes the page's own addresses, and a visitor's key in the answer."""
    sessions, gate, ready = Sessions(), Gate(3), []
    app = Health(_behind, sessions, gate, lambda: bool(ready))
    sessions.get("secret", lambda: type("S", (), {"used": 0.0})())
    _, _, before = asked(app, "/under/lethe/health")
    ready.append(True)
    with gate.held(Stop("secret")):
        status, _, after = asked(app, "/health")
    assert status == 200
    assert b"secret" not in before + after
    assert json.loads(before)["ready"] is False
    assert json.loads(after)["ready"] is True
    assert json.loads(after)["visitors"] == 1
    assert json.loads(before)["jobs"] == {"running": 0, "waiting": 0, "at_once": 3}
    assert json.loads(after)["jobs"]["running"] == 1
    assert asked(app, "/health", "POST")[0] == asked(app, "/healthy")[0] == 418


def test_every_answer_has_the_headers() -> None:
    """Would catch a page that may load from, or send to, somebody else."""
    status, headers, body = asked(SafeHeaders(_behind), "/assets/x.js")
    assert (status, body, headers["x-frame"]) == (418, b"page", "no")
    for name, value in HEADERS.items():
        assert headers[name.lower()] == value
    policy = headers["content-security-policy"]
    assert "http" not in policy
    assert "*" not in policy
    assert {"default-src 'self'", "connect-src 'self'"} <= set(policy.split("; "))


def test_a_platform_says_where_the_page_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a page that listens where its platform does not look, or forgets its own word."""
    assert (parse([]).host, parse([]).port, parse([]).root_path) == ("127.0.0.1", 7860, "")
    monkeypatch.setenv("PORT", "8080")
    assert parse([]).port == 8080
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/lethe")
    found = parse([])
    assert (found.host, found.port, found.root_path) == ("0.0.0.0", 7861, "/lethe")
    given = parse(["--host", "::1", "--port", "1", "--root-path", "/x"])
    assert (given.host, given.port, given.root_path) == ("::1", 1, "/x")


@pytest.mark.parametrize("text", ["ada", ":x", "ada:", ""])
def test_a_login_that_is_none_is_refused_at_once(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a page that stands open because a password was mistyped."""
    with pytest.raises(SystemExit):
        parse(["--auth", text])
    assert "USER:PASSWORD" in capsys.readouterr().err
    if text:
        monkeypatch.setenv("LETHE_AUTH", f"kofi:b\n{text}")
        with pytest.raises(SystemExit):
            parse([])


def test_logins_from_both_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch passwords that are cut at a second colon, or an environment that adds to what the
    command line says."""
    assert parse([]).auth is None
    monkeypatch.setenv("LETHE_AUTH", "ada:a:b\nkofi:c\n")
    assert parse([]).auth == [("ada", "a:b"), ("kofi", "c")]
    assert parse(["--auth", "zoe:d"]).auth == [("zoe", "d")]


@pytest.mark.parametrize("port", ["none", "70000", "-1"])
def test_a_port_that_is_none_is_said(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Would catch a traceback for a variable that somebody mistyped."""
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SystemExit):
        parse([])
    assert "--port" in capsys.readouterr().err


def test_memory_is_given_back_once_for_each_lull_after_work() -> None:
    """Catches memory that is kept until somebody leaves, and a page that collects all day long."""
    gate = Gate(1)
    lull = Lull(lambda: None if gate.inside else gate.done)
    assert [lull.begun(), lull.begun()] == [False, False]
    with gate.held():
        assert [lull.begun(), lull.begun()] == [False, False]
    assert [lull.begun(), lull.begun(), lull.begun()] == [False, True, False]
    with gate.held():
        pass
    assert [lull.begun(), lull.begun(), lull.begun()] == [False, True, False]
