"""What an audit says, in sentences for people who have never heard of a probe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.audit.figures import Figures, look_up

Tone = Literal["plain", "forgotten", "innocent"]

ALIKE = 0.005
"""Shares that agree to this are the same to a reader of whole percents."""

HARM = 0.01
"""A fall in the share of everybody else recognised that is worth a sentence."""

GIVEAWAY = 0.1
"""How far above chance (a detector: above the model before, too) a leak must lie to be named."""

NAMED = 0.05
"""The output names the forgotten more often than this: then their names are not even hidden."""

RARE = 0.02
"""Innocent matches up to this are what the accept threshold lets pass, where no stranger judges."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


Verdict = Literal["nobody", "unmeasured", "remembered", "traces", "guessing"]

Outcome = Literal["nobody", "unmeasured", "not forgotten", "hidden", "unsure", "shows", "forgotten"]

HEADLINES: dict[Outcome, str] = {
    "nobody": "",
    "unmeasured": "Not measured.",
    "not forgotten": "Not forgotten.",
    "hidden": "Hidden, not forgotten.",
    "unsure": "Too few test photos to tell.",
    "shows": "Forgotten as far as the probes see, but it shows.",
    "forgotten": "Forgotten as far as these attacks see.",
}
"""The verdict in a few words. `shows` is for a deletion that others can see or must pay for."""


@dataclass(frozen=True)
class Reading:
    """Sentences as (words, tone) pieces, for who shows them to escape and to colour.

    `verdict` is what a probe of the features still knows of the forgotten, `outcome` the worst of
    all that was measured.
    """

    verdict: Verdict
    outcome: Outcome
    pieces: tuple[tuple[str, Tone], ...]

    @property
    def headline(self) -> str:
        """The verdict in a few words; empty where nobody is forgotten."""
        return HEADLINES[self.outcome]

    @property
    def text(self) -> str:
        """Headline and sentences, plain."""
        return " ".join(filter(None, (self.headline, self.sentences)))

    @property
    def sentences(self) -> str:
        """The sentences below the headline, plain."""
        return "".join(words for words, _ in self.pieces)


def read(before: Figures, after: Figures | None, names: Sequence[str]) -> Reading:
    """The audit of one deletion as sentences; `names` are the forgotten people's.

    Every claim rests on the figures given, and a difference that lies within a 95 % interval is
    not called one. Questions that were not asked (detectability, innocent matches) are not
    mentioned. The outcome weighs the worst of: what the output says, the strongest probe against
    its chance level, photos that find each other, detectability, innocent matches.
    """
    if after is None or not names:
        return _nobody(before)
    known = look_up(after, "kr.forget_test")
    if known is None:
        return Reading(
            "unmeasured",
            "unmeasured",
            (
                (f"There is no test photo of {_who(names)}, ", "plain"),
                ("so nobody can tell what is left of them.", "plain"),
            ),
        )
    verdict, pieces = _forgotten(before, after, names, known)
    other = [] if verdict == "remembered" else _other_probe(after, known)
    each_other = [] if verdict == "remembered" else _each_other(after)
    shows = _innocents(after) + _hole(before, after, names)
    pieces += other + each_other + _others(before, after) + shows
    said = look_up(after, "head.forget_test")
    if verdict == "guessing" and not other and not each_other:
        outcome: Outcome = "shows" if shows else "forgotten"
        level, _ = guess(after)
        if level is not None and known - level > GIVEAWAY:
            outcome = "unsure"  # not beyond chance for lack of photos: no success either
        if said is not None and said > NAMED:
            outcome = "not forgotten"
    else:
        outcome = "hidden" if said is not None and said <= NAMED else "not forgotten"
    return Reading(verdict, outcome, tuple(pieces))


def guess(figures: Figures, probe: str = "kr") -> tuple[float | None, str]:
    """The level that a probe's knowledge must exceed, and what it stands for: a `ChanceKind`."""
    kind = (figures.get(probe) or {}).get("chance_kind")
    return look_up(figures, f"{probe}.chance"), str(kind or "all")


