"""Visitors who bring something of their own, without a browser."""

from demo.actions import Actions
from demo.session import Session
from tests.engine.test_own import photo_bytes

ALONE = {"company": False, "out": [], "names": {}}


def brought(actions: Actions, key: str = "a") -> Session:
    """A visitor who has sent photos of three people."""
    session = actions.session(key)
    for name in ("Asha", "Diego", "Greta"):
        for at, data in enumerate(photo_bytes(name, 6)):
            session.inbox.add(f"Friend {name}/{at}.webp", data)
    return session


def last(updates: list[dict], panel: str, prop: str) -> object:
    """The last value that a panel was given."""
    return [one[panel][prop] for one in updates if prop in one.get(panel, {})][-1]
