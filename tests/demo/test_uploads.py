"""The door for own photos: into one session's memory, never onto the disk, within limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio import routes
from gradio.blocks import Block

from demo import uploads
from demo.session import Session, Sessions
from demo.uploads import Door
from engine.said import said
from engine.service.own import Inbox, Limits
from engine.service.service import Service
from tests.demo.world import workspace

SPACE = workspace()
FORM = {"files": ("a.png", b"x" * 2_000_000, "image/png")}

SPELLINGS = [
    "/gradio_api/upload",
    "/gradio_api/upload/",
    "/gradio_api/upload%0A",
    "/gradio_api/upload%0D%0A",
    "/gradio_api/upload%20",
    "/gradio_api//upload",
    "//gradio_api/upload//",
    "/gradio_api/./upload",
    "/gradio_api/upload/.",
    "/gradio_api/%75pload",
    "/gradio_api/%75%70%6c%6f%61%64",
    "/gradio_api/%2575pload",
    "/gradio_api/%25252575pload",
    "/%67radio_api/upload",
    "/gradio_api%2Fupload",
    "/gradio_api%5Cupload",
    "/gradio_api/Upload",
    "/gradio_api/upload?upload_id=x",
    "/upload",
    "/upload/",
    "/under/a/prefix/gradio_api/upload",
    "/lethe/gradio_api/upload",
    "/upload_progress?upload_id=x",
    "/gradio_api/upload_progress?upload_id=x",
    "/gradio_api/upload_progress/",
    "/gradio_api/%" + "25" * 2_000 + "75pload",
]


def fresh() -> Session:
    """A visitor who has done nothing yet."""
    return Session(Service(), SPACE)


@pytest.fixture
def sessions() -> Sessions:
    """Two visitors."""
    both = Sessions()
    for key in ("ada", "kofi"):
        both.get(key, fresh)
    return both


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Gradio and the form parser write whatever comes."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(routes, "DEFAULT_TEMP_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def spooled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The temporary files that are opened from here on."""
    opened: list[str] = []
    for where in ("starlette.formparsers.SpooledTemporaryFile", "tempfile.NamedTemporaryFile"):
        monkeypatch.setattr(where, lambda *_, where=where, **__: opened.append(where) or 1 / 0)
    return opened


@pytest.fixture
def no_links() -> Iterator[None]:
    """`without_links`, taken back at the end."""
    names = ("move_resource_to_block_cache", "async_move_resource_to_block_cache")
    before = {name: getattr(Block, name) for name in names}
    uploads.without_links()
    yield
    for name, method in before.items():
        setattr(Block, name, method)


def page(sessions: Sessions | None) -> routes.App:
    """A tiny page of Gradio's; behind our door where there are sessions."""
    with gr.Blocks(analytics_enabled=False) as demo:
        box = gr.JSON()
        html = gr.HTML(server_functions=[shout], js_on_load="")
        gr.Button().click(lambda value: value, box, box, api_name="echo", queue=False)
    demo.launch_html, demo.max_file_size = html._id, None
    kwargs = {"middleware": uploads.middleware(sessions)} if sessions is not None else {}
    app = routes.App.create_app(demo, app_kwargs=kwargs)
    if sessions is not None:
        uploads.outermost(app)
    return app


def shout(word: str) -> str:
    """What a panel of the page asks the server."""
    return word.upper()


def talk(app: Any, *asked: tuple, **options: Any) -> list[httpx.Response]:
    """Send requests `(method, url, {httpx options})` one after another."""

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, **options)
        async with httpx.AsyncClient(transport=transport, base_url="http://lethe.test") as client:
            return [
                await client.request(method, url, **(rest[0] if rest else {}))
                for method, url, *rest in asked
            ]

    return ended(run())


def ended(work: Coroutine) -> Any:
    """What a coroutine gives, in a thread of its own: browser tests leave their loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def post(app: Any, url: str, content: Any = b"photo", **headers: str) -> httpx.Response:
    """One POST with a raw body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return talk(app, ("POST", url, {"content": content, "headers": named}))[0]


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [one for one in folder.rglob("*") if one.is_file()]