def _nobody(before: Figures) -> Reading:
    says, knows = look_up(before, "head.retain_test"), look_up(before, "kr.retain_test")
    if says is None or knows is None:
        return Reading("nobody", "nobody", (("Nobody has been forgotten yet.", "plain"),))
    return Reading(
        "nobody",
        "nobody",
        (
            (
                f"Nobody has been forgotten yet. The model names {_of(says)} test photos rightly; "
                f"a fresh probe of its features, {_of(knows)}.",
                "plain",
            ),
        ),
    )


def _forgotten(
    before: Figures, after: Figures, names: Sequence[str], known: float
) -> tuple[Verdict, list[tuple[str, Tone]]]:
    level, kind = guess(after)
    low = look_up(after, "kr.forget_test_low")
    beyond = level is None or (low if low is not None else known) > level + ALIKE
    once = look_up(before, "kr.forget_test")
    one = len(names) == 1
    says, hidden = _says(before, after, names)
    rate = f": {_rate(known, names)}"
    if beyond and known >= 0.9 * (1.0 if once is None else once):
        still = "still know the face" if one else "still tell them apart"
        return "remembered", [
            (f"{says}, {'but' if hidden else 'and'} its features ", "plain"),
            (still, "forgotten"),
            (f"{rate}{_against(level, after, names)}.", "plain"),
        ]
    if beyond:
        was = f", before {_whole(once)}" if once is not None and once - known > ALIKE else ""
        return "traces", [
            (f"{says}, {'but' if hidden else 'and'} ", "plain"),
            ("traces are left in its features", "forgotten"),
            (f"{rate}{was}{_against(level, after, names)}.", "plain"),
        ]
    if one and kind == "strangers" and level is not None and known > level + ALIKE:
        return "guessing", [
            (
                f"{says}. A fresh probe finds the face in {_of(known)} test photos, but takes "
                f"{_of(level)} strangers for {names[0]} too: too many to call that knowing.",
                "plain",
            )
        ]
    hardly = "hardly know the face" if one else "hardly tell them apart"
    return "guessing", [
        (f"{says}, {'and' if hidden else 'but'} its features {hardly}{rate}", "plain"),
        (f"{_reach(known, level, after)}.", "plain"),
    ]


