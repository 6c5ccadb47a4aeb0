"""One visitor's page, kept by session hash, freed when the tab closes or nobody comes back."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.lessons.progress import Lesson
from engine.erasure.esc import METHOD
from engine.service.model import OwnModel
from engine.service.own import Edits, Inbox, Limits
from engine.service.service import Service
from engine.service.shelf import Spec
from engine.service.visit import Visit
from engine.service.work import Stop
from engine.workspace import Workspace

CAPACITY = 200
REMEMBERED = 1000
"""Visitors of whom it is known when they left."""
IDLE_SECONDS = 3600.0

READY = 1_000_000_000
"""Bytes of files that wait to be fetched, of all visitors: a page fetches its own at once."""


@dataclass(frozen=True, eq=False)
class Played:
    """What a page has to play of its strength slider: a deletion's `mark`, and of which `photo`,
    bars and map; `whole` has every rank."""

    mark: str
    photo: tuple[Any, ...]
    whole: bool


class Session(Visit):
    """A visit, and what only its page needs to remember.

    `at` is what was opened (None: the default), `last` the label ticked last, `turn` counts the
    page's choices, `positions` [n + m, 2] is where the points are on the map `sheet` after the
    deletions, None before the first, `spread` says that each person's KR is looked at, and
    `running` is the panel below whose own work is under way, `running_about` whom it is `about`,
    `played` what the slider's strip was told of, as far as it is known to have come, `nearing` the
    `mark` of the one that is on its way, `looks` whether the forgetting curve was ever looked at.
    `name` is the page's session hash. `by` is the method by which "One request after another"
    forgets. `asked` counts the photos asked about, `lesson` is where they stand in it, if they take
    it.

    Own photos: `inbox` is what was brought, `edits` what was left out or renamed of it, `company`
    whether it joins the gallery at `at`, `draft` the workspace of it under review, `entered` how
    often one was opened, and `shown` a photo to ask about. `photos_in` and `model_in` say whether
    the visitor looks at photos, and through a model, of their own.

    `made` are files to take away by their names, until the page has fetched them.

    An own model: `handed` is the file that came in, its name and bytes, until it is inspected,
    `model` what was made of it, `company_seen` what it has seen of a gallery.
    """

    def __init__(
        self, service: Service, workspace: Workspace, limits: Limits | None = None
    ) -> None:
        self.at: Spec | None = None
        self.last: int | None = None
        self.turn = 0
        self.spread = self.looks = False
        self.running = ""
        self.running_about: object = None
        self.by = METHOD.name
        self.inbox = Inbox(limits or Limits())
        self.shown: bytes | None = None
        self.made: dict[str, bytes] = {}
        self.name = ""
        self.asked = 0
        self.lesson: Lesson | None = None
        self.edits, self.company = Edits(), True
        self.draft: Workspace | None = None
        self.entered = 0
        self.photos_in = self.model_in = False
        self.handed: tuple[str, bytes] | None = None
        self.model: OwnModel | None = None
        self.company_seen: tuple[Spec, str, Workspace] | None = None
        self.used = time.monotonic()
        super().__init__(service, workspace)

    def enter(self, workspace: Workspace, service: Service | None = None) -> None:
        """Look at another workspace, with nobody chosen or forgotten, through another service."""
        super().enter(workspace, service)
        self.positions: np.ndarray | None = None
        self.sheet: Any = None
        self.played: Played | None = None
        self.nearing: object = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """What is changed inside is taken back where the block does not come to its end."""
        positions = self.positions
        try:
            with super().attempt():
                yield
        except BaseException:
            self.positions = positions
            raise

    @contextmanager
    def working_for(self, panel: str, about: object, *, asked: bool = True) -> Iterator[Stop]:
        """`working` for a panel that has a Stop of its own, which is ready meanwhile.

        What was not `asked` for ends as well once the page is not `about` the same any more.
        """
        with self.working(asked=asked, wanted=lambda: asked or self.about == about) as cancel:
            self.running, self.running_about = panel, about
            try:
                yield cancel
            finally:
                self.running, self.running_about = "", None

    def runs(self, panel: str) -> bool:
        """Whether a panel's own work is under way, about whom the page is about now."""
        return self.running == panel and self.running_about == self.about

    @property
    def held(self) -> int:
        """Bytes of the visitor's own that are here as they came."""
        files = self.inbox.limits.megabytes * 1_000_000 - self.inbox.room
        model = self.model.facts.size if self.model is not None else 0
        asked = len(self.shown or b"") + sum(map(len, self.made.values()))
        return files + asked + len(self.handed[1] if self.handed else b"") + model

    def forget_own(self) -> None:
        """Let go of every photo of the visitor's own, and of their model."""
        self.forget_model()
        self.inbox.clear()
        self.shown = self.draft = None
        self.edits = Edits()

    def forget_model(self) -> None:
        """Let go of the visitor's own model."""
        self.handed = self.model = self.company_seen = None
        self.made = {}