def bring(key: str, path: str = "Ada/1.png") -> str:
    """The address of our door."""
    return str(httpx.URL(uploads.BRING, params={"session": key, "path": path}))


def door(sessions: Sessions, **options: Any) -> Door:
    """Our door with nothing behind it."""

    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("passed on")

    return Door(nothing, sessions, **options)


async def knock(
    app: Door,
    path: str,
    query: str,
    receive: Callable[[], Awaitable[dict]],
    *headers: tuple[bytes, bytes],
) -> list[dict]:
    """One request with a body told message by message; what was sent back."""
    sent: list[dict] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode()}
    await app({**scope, "headers": [(b"host", b"lethe.test"), *headers]}, receive, send)
    return sent


def told(*messages: dict) -> Callable[[], Awaitable[dict]]:
    """A body in these messages; asked for more, the test fails."""
    left = iter(messages)

    async def receive() -> dict:
        return next(left)

    return receive


def piece(body: bytes, more: bool = True) -> dict:
    """Part of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_upload_route_is_shut_however_it_is_spelled(
    spelling: str, sessions: Sessions, disk: Path
) -> None:
    """Would catch a spelling by which anybody fills the server's disk."""
    app = page(sessions)
    before = files(disk)
    methods = ("POST", "GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH")
    for method, answer in zip(
        methods,
        talk(app, *((method, spelling, {"files": FORM}) for method in methods)),
        strict=True,
    ):
        assert answer.status_code == 404, method
    assert files(disk) == before
    for root in ("/proxied", "/gradio_api"):
        answers = talk(app, ("POST", root + spelling, {"files": FORM}), root_path=root)
        assert answers[0].status_code == 404
    assert files(disk) == before


@pytest.mark.parametrize("spelling", ["/gradio_api/upload", "/gradio_api/upload%0A"])
def test_without_the_door_the_route_is_open(spelling: str, disk: Path) -> None:
    """Would catch tests here that prove nothing, as these spellings do write to the disk."""
    before = files(disk)
    assert talk(page(None), ("POST", spelling, {"files": FORM}))[0].status_code == 200
    assert files(disk) != before


def test_the_body_of_a_shut_route_is_not_read(sessions: Sessions) -> None:
    """Would catch a route that is shut only after the whole file came in."""

    async def never() -> dict:
        raise AssertionError("read")

    for path in ("/gradio_api/upload", "/login", "/gradio_api/process_recording"):
        sent = ended(knock(door(sessions), path, "", never))
        assert sent[0]["status"] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/login"),
        ("POST", "/login/"),
        ("POST", "/gradio_api/process_recording"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/undo-vibe-edit/"),
        ("POST", "/gradio_api/vibe-code"),
        ("POST", "/gradio_api/vibe-starter-queries"),
        ("POST", "/gradio_api/stream/1"),
        ("POST", "/gradio_api/stream/1/close"),
        ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "/gradio_api/deep_link?session_hash=ada"),
        ("GET", "/gradio_api/file=http://127.0.0.1/x"),
        ("HEAD", "/gradio_api/file=https://example.com/x"),
        ("GET", "/gradio_api/file%3Dhttps://example.com/x"),
        ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/proxy=https://a.hf.space/x"),
        ("GET", "/prefix/gradio_api/%70roxy=https://a.hf.space/x"),
    ],
)
def test_other_ways_onto_the_disk_and_out_are_shut(
    method: str, path: str, sessions: Sessions, disk: Path
) -> None:
    """Would catch Gradio's less known routes that write, or fetch an address for anybody."""
    app = page(sessions)
    before = files(disk)
    answer = talk(app, (method, path))[0]
    assert answer.status_code == 404
    assert method == "HEAD" or answer.json() == {"error": uploads.SHUT}
    assert files(disk) == before


@pytest.mark.parametrize(
    "path", ["/gradio_api/component_server", "/config", "/gradio_api/run/echo"]
)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "Multipart/Mixed"])
def test_forms_with_files_are_refused_everywhere(
    path: str, kind: str, sessions: Sessions, disk: Path, spooled: list[str]
) -> None:
    """Would catch a form parser that puts a file on the disk before anybody looks at it."""
    answer = post(page(sessions), path, b"--x--", content_type=kind)
    assert (answer.status_code, answer.json()) == (415, {"error": uploads.NO_FORMS})
    assert not spooled


