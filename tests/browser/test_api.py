"""The named endpoints, as a script uses them, and nothing else."""

import pytest


@pytest.fixture(scope="module")
def clients(site: str) -> list:
    """Two scripts."""
    client = pytest.importorskip("gradio_client").Client
    return [client(site, verbose=False) for _ in range(2)]


def test_three_endpoints_and_no_more(clients: list) -> None:
    """Catches an event of the page that anybody may call."""
    named = clients[0].view_api(return_format="dict")
    assert set(named["named_endpoints"]) == {"/forget", "/retrieve", "/scoreboard"}
    assert not named["unnamed_endpoints"]


def test_forget_retrieve_scoreboard(clients: list, names: list[str]) -> None:
    """Catches endpoints that leak between callers or disagree with each other."""
    one, other = clients
    name = names[3]
    board = one.predict(api_name="/scoreboard")
    assert board["forgotten"] == []
    assert board["metrics"]["kr.retain_test"]["before"] > 0.9
    found = one.predict(name, api_name="/retrieve")
    assert found["person"].replace("_", " ") == name
    assert "after" not in found
    report = one.predict([found["person"]], "esc", {"rank": "auto"}, api_name="/forget")
    assert report["forget"] == [found["person"]]
    assert report["metrics"]["after"]["head"]["forget_test"] <= 0.1
    after = one.predict(found["photo"], api_name="/retrieve")
    assert len(after["after"]["matches"]) == 8
    assert one.predict(api_name="/scoreboard")["forgotten"] == [found["person"]]
    assert other.predict(api_name="/scoreboard")["forgotten"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((["Nobody at all"], "esc", {}), "Nobody called"),
        (([], "esc", {}), "Nobody is selected"),
        ((1, "magic", {}), "no method"),
        ((1, "esc", {"rank": 100_000}), "outside 1 to"),
    ],
)
def test_bad_calls_get_one_sentence(
    clients: list, names: list[str], arguments: tuple, says: str
) -> None:
    """Catches a traceback, or silence, for a script's mistake."""
    who, *rest = arguments
    arguments = (names[:who] if isinstance(who, int) else who, *rest)
    with pytest.raises(Exception, match=says) as caught:
        clients[1].predict(*arguments, api_name="/forget")
    assert "Traceback" not in str(caught.value)