def _rate(known: float, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"a fresh probe finds it in {_of(known)} test photos"
    if known in (0, 1):
        return f"a fresh probe is {'always' if known else 'never'} right"
    return f"a fresh probe is right {_of(known)} times"


def _against(level: float | None, after: Figures, names: Sequence[str]) -> str:
    if level is None:
        return ""
    if guess(after)[1] != "strangers":
        return f"; guessing gives {_whole(level)}"
    if len(names) == 1:
        return f"; it takes {_of(level)} strangers for {names[0]} as well"
    return f"; with strangers in their place, {_whole(level)}"


def _reach(known: float, level: float | None, after: Figures) -> str:
    if level is None:
        return ""
    strangers = guess(after)[1] == "strangers"
    if known > level + ALIKE:
        near = "what strangers get" if strangers else "guessing"
        return f", too close to {near} ({_whole(level)}) for these photos to tell the difference"
    if strangers:
        return f", no more often than in photos of strangers ({_whole(level)})"
    return f", no more often than by guessing ({_whole(level)})"


def _says(before: Figures, after: Figures, names: Sequence[str]) -> tuple[str, bool]:
    """What the output says about the forgotten, and whether it is quieter than it was."""
    share, once = look_up(after, "head.forget_test"), look_up(before, "head.forget_test")
    who = _who(names)
    if share is None:
        return f"What the output says of {who} is not known", False
    if share == 0:
        return f"The model no longer names {who}", True
    if once is not None and once - share > 0.05:
        return f"The model names {who} less often ({_of(share)}, before {_of(once)})", True
    return f"The model still names {who} ({_of(share)})", False


def _others(before: Figures, after: Figures) -> list[tuple[str, Tone]]:
    was, now = look_up(before, "kr.retain_test"), look_up(after, "kr.retain_test")
    if was is None or now is None:
        return []
    found, finds = (look_up(side, "retrieval.retain_recall_at_1") for side in (before, after))
    if found is not None and finds is not None and found - finds > max(HARM, was - now):
        return [
            (
                f" Everybody else was harmed: their photos found the right person "
                f"{_of(found)} times before, {_of(finds)} now.",
                "plain",
            )
        ]
    said, says = look_up(before, "head.retain_test"), look_up(after, "head.retain_test")
    if was - now > HARM:
        low = look_up(before, "kr.retain_test_low")
        sure = low is None or now < low
        words = "Everybody else was harmed" if sure else "Everybody else may have lost a little"
        return [(f" {words}: the probe went from {_of(was)} to {_of(now)}.", "plain")]
    if said is not None and says is not None and said - says > HARM:
        return [
            (
                f" Everybody else is still in the features, but the output names them less "
                f"often: {_of(said)} before, {_of(says)} now.",
                "plain",
            )
        ]
    return [(f" Everybody else is known as before ({_of(now)}).", "plain")]


def _other_probe(after: Figures, known: float) -> list[tuple[str, Tone]]:
    """What a stronger probe still knows, where one was tried and it lies beyond its chance."""
    found = []
    for name, words in (("mlp", "A bending probe (MLP)"), ("knn", "A nearest-neighbour probe")):
        share = look_up(after, f"{name}.forget_test")
        low = look_up(after, f"{name}.forget_test_low")
        level, kind = guess(after, name)
        if share is None or low is None or level is None:
            continue
        if low <= level + ALIKE or share <= known + GIVEAWAY:
            continue
        found.append((share, words, level, kind))
    if not found:
        return []
    share, words, level, kind = max(found)
    beside = "strangers" if kind == "strangers" else "guessing"
    return [
        (f" {words} ", "plain"),
        ("still knows them", "forgotten"),
        (f" in {_of(share)} test photos; {beside}, {_whole(level)}.", "plain"),
    ]


def _each_other(after: Figures) -> list[tuple[str, Tone]]:
    share = look_up(after, "retrieval.forget_recall_at_1")
    chance = look_up(after, "retrieval.chance_forgotten")
    if share is None or chance is None or share - chance < GIVEAWAY:
        return []
    return [
        (" But their photos ", "plain"),
        ("still find each other", "forgotten"),
        (f": {_of(share)} have another of the same person as best match.", "plain"),
    ]


def _innocents(after: Figures) -> list[tuple[str, Tone]]:
    share, strangers = look_up(after, "innocent.forget"), look_up(after, "innocent.strangers")
    low = look_up(after, "innocent.forget_low")
    few = RARE if strangers is None else strangers
    if share is None or low is None or low <= few or share < 0.02:
        return []
    beside = "" if strangers is None else f"; of strangers' photos, {_of(strangers)}"
    return [
        (" But ", "plain"),
        (f"{_of(share)} of their photos pass as somebody innocent", "innocent"),
        (f"{beside}.", "plain"),
    ]


def _hole(before: Figures, after: Figures, names: Sequence[str]) -> list[tuple[str, Tone]]:
    found = []
    for name, how in (("norm", "feature length alone"), ("mlp", "a trained detector")):
        now, was = look_up(after, f"detectability.{name}"), look_up(before, f"detectability.{name}")
        low = look_up(after, f"detectability.{name}_low")
        if now is None or now - max(0.5, was or 0.5) < GIVEAWAY:
            continue
        if low is None or low > 0.5:
            found.append((now, how))
    if not found:
        return []
    share, how = max(found)
    face = "the forgotten face" if len(names) == 1 else "a forgotten face"
    return [
        (" The deletion ", "plain"),
        ("left a hole", "forgotten"),
        (f": {how} tells {face} from a stranger's ({_of(share)} pairs; blind, 50).", "plain"),
    ]


def _who(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return f"{names[0]} and {names[1]}"
    return f"the {NUMBERS[len(names)] if len(names) < len(NUMBERS) else len(names)}"


def _of(share: float) -> str:
    """`30 of 100`, without rounding nearly all to all or nearly none to none."""
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return "over 99 of 100"
    if whole == 0 and share > 0:
        return "fewer than 1 of 100"
    return f"{whole} of 100"


def _whole(share: float) -> str:
    return str(round(100 * share)) if share >= 0.005 or share == 0 else "fewer than 1"