def test_what_the_page_needs_goes_on(sessions: Sessions, disk: Path) -> None:
    """Would catch a door that shuts out the page itself, its API or a panel's functions."""
    app = page(sessions)
    html = app.get_blocks().launch_html
    ask = {"session_hash": "ada", "component_id": html, "fn_name": "shout", "data": "hi"}
    paths = ("/config", "/gradio_api/info", "/gradio_api/startup-events", "/robots.txt")
    for answer in talk(app, *(("GET", path) for path in paths)):
        assert answer.status_code == 200, answer.url
    echo, shouted = talk(
        app,
        ("POST", "/gradio_api/run/echo", {"json": {"data": [{"a": 1}]}}),
        ("POST", "/gradio_api/component_server", {"json": ask}),
    )
    assert echo.json()["data"] == [{"a": 1}]
    assert shouted.json() == "HI"


def test_an_address_in_a_script_s_call_is_not_fetched(
    sessions: Sessions, disk: Path, monkeypatch: pytest.MonkeyPatch, request: Any
) -> None:
    """Would catch JSON by which Gradio downloads any address onto the disk."""
    fetched: list[str] = []

    async def fetch(url: str, **_: Any) -> str:
        fetched.append(url)
        return str(disk / "fetched")

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetch)
    file = {"path": "https://example.com/big", "meta": {"_type": "gradio.FileData"}}
    call = ("POST", "/gradio_api/run/echo", {"json": {"data": [{"deep": [file]}]}})
    talk(page(sessions), call)
    assert fetched, "Gradio fetches no more: without_links can go"
    fetched.clear()
    request.getfixturevalue("no_links")
    local = {**file, "path": "/etc/hostname"}
    answers = talk(
        page(sessions), call, ("POST", "/gradio_api/run/echo", {"json": {"data": [local]}})
    )
    assert [one.status_code for one in answers] == [500, 500]
    assert not fetched
    assert not [one for one in files(disk) if one.name == "hostname"]


@pytest.mark.parametrize("prefix", ["", "/under/a/prefix"])
def test_a_file_goes_into_its_session_alone(
    prefix: str, sessions: Sessions, disk: Path, spooled: list[str]
) -> None:
    """Would catch one visitor's photo in another's gallery, or on the disk."""
    app = page(sessions)
    before = files(disk)
    first = post(app, prefix + bring("ada", "Ada/1 +&.png"), b"x" * 3_000_000)
    assert (first.status_code, first.json()) == (200, {"files": 1})
    assert post(app, prefix + bring("ada", "Ada/2.png")).json() == {"files": 2}
    assert post(app, prefix + f"{uploads.ASK}?session=ada", b"face").json() == {}
    ada, kofi = sessions.find("ada"), sessions.find("kofi")
    assert ada is not None
    assert kofi is not None
    assert [one.path for one in ada.inbox.files()] == ["Ada/1 +&.png", "Ada/2.png"]
    assert ada.inbox.files()[1].data == b"photo"
    assert ada.shown == b"face"
    assert len(kofi.inbox) == 0
    assert kofi.shown is None
    assert not spooled
    assert files(disk) == before
    assert first.headers["cache-control"] == "no-store"


def test_no_session_is_made_for_a_stranger(sessions: Sessions) -> None:
    """Would catch sessions, and their memory, made by whoever sends a file."""
    app = page(sessions)
    for url in (bring("nobody"), f"{uploads.BRING}?path=a", f"{uploads.ASK}?session="):
        answer = post(app, url)
        assert (answer.status_code, answer.json()) == (404, {"error": uploads.UNKNOWN})
    assert len(sessions) == 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [uploads.BRING, uploads.ASK])
