"""What visitors of the page do, one after the other, and what each may see of it."""

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.protocol import Heard, Script, Window

CELL = re.compile(r'data-metric="([^"]+)">(.*?)</td>', re.DOTALL)
WRONG = re.compile(r'class="say wrong".*?<p[^>]*>(.*?)</p>', re.DOTALL)
STEPS = re.compile(r"<li><span><b>(.*?)</b>")
METHODS = ("esc", "esc", "esc", "esc", "esc", "leace", "head-only", "esc-t")
"""What visitors forget by, drawn from."""


@dataclass
class Book:
    """What all visitors together have met: seconds by act, trouble, and figures by deletion.

    `warned` is what methods said of deletions that they made; `crossed` are the sightings of people
    that somebody else has chosen; `figures` holds the scoreboard of each deletion, which must be
    the same for everybody who makes it.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    trouble: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    figures: dict[Any, Any] = field(default_factory=dict)
    differing: list[str] = field(default_factory=list)
    rounds: int = 0
    bytes: int = 0

    def note(self, act: str, heard: Heard, part: str = "") -> None:
        """Keep the time of an act, or until `part` was told by it; or its trouble."""
        if heard.trouble:
            self.trouble.append(f"{act}: {heard.trouble}")
            return
        seconds = heard.seconds(part)
        if seconds is None:
            self.trouble.append(f"{act}: nothing was told of {part}")
        else:
            self.seconds[act].append(seconds)


class Visitor:
    """Somebody at the page: chooses, forgets, and looks whether all that is shown is theirs."""

    def __init__(self, address: str, script: Script, book: Book, seed: int) -> None:
        self._book, self._script = book, script
        self._draw = random.Random(seed)
        self.names: list[str] = script.first["people"]["roster"]["names"]
        self.window = Window(address, script, self._see)
        self.mine: set[int] = set()
        self.fates: set[int] = set()
        self.board: dict[str, str] = {}
        self.steps: list[str] = []
        self._wrong: list[str] = []
        self._turn = 0

    async def arrive(self) -> None:
        """Open the page."""
        self._book.note("open the page", await self.window.arrive())
        if "people" not in self.window.told or not self.window.told["people"].get("session"):
            self._book.trouble.append("the page does not know its visitor")

    async def choose(self, labels: list[int]) -> None:
        """Tick people, one after the other."""
        self.chosen = sorted(labels)
        self.mine |= set(labels)
        for count in range(1, len(labels) + 1):
            self._turn += 1
            last = labels[count - 1]
            value = {"chosen": sorted(labels[:count]), "last": last, "turn": self._turn}
            self._book.note("choose", await self.window.act("people", "choose", value))
        self._value = value

    async def forget(self, method: str, rank: int | None = None) -> None:
        """Press Forget and wait for the map, then for everything."""
        options = {} if rank is None else {"rank": rank}
        setting = {"method": method, "options": options}
        said = len(self._wrong)
        heard = await self.window.act("forget", "click", self._value, setting)
        self._book.note("forget, to the map", heard, "map")
        self._book.note("forget, to the last figure", heard)
        if not heard.trouble and self.fates == set(self.chosen):
            self._book.warned.extend(self._wrong[said:])
            del self._wrong[said:]
        self._own(heard)
        self._same((tuple(self.chosen), method, rank))

    async def drag(self, steps: int) -> None:
        """Drag the strength as a hand does, each step told once the last is answered."""
        for rank in self._draw.sample(range(2, 20), steps):
            setting = {"method": "esc", "options": {"rank": rank}}
            heard = await self.window.act("method", "strength", setting, follow=False)
            self._book.note("drag, a step", heard)
        heard = await self.window.act("method", "settled", setting)
        self._book.note("drag, let go", heard)
        self._own(heard)
        self._same((tuple(self.chosen), "esc", rank))

    async def look(self) -> None:
        """Scroll down to the forgetting curve and wait until its first points are drawn."""
        heard = await self.window.reach("curve", "look", "forgetting-curve")
        self._book.note("look at the curve", heard, "forgetting-curve")

    async def ask(self) -> None:
        """Ask who one of the forgotten is."""
        heard = await self.window.act("who", "ask", data={"any": "forgotten"})
        self._book.note("ask who this is", heard, "who")

    async def undo(self) -> None:
        """Take the deletion back."""
        heard = await self.window.act("undo", "click")
        self._book.note("undo", heard)
        if not heard.trouble and self.fates:
            self._book.crossed.append("somebody is forgotten after the only deletion was undone")

    async def leave(self) -> None:
        """Close the page."""
        self._book.trouble.extend((*self.window.trouble, *self._wrong))
        self._book.bytes += self.window.bytes
        await self.window.leave()

    def some(self, most: int = 5) -> list[int]:
        """People drawn at random; for one visitor of four those of the first preset."""
        if self._draw.random() < 0.25:
            return [self.names.index(one) for one in PRESET]
        return self._draw.sample(range(len(self.names)), self._draw.randint(1, most))

    def pick(self) -> str:
        """A method, as visitors do."""
        return self._draw.choice(METHODS)

    async def think(self, seconds: float) -> None:
        """Look at the page for a while, on average so long."""
        await asyncio.sleep(self._draw.uniform(0.5, 1.5) * seconds)

    def _see(self, part: str, told: Mapping[str, Any]) -> None:
        """Whatever the page shows must be about people whom this visitor has chosen."""
        if part == "people" and "fates" in told:
            self.fates = {int(label) for label in told["fates"]}
            if not self.fates <= self.mine:
                self._cross("cards", self.fates - self.mine)
        if part == "map" and "value" in told:
            value = told["value"]
            shown = {*value.get("forgotten", ()), *value.get("chosen", ())}
            if not shown <= self.mine:
                self._cross("the map", shown - self.mine)
        if part == "method" and told.get("spectrum"):
            shown = set(told["spectrum"]["people"])
            if not shown <= self.mine:
                self._cross("the spectrum", shown - self.mine)
        if part == "steps" and "value" in told:
            self.steps = STEPS.findall(told["value"])
        if part == "scoreboard" and "value" in told:
            self.board = dict(CELL.findall(told["value"]))
        if part == "status" and "value" in told:
            found = WRONG.search(told["value"])
            if found:
                self._wrong.append(f"said: {found[1].strip()[:150]}")

    def _cross(self, where: str, others: set[int]) -> None:
        self._book.crossed.append(f"{where}: {sorted(others)[:5]}")

    def _own(self, heard: Heard) -> None:
        if heard.trouble:
            return
        if self.fates != set(self.chosen):
            self._book.crossed.append(f"cards: {sorted(self.fates)} instead of {self.chosen}")
        if len(self.steps) != 1:
            self._book.crossed.append(f"steps: {self.steps}")

    def _same(self, deletion: Any) -> None:
        known = self._book.figures.setdefault(deletion, self.board)
        if known != self.board:
            self._book.differing.append(orjson.dumps(deletion).decode())


LOOKS = 0.5
"""Share of the visitors who scroll down to the forgetting curve."""

PRESET = ("Asha", "Diego", "Greta", "Kwame", "Yuki")
"""The people of the embedded gallery's first preset, whom many choose."""


