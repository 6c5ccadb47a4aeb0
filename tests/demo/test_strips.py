"""The packet that a dragged slider is played from says what the panels would say at each rank."""

import base64
import json
import re
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from demo import following, painting
from demo.actions import Actions
from demo.map_view import LOW, SPAN
from demo.session import Session
from engine.workspace import start
from tests.demo.test_actions import SPACE, actions, forget, last  # noqa: F401


def packets(updates: list[dict]) -> list[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    """Header, rows that move and their places [ranks, rows, 2] of each packet, as `strip.js`."""
    out = []
    for one in updates:
        if "strip" not in one:
            continue
        raw = zlib.decompress(base64.b64decode(one["strip"]["packet"]))
        end = 4 + int(np.frombuffer(raw, "<u4", 1)[0])
        header = json.loads(raw[4:end])
        rows = np.frombuffer(raw, "<u4", header["moved"], end)
        shares = np.frombuffer(raw, "<u2", -1, end + 4 * len(rows)) / 65535
        out.append((header, rows, (shares * SPAN + LOW).reshape(len(header["ranks"]), -1, 2)))
    return out


def test_a_packet_says_what_the_server_would(actions: Actions) -> None:  # noqa: F811
    """Catches a strip of other people or ranks, points in other places, and figures passed off as
    exact."""
    session = actions.session("a")
    session.choose((1, 4))
    assert packets(list(actions.after.follow(session))) == []
    forget(actions, session, 1, 4)
    followed = list(actions.after.follow(session))
    (coarse, *_), (header, rows, places) = packets(followed)
    assert {*coarse["ranks"]} < {*header["ranks"]}
    assert header["mark"] == last(followed, "method", "spectrum")["mark"]
    assert header["gone"] == [1, 4]
    panels = header["panels"]
    assert all(len(each) == len(header["ranks"]) for each in panels.values())
    assert all("quick estimate" in html for html in panels["kr"])
    assert "data:" not in "".join(panels["who"])  # pictures travel once
    rank = 3
    at = header["ranks"].index(rank)
    (live,) = actions.strength(session, "esc", {"rank": rank}, settled=False)
    assert panels["kr"][at] == live["kr"]["value"]
    assert panels["scoreboard"][at].split("Time")[0] == live["scoreboard"]["value"].split("Time")[0]
    assert panels["fates"][at] == live["people"]["fates"]
    assert panels["summary"][at] == live["map"]["value"]["summary"]
    assert session.positions is not None
    seen = actions.atlases.sheet(session).atlas.before.copy()
    seen[rows] = places[at]
    assert np.allclose(seen, session.positions, atol=SPAN / 65535)


def test_a_packet_is_sent_again_only_for_another_photo(actions: Actions) -> None:  # noqa: F811
    """Catches a strip that is told after every release, or shows answers about another photo."""
    session = actions.session("a")
    forget(actions, session, 1, 4)
    first = packets(list(actions.after.strip(session)))
    assert len(first) == 2
    list(actions.strength(session, "esc", {"rank": 2}, settled=True))
    assert packets(list(actions.after.follow(session))) == []
    other = int(np.flatnonzero(SPACE.features.labels.numpy() == 6)[-1])
    actions.ask(session, other)
    (again,) = packets(list(actions.after.strip(session)))
    assert again[0]["asked"] == str(other)
    session.choose((0,))
    assert packets(list(actions.after.strip(session))) == []  # until a hand is near
    assert session.state.workspace is start(SPACE).workspace


def test_a_preview_is_the_strip_of_the_deletion_to_come(actions: Actions) -> None:  # noqa: F811
    """Catches a preview of other people, one that changes what it previews, and frames or packets
    made again for the deletion itself."""
    session = actions.session("a")
    session.choose((1, 4))
    state = session.state
    ((coarse, *_),) = packets(list(actions.after.near(session, whole=False)))
    assert packets(list(actions.after.near(session, whole=False))) == []
    ((whole, rows, places),) = packets(list(actions.after.near(session, whole=True)))
    assert {*coarse["ranks"]} < {*whole["ranks"]}
    assert (session.state, session.chosen) == (state, (1, 4))
    assert session.positions is None
    assert whole["people"] == whole["gone"] == [1, 4]
    drawn = painting.spectrum(session)["method"]["spectrum"]
    assert (drawn["mark"], drawn["plays"]) == (whole["mark"], whole["method"])
    assert all("about" in told["text"] for told in whole["panels"]["result"])
    for rank in (0, 3):
        # Its estimates say so, its exact figures do not.
        table = whole["panels"]["scoreboard"][rank]
        kr, head = (
            re.search(rf'data-metric="{key}".*?<b>(.*?)</b>', table, re.DOTALL)
            for key in ("kr.forget_test", "head.forget_test")
        )
        assert kr is not None
        assert head is not None
        assert kr[1].startswith("about ")
        assert "about" not in head[1]
    list(actions.forget(session, {"chosen": [1, 4]}, "esc", {"rank": 3}))
    assert packets(list(actions.after.follow(session))) == []
    seen = actions.atlases.sheet(session).atlas.before.copy()
    seen[rows] = places[whole["ranks"].index(3)]
    placed = actions.atlases.placed(session)
    assert placed is not None
    assert np.allclose(seen, placed, atol=SPAN / 65535)


def test_the_page_is_told_of_the_same_people_again(actions: Actions) -> None:  # noqa: F811
    """Catches a page left with the strip of B, of which it had heard only the beginning, when A are
    forgotten once more; and one that never got what was on its way."""
    session = actions.session("a")
    forget(actions, session, 1, 4)
    assert len(packets(list(actions.after.strip(session)))) == 2
    list(actions.undo(session))
    forget(actions, session, 3, 5)
    begun = actions.after.strip(session)
    ((other, *_),) = packets([next(begun)])
    list(actions.undo(session))
    assert list(begun) == []
    forget(actions, session, 1, 4)
    ((again, *_), _) = packets(list(actions.after.strip(session)))
    assert again["mark"] != other["mark"]
    assert again["gone"] == [1, 4]
    list(actions.undo(session))
    assert packets(list(actions.after.strip(session))) == []  # the same people chosen: it is theirs
    forget(actions, session, 3, 5)
    lost = actions.after.strip(session)
    next(lost)
    lost.close()
    assert len(packets(list(actions.after.strip(session)))) == 2


def test_what_lies_below_waits_for_the_slider(
    actions: Actions,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Catches charts that are drawn below the first screen while its slider has nothing to play
    yet, and ones that never come where the slider's strip is held up."""
    session = actions.session("a")
    session.choose((1, 4))
    below: list[object] = []

    def chart(session: Session) -> Iterator[dict]:
        below.append(session.nearing)
        yield {}

    actions.after.followers = [chart]
    near = threading.Thread(target=lambda: list(actions.after.near(session, whole=False)))
    follow = threading.Thread(target=lambda: list(actions.after.follow(session)))
    with actions.gate.held():  # by somebody else, who holds up the strip and not the figures
        near.start()
        until = time.monotonic() + 20
        while session.nearing is None and time.monotonic() < until:
            time.sleep(0.01)
        assert session.nearing == session.mark
        monkeypatch.setattr(following, "NEARING", 0.0)
        list(actions.after.follow(session))
        assert below == [session.mark]
        monkeypatch.setattr(following, "NEARING", 60.0)
        follow.start()
        time.sleep(following.REST + 0.5)
        assert len(below) == 1
    near.join(20)
    follow.join(20)
    assert below == [session.mark, None]
