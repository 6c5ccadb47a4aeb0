"""The packet that a dragged slider is played from says what the panels would say at each rank."""

import base64
import json
import zlib
from typing import Any

import numpy as np

from demo.actions import Actions
from demo.map_view import LOW, SPAN
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
    assert packets(list(actions.follow(session))) == []
    forget(actions, session, 1, 4)
    followed = list(actions.follow(session))
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
    first = packets(list(actions.strip(session)))
    assert len(first) == 2
    list(actions.strength(session, "esc", {"rank": 2}, settled=True))
    assert packets(list(actions.follow(session))) == []
    other = int(np.flatnonzero(SPACE.features.labels.numpy() == 6)[-1])
    actions.ask(session, other)
    (again,) = packets(list(actions.strip(session)))
    assert again[0]["asked"] == str(other)
    session.choose((0,))
    assert packets(list(actions.strip(session))) == []
    assert session.state.workspace is start(SPACE).workspace