async def stroll(
    address: str, script: Script, book: Book, until: float, seed: int, pause: float
) -> None:
    """Arrive, choose, forget, drag, ask, undo, leave, again and again until the time is over."""
    clock = asyncio.get_running_loop().time
    draw = random.Random(seed)
    await asyncio.sleep(draw.uniform(0, 2 * pause))
    at = 0
    while clock() < until:
        at += 1
        visitor = Visitor(address, script, book, 1_000 * seed + at)
        try:
            await visitor.arrive()
            await visitor.think(pause)
            await visitor.choose(visitor.some())
            await visitor.think(pause)
            method = visitor.pick()
            await visitor.forget(method)
            await visitor.think(pause)
            if draw.random() < LOOKS:
                await visitor.look()
                await visitor.think(pause)
            if method == "esc":
                await visitor.drag(8)
                await visitor.think(pause)
            await visitor.ask()
            await visitor.think(pause)
            await visitor.undo()
            await visitor.think(pause)
            book.rounds += 1
        except Exception as error:  # a visitor who meets a fault is counted, and the others go on
            book.trouble.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            await visitor.leave()


async def lesson(address: str, script: Script, book: Book, seed: int, pause: float) -> None:
    """A pupil's first steps: meet the model, hide a name, ask again, erase, more strength."""
    pupil = Visitor(address, script, book, seed)
    draw = random.Random(seed)

    async def step(name: str) -> None:
        asked = {"step": name, "go": False, "turn": 1}
        book.note("open a step of the lesson", await pupil.window.act("lesson", "open", data=asked))

    try:
        await pupil.arrive()
        await step("point")
        await pupil.think(pause)
        await pupil.choose(draw.sample(range(len(pupil.names)), 3))
        await step("known")
        await pupil.think(pause)
        heard = await pupil.window.act("who", "ask", data={"any": "anybody"})
        book.note("ask who this is", heard, "who")
        await step("hide")
        await pupil.think(pause)
        await pupil.forget("head-only")
        await pupil.ask()
        await pupil.think(pause)
        await pupil.undo()
        await pupil.forget("esc")
        await pupil.think(pause)
        await pupil.drag(8)
        await pupil.ask()
        await pupil.think(pause)
        book.rounds += 1
    except Exception as error:  # counted, and the others go on
        book.trouble.append(f"{type(error).__name__}: {error}"[:200])
    finally:
        await pupil.leave()