def test_files_come_by_post_alone(method: str, path: str, sessions: Sessions) -> None:
    """Would catch a door that answers what it was not made for, or invites other sites."""
    asks = {"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"}
    for headers in ({}, asks):
        answer = talk(page(sessions), (method, f"{path}?session=ada", {"headers": headers}))[0]
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        assert not [one for one in answer.headers if one.startswith("access-control")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://lethe.test"}, 200),
        ({"origin": "https://lethe.test:8443"}, 200),
        ({"origin": "https://public.test", "x_forwarded_host": "public.test, inner"}, 200),
        ({"origin": "http://lethe.test", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "http://evil.test"}, 403),
        ({"origin": "http://lethe.test.evil.test"}, 403),
        ({"origin": "http://lethe.test@evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://[", "host": "["}, 403),
        ({"origin": "https://inner", "x_forwarded_host": "public.test, inner"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"origin": "http://evil.test", "x_forwarded_host": "evil.test"}, 200),
        (
            {
                "origin": "http://evil.test",
                "x_forwarded_host": "evil.test",
                "sec_fetch_site": "cross-site",
            },
            403,
        ),
    ],
)
def test_another_site_cannot_fill_a_session(
    headers: dict[str, str], status: int, sessions: Sessions
) -> None:
    """Would catch a foreign page that puts photos into somebody's visit."""
    app = page(sessions)
    for url in (bring("ada"), f"{uploads.ASK}?session=ada"):
        answer = post(app, url, **headers)
        assert answer.status_code == status
        assert not [one for one in answer.headers if one.startswith("access-control")]
    ada = sessions.find("ada")
    assert ada is not None
    assert len(ada.inbox) == (status == 200)
    assert (ada.shown is not None) == (status == 200)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("../../etc/passwd", 200),
        ("/etc/passwd", 200),
        ("..\\..\\boot.ini", 200),
        ("\u202egnp.ada/\u05d0\u05d3\u05d4", 200),
        ("Ada \N{GRINNING FACE}/\N{SNOWMAN}.png", 200),
        ("<script>alert(1)</script>", 200),
        ("a" * uploads.NAME, 200),
        ("a" * (uploads.NAME + 1), 400),
        ("a" * 10_000, 400),
        ("Ada\0.png", 400),
        ("", 400),
    ],
)
def test_a_hostile_path_is_only_a_name(
    path: str, status: int, sessions: Sessions, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a name that is used as a path, or that breaks the page."""
    monkeypatch.chdir(disk)
    before = files(disk)
    answer = post(page(sessions), bring("ada", path))
    assert answer.status_code == status
    ada = sessions.find("ada")
    assert ada is not None
    held = [one.path for one in ada.inbox.files()]
    assert held == ([path] if status == 200 else [])
    assert status == 200 or answer.json() == {"error": uploads.NAMELESS}
    assert files(disk) == before


@pytest.mark.parametrize("query", ["session=ada&path=%ff", "a&" * 20, "session=ada&path=a%00"])
def test_an_unreadable_address_gets_a_sentence(query: str, sessions: Sessions) -> None:
    """Would catch a traceback for bytes that are no text."""
    answer = post(page(sessions), f"{uploads.BRING}?{query}&x=1" + "&y=2" * ("a&" in query) * 9)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def small(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """Limits that a test can reach: 1 MB a visit, 300 kB a file, 200 kB a photo, 3 files."""
    monkeypatch.setattr(uploads, "FILE", 300_000)
    monkeypatch.setattr(uploads, "PHOTO", 200_000)
    ada = sessions.find("ada")
    assert ada is not None
    ada.inbox = Inbox(Limits(files=3, megabytes=1))
    return ada.inbox


@pytest.mark.parametrize("url", [bring("ada"), f"{uploads.ASK}?session=ada"])
def test_too_large_by_its_own_word_is_not_read(
    url: str, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a file that is read first and refused afterwards."""
    inbox = small(sessions, monkeypatch)

    async def never() -> dict:
        raise AssertionError("read")

    path, query = url.split("?")
    for length in (b"300001", b"9" * 5_000):
        sent = ended(knock(door(sessions), path, query, never, (b"content-length", length)))
        assert sent[0]["status"] == 413
        assert b"too large here." in sent[1]["body"]
    for length in (b"x", b"-1", b"\xb2"):
        sent = ended(knock(door(sessions), path, query, never, (b"content-length", length)))
        assert sent[0]["status"] == 400
    assert len(inbox) == 0


@pytest.mark.parametrize("url", [bring("ada"), f"{uploads.ASK}?session=ada"])
@pytest.mark.parametrize("headers", [(), ((b"content-length", b"10"),)])
def test_too_large_by_count_stops_there(
    url: str, headers: tuple, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a body without a length, or with a false one, that is held without end."""
    inbox = small(sessions, monkeypatch)
    path, query = url.split("?")
    asked = 0

    async def endless() -> dict:
        nonlocal asked
        asked += 1
        return piece(b"x" * 50_000)

    sent = ended(knock(door(sessions), path, query, endless, *headers))
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert asked <= 7
    assert len(inbox) == 0
    ada = sessions.find("ada")
    assert ada is not None
    assert ada.shown is None


def test_the_visit_s_limits_are_said(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would catch a visit that takes more than its share, or refuses without a reason."""
    inbox = small(sessions, monkeypatch)
    app = page(sessions)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b"x" * 30_000

    for name in "abc":
        assert post(app, bring("ada", name), b"x" * 290_000).status_code == 200
    for content in (b"x" * 290_000, pieces()):
        answer = post(app, bring("ada", "c2"), content)
        assert answer.status_code == 413
        assert answer.json()["error"].startswith("More than 1 MB is too much here")
    few = post(app, bring("ada", "d"), b"x")
    assert few.status_code == 413
    assert few.json()["error"].startswith("More than 3 files is too many here")
    assert len(inbox) == 3
    ada = sessions.find("ada")
    assert ada is not None
    ada.inbox = Inbox(Limits(megabytes=0))
    for content in (b"", pieces()):
        assert post(app, bring("ada", "e"), content).status_code == 413


def test_all_visitors_together_have_a_limit(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch many visits that are each within their limits and fill the memory together."""
    monkeypatch.setattr(uploads, "HELD", 250_000)
    app = page(sessions)
    assert post(app, bring("ada"), b"x" * 100_000).status_code == 200
    assert post(app, f"{uploads.ASK}?session=ada", b"x" * 100_000).status_code == 200
    answer = post(app, bring("kofi"), b"x" * 100_000)
    assert (answer.status_code, answer.json()) == (503, {"error": uploads.FULL})
    sessions.drop("ada")
    assert post(app, bring("kofi"), b"x" * 100_000).status_code == 200


def test_no_model_comes_in_where_none_is_taken() -> None:
    """Would catch a door for models that `--max-model-megabytes 0` leaves open."""
    both = Sessions()
    for key, limits in (("shut", Limits(model_megabytes=0)), ("open", Limits())):
        both.get(key, partial(Session, Service(), SPACE, limits))
        url = str(httpx.URL(uploads.MODEL, params={"session": key, "name": "a.onnx"}))
        assert post(page(both), url).status_code == (403 if key == "shut" else 200)
        assert (both.find(key).handed is None) is (key == "shut")


def test_an_empty_photo_is_said(sessions: Sessions) -> None:
    """Would catch a question about nothing."""
    answer = post(page(sessions), f"{uploads.ASK}?session=ada", b"")
    assert (answer.status_code, answer.json()) == (400, {"error": uploads.NO_PHOTO})


def test_a_file_that_is_cut_off_adds_nothing(sessions: Sessions) -> None:
    """Would catch half a photo in the gallery."""
    ada = sessions.find("ada")
    assert ada is not None
    for path, query in ((uploads.BRING, "session=ada&path=a"), (uploads.ASK, "session=ada")):
        cut = told(piece(b"half"), {"type": "http.disconnect"})
        assert ended(knock(door(sessions), path, query, cut)) == []
    assert len(ada.inbox) == 0
    assert ada.shown is None


def test_at_most_some_at_once_and_none_for_ever(sessions: Sessions) -> None:
    """Would catch uploads that drip for ever, and one visitor who takes all connections."""
    app = door(sessions, patience=0.2)
    query = "session=ada&path=a"

    async def drip() -> dict:
        await asyncio.sleep(0.02)
        return piece(b"x")

    async def run() -> None:
        slow = [
            asyncio.create_task(knock(app, uploads.BRING, query, drip))
            for _ in range(uploads.AT_ONCE)
        ]
        await asyncio.sleep(0.05)
        more = await knock(app, uploads.ASK, "session=ada", told())
        assert more[0]["status"] == 429
        assert uploads.TOO_MANY.encode() in more[1]["body"]
        other = await knock(app, uploads.ASK, "session=kofi", told(piece(b"x", more=False)))
        assert other[0]["status"] == 200
        for sent in await asyncio.gather(*slow):
            assert sent[0]["status"] == 400
            assert (b"connection", b"close") in sent[0]["headers"]
            assert said(uploads.TOO_SLOW, seconds=0.2).encode() in sent[1]["body"]
        again = await knock(app, uploads.BRING, query, told(piece(b"x", more=False)))
        assert again[1]["body"] == b'{"files":1}'

    ended(run())


@pytest.mark.parametrize("how", ["dropped", "expired"])
def test_photos_go_with_the_session(how: str) -> None:
    """Would catch photos that outlive the tab they were brought to."""
    sessions = Sessions(capacity=1)
    session = sessions.get("ada", fresh)
    app = page(sessions)
    assert post(app, bring("ada")).status_code == 200
    assert post(app, f"{uploads.ASK}?session=ada").status_code == 200
    if how == "dropped":
        sessions.drop("ada")
    else:
        sessions.get("kofi", fresh)
    assert len(session.inbox) == 0
    assert session.shown is None
    assert post(app, bring("ada")).status_code == 404


def test_a_file_that_arrives_after_the_tab_closed_is_let_go(sessions: Sessions) -> None:
    """Would catch an upload under way that fills a session which nobody will drop again."""
    ada = sessions.find("ada")
    assert ada is not None
    for path, query in ((uploads.BRING, "session=ada&path=a"), (uploads.ASK, "session=ada")):
        old = sessions.get("ada", fresh)
        old.inbox.add("before", b"x")

        async def closing() -> dict:
            sessions.drop("ada")
            sessions.get("ada", fresh)
            return piece(b"photo", more=False)

        sent = ended(knock(door(sessions), path, query, closing))
        assert sent[0]["status"] == 404
        assert len(old.inbox) == 0
        assert old.shown is None
        new = sessions.find("ada")
        assert new is not None
        assert len(new.inbox) == 0


def test_asking_for_a_session_keeps_it() -> None:
    """Would catch a visitor who expires while their photos come in."""
    sessions = Sessions(capacity=2)
    for key in ("ada", "kofi"):
        sessions.get(key, fresh)
    assert sessions.find("ada") is not None
    assert sessions.find("mei") is None
    sessions.get("zola", fresh)
    assert sessions.known("ada")
    assert not sessions.known("kofi")


@pytest.mark.browser
def test_the_served_page_takes_no_uploads_of_gradio_s(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would catch a page that is served without its door, or with Gradio's own before it."""
    from tests.browser.conftest import serve

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setenv("GRADIO_NUM_WORKERS", "1")
    with serve() as site, httpx.Client(base_url=site.address, timeout=30) as client:
        before = files(tmp_path)
        assert client.post("/gradio_api/upload", files=FORM).status_code == 404
        assert client.post("/gradio_api/upload%0A", files=FORM).status_code == 404
        assert client.post("/login", files=FORM).status_code == 404
        assert files(tmp_path) == before
        unknown = client.post("/lethe/bring?session=x&path=a", content=b"x" * 60_000_000)
        assert (unknown.status_code, unknown.json()) == (404, {"error": uploads.UNKNOWN})
        asks = {"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"}
        assert client.get("/theme.css").status_code == 200
        asked = client.options("/lethe/bring", headers=asks)
        assert asked.status_code == 405
        assert "access-control-allow-credentials" not in asked.headers
        # A click brings a session; then the door takes photos into it.
        client.post("/gradio_api/call/scoreboard", json={"data": [], "session_hash": "mine"})
        for _ in range(100):
            answer = client.post("/lethe/bring?session=mine&path=a.png", content=b"x" * 1_000_000)
            if answer.status_code == 200:
                break
            time.sleep(0.1)
        assert answer.json() == {"files": 1}
        large = client.post("/lethe/bring?session=mine&path=b.zip", content=b"x" * 50_000_001)
        assert (large.status_code, large.json()) == (413, {"error": uploads.TOO_LARGE})