class Sessions:
    """All visitors of one running page; at most `capacity`, the longest unused go first."""

    def __init__(self, capacity: int = CAPACITY, idle: float = IDLE_SECONDS) -> None:
        self._by_key: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._come = threading.Condition(self._lock)
        self._capacity, self._idle = capacity, idle
        self._wiped: set[str] = set()
        self._left: OrderedDict[str, float] = OrderedDict()
        self.gone = threading.Event()
        """Set when somebody has left or wiped their data; see `demo.launch`."""

    def __len__(self) -> int:
        return len(self._by_key)

    def get(self, key: str, make: Callable[[], Session]) -> Session:
        """The visitor's session; the one that `make` gives where there is none (any more)."""
        now = time.monotonic()
        with self._lock:
            session = self._by_key.get(key)
            if session is None:
                session = self._by_key[key] = make()
                self._come.notify_all()
            session.used = now
            self._by_key.move_to_end(key)
            self._expire(now)
            return session

    @property
    def quiet(self) -> float:
        """Seconds since anybody was last served; infinite where nobody is here."""
        with self._lock:
            last = max((one.used for one in self._by_key.values()), default=-math.inf)
        return time.monotonic() - last

    def known(self, key: str) -> bool:
        """Whether this visitor has a session."""
        return key in self._by_key

    def arrived(self, key: str, seconds: float) -> bool:
        """Whether this visitor has a session; one who has only just come is waited for so long."""
        with self._come:
            return self._come.wait_for(lambda: key in self._by_key, seconds)

    def left_since(self, key: str, asked: float | None) -> bool:
        """Whether the visitor has left after they asked, at `asked` of the monotonic clock.

        What was asked before waits in Gradio's line: to answer it would be to remember somebody
        who is gone. A page that comes back asks anew.
        """
        with self._lock:
            return asked is not None and key not in self._by_key and asked < self._left.get(key, 0)

    def find(self, key: str) -> Session | None:
        """The visitor's session, which is in use by this, where there is one."""
        with self._lock:
            session = self._by_key.get(key)
            if session is not None:
                session.used = time.monotonic()
                self._by_key.move_to_end(key)
            return session

    def drop(self, key: str) -> None:
        """Forget the visitor and stop what runs on their behalf."""
        with self._lock:
            session = self._by_key.pop(key, None)
            self._left[key] = time.monotonic()
            self._left.move_to_end(key)
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
        if session is not None:
            session.cancel.set()
            session.forget_own()
            self.gone.set()

    def wiped(self, key: str) -> None:
        """The visitor stays, and what they brought is gone."""
        with self._lock:
            self._wiped.add(key)
        self.gone.set()

    def taken_wiped(self) -> set[str]:
        """Who wiped their data since this was asked last."""
        with self._lock:
            wiped, self._wiped = self._wiped, set()
        return wiped

    def make_room(self, size: int) -> None:
        """Let go of files that nobody has fetched, the longest unused visitor's first, for `size`
        more bytes within `READY`."""
        with self._lock:
            waiting = [one for one in self._by_key.values() if one.made]
            used = size + sum(len(data) for one in waiting for data in one.made.values())
            for one in waiting:
                if used <= READY:
                    break
                used -= sum(map(len, one.made.values()))
                one.made = {}

    def sweep(self) -> None:
        """Forget who has been away for long, also where nobody else comes."""
        with self._lock:
            self._expire(time.monotonic())

    def _expire(self, now: float) -> None:
        for key in list(self._by_key):
            session = self._by_key[key]
            too_many = len(self._by_key) > self._capacity
            if not too_many and now - session.used < self._idle:
                break
            if session.is_working:
                continue
            del self._by_key[key]
            session.forget_own()
            self.gone.set()
