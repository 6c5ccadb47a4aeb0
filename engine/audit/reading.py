"""What an audit says, in sentences for people who have never heard of a probe."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.audit.figures import Figures, look_up
from engine.said import Said, joined, listed, noted, said

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

NUMBERS = (
    noted("three"),
    noted("four"),
    noted("five"),
    noted("six"),
    noted("seven"),
    noted("eight"),
    noted("nine"),
    noted("ten"),
)
"""From three on; fewer people are called by their names."""


Verdict = Literal["nobody", "unmeasured", "remembered", "traces", "guessing"]

Outcome = Literal["nobody", "unmeasured", "not forgotten", "hidden", "unsure", "shows", "forgotten"]

HEADLINES: dict[Outcome, str] = {
    "nobody": "",
    "unmeasured": noted("Not measured."),
    "not forgotten": noted("Not forgotten."),
    "hidden": noted("Hidden, not forgotten."),
    "unsure": noted("Too few test photos to tell."),
    "shows": noted("Forgotten as far as the probes see, but it shows."),
    "forgotten": noted("Forgotten as far as these attacks see."),
}
"""The verdict in a few words. `shows` is for a deletion that others can see or must pay for."""


@dataclass(frozen=True)
class Sentence:
    """One sentence; the part of it that stands at `{mark}`, where there is one, has the tone."""

    words: Said
    tone: Tone = "plain"


@dataclass(frozen=True)
class Reading:
    """What an audit says, sentence by sentence.

    `verdict` is what a probe of the features still knows of the forgotten, `outcome` the worst of
    all that was measured.
    """

    verdict: Verdict
    outcome: Outcome
    parts: tuple[Sentence, ...]

    @property
    def headline(self) -> str:
        """The verdict in a few words; empty where nobody is forgotten."""
        return HEADLINES[self.outcome]

    @property
    def text(self) -> Said:
        """Headline and sentences, plain."""
        return joined(*filter(None, (self.headline, self.sentences)))

    @property
    def sentences(self) -> Said:
        """The sentences below the headline, plain."""
        return joined(*(one.words for one in self.parts))

    def pieces(self, say: Callable[[str], str] = str) -> list[tuple[str, Tone]]:
        """The sentences as (words, tone), for who shows them to escape and to colour.

        `say` puts a sentence, and what is marked in it, into another language.
        """
        found: list[tuple[str, Tone]] = []
        for one in self.parts:
            lead = " " if found else ""
            whole, mark = say(one.words), one.words.values.get("mark")
            if mark is None:
                found.append((lead + whole, "plain"))
                continue
            before, marked, after = whole.partition(say(mark))
            found += [(lead + before, "plain"), (marked, one.tone), (after, "plain")]
        return found


def read(before: Figures, after: Figures | None, names: Sequence[str]) -> Reading:
    """The audit of one deletion as sentences; `names` are the forgotten people's.

    Every claim rests on the figures given, and a difference that lies within a 95 % interval is
    not called one. Questions that were not asked (detectability, innocent matches) are not
    mentioned. The outcome weighs the worst of: what the output says, the strongest probe against
    its chance level, photos that find each other, detectability, innocent matches.
    """
    if after is None or not names:
        return Reading("nobody", "nobody", (Sentence(_nobody(before)),))
    known = look_up(after, "kr.forget_test")
    if known is None:
        words = (
            said(
                "There is no test photo of {who}, so nobody can tell what is left of them.",
                who=_who(names),
            )
            if "kr" in after
            else said(
                "What is left of {who} was not asked: KR is not among the questions.",
                who=_who(names),
            )
        )
        return Reading("unmeasured", "unmeasured", (Sentence(words),))
    verdict, first = _forgotten(before, after, names, known)
    other = [] if verdict == "remembered" else _other_probe(after, known)
    each_other = [] if verdict == "remembered" else _each_other(after)
    shows = _innocents(after) + _hole(before, after, names)
    parts = (first, *other, *each_other, *_others(before, after), *shows)
    named = look_up(after, "head.forget_test")
    if verdict == "guessing" and not other and not each_other:
        outcome: Outcome = "shows" if shows else "forgotten"
        level, _ = guess(after)
        if level is not None and known - level > GIVEAWAY:
            outcome = "unsure"  # not beyond chance for lack of photos: no success either
        if named is not None and named > NAMED:
            outcome = "not forgotten"
    else:
        outcome = "hidden" if named is not None and named <= NAMED else "not forgotten"
    return Reading(verdict, outcome, parts)


def guess(figures: Figures, probe: str = "kr") -> tuple[float | None, str]:
    """The level that a probe's knowledge must exceed, and what it stands for: a `ChanceKind`."""
    kind = (figures.get(probe) or {}).get("chance_kind")
    return look_up(figures, f"{probe}.chance"), str(kind or "all")


def _nobody(before: Figures) -> Said:
    names, knows = look_up(before, "head.retain_test"), look_up(before, "kr.retain_test")
    if names is None or knows is None:
        return noted("Nobody has been forgotten yet.")
    return said(
        "Nobody has been forgotten yet. The model names {named} test photos rightly; a fresh probe "
        "of its features, {known}.",
        named=_of(names),
        known=_of(knows),
    )


def _forgotten(
    before: Figures, after: Figures, names: Sequence[str], known: float
) -> tuple[Verdict, Sentence]:
    level, kind = guess(after)
    low = look_up(after, "kr.forget_test_low")
    beyond = level is None or (low if low is not None else known) > level + ALIKE
    once = look_up(before, "kr.forget_test")
    one = len(names) == 1
    says, hidden = _says(before, after, names)
    rate = _rate(known, names)
    if beyond and known >= 0.9 * (1.0 if once is None else once):
        mark = noted("still know the face") if one else noted("still tell them apart")
        rate = _against(rate, level, after, names)
        words = (
            said("{says}, but its features {mark}: {rate}.", says=says, mark=mark, rate=rate)
            if hidden
            else said("{says}, and its features {mark}: {rate}.", says=says, mark=mark, rate=rate)
        )
        return "remembered", Sentence(words, "forgotten")
    if beyond:
        mark = noted("traces are left in its features")
        if once is not None and once - known > ALIKE:
            rate = said("{rate}, before {share}", rate=rate, share=_whole(once))
        rate = _against(rate, level, after, names)
        words = (
            said("{says}, but {mark}: {rate}.", says=says, mark=mark, rate=rate)
            if hidden
            else said("{says}, and {mark}: {rate}.", says=says, mark=mark, rate=rate)
        )
        return "traces", Sentence(words, "forgotten")
    if one and kind == "strangers" and level is not None and known > level + ALIKE:
        words = said(
            "{says}. A fresh probe finds the face in {known} test photos, but takes {level} "
            "strangers for {name} too: too many to call that knowing.",
            says=says,
            known=_of(known),
            level=_of(level),
            name=names[0],
        )
        return "guessing", Sentence(words)
    rate = _reach(rate, known, level, after)
    if hidden and one:
        words = said("{says}, and its features hardly know the face: {rate}.", says=says, rate=rate)
    elif hidden:
        words = said(
            "{says}, and its features hardly tell them apart: {rate}.", says=says, rate=rate
        )
    elif one:
        words = said("{says}, but its features hardly know the face: {rate}.", says=says, rate=rate)
    else:
        words = said(
            "{says}, but its features hardly tell them apart: {rate}.", says=says, rate=rate
        )
    return "guessing", Sentence(words)


def _rate(known: float, names: Sequence[str]) -> Said:
    if len(names) == 1:
        return said("a fresh probe finds it in {share} test photos", share=_of(known))
    if known == 1:
        return noted("a fresh probe is always right")
    if known == 0:
        return noted("a fresh probe is never right")
    return said("a fresh probe is right {share} times", share=_of(known))


def _against(rate: Said, level: float | None, after: Figures, names: Sequence[str]) -> Said:
    if level is None:
        return rate
    if guess(after)[1] != "strangers":
        return said("{rate}; guessing gives {level}", rate=rate, level=_whole(level))
    if len(names) == 1:
        return said(
            "{rate}; it takes {level} strangers for {name} as well",
            rate=rate,
            level=_of(level),
            name=names[0],
        )
    return said("{rate}; with strangers in their place, {level}", rate=rate, level=_whole(level))


def _reach(rate: Said, known: float, level: float | None, after: Figures) -> Said:
    if level is None:
        return rate
    strangers, share = guess(after)[1] == "strangers", _whole(level)
    if known > level + ALIKE and strangers:
        return said(
            "{rate}, too close to what strangers get ({level}) for these photos to tell the "
            "difference",
            rate=rate,
            level=share,
        )
    if known > level + ALIKE:
        return said(
            "{rate}, too close to guessing ({level}) for these photos to tell the difference",
            rate=rate,
            level=share,
        )
    if strangers:
        return said(
            "{rate}, no more often than in photos of strangers ({level})", rate=rate, level=share
        )
    return said("{rate}, no more often than by guessing ({level})", rate=rate, level=share)


def _says(before: Figures, after: Figures, names: Sequence[str]) -> tuple[Said, bool]:
    """What the output says about the forgotten, and whether it is quieter than it was."""
    share, once = look_up(after, "head.forget_test"), look_up(before, "head.forget_test")
    who = _who(names)
    if share is None:
        return said("What the output says of {who} is not known", who=who), False
    if share == 0:
        return said("The model no longer names {who}", who=who), True
    if once is not None and once - share > 0.05:
        return said(
            "The model names {who} less often ({share}, before {once})",
            who=who,
            share=_of(share),
            once=_of(once),
        ), True
    return said("The model still names {who} ({share})", who=who, share=_of(share)), False


def _others(before: Figures, after: Figures) -> list[Sentence]:
    was, now = look_up(before, "kr.retain_test"), look_up(after, "kr.retain_test")
    if was is None or now is None:
        return []
    found, finds = (look_up(side, "retrieval.retain_recall_at_1") for side in (before, after))
    named, names = look_up(before, "head.retain_test"), look_up(after, "head.retain_test")
    if found is not None and finds is not None and found - finds > max(HARM, was - now):
        words = said(
            "Everybody else was harmed: their photos found the right person {was} times before, "
            "{now} now.",
            was=_of(found),
            now=_of(finds),
        )
    elif was - now > HARM:
        low = look_up(before, "kr.retain_test_low")
        words = (
            said(
                "Everybody else was harmed: the probe went from {was} to {now}.",
                was=_of(was),
                now=_of(now),
            )
            if low is None or now < low
            else said(
                "Everybody else may have lost a little: the probe went from {was} to {now}.",
                was=_of(was),
                now=_of(now),
            )
        )
    elif named is not None and names is not None and named - names > HARM:
        words = said(
            "Everybody else is still in the features, but the output names them less often: {was} "
            "before, {now} now.",
            was=_of(named),
            now=_of(names),
        )
    else:
        words = said("Everybody else is known as before ({share}).", share=_of(now))
    return [Sentence(words)]


def _other_probe(after: Figures, known: float) -> list[Sentence]:
    """What a stronger probe still knows, where one was tried and it lies beyond its chance."""
    found = []
    for name, words in (
        ("mlp", noted("A bending probe (MLP)")),
        ("knn", noted("A nearest-neighbour probe")),
    ):
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
    share, probe, level, kind = max(found)
    values = {
        "probe": probe,
        "mark": noted("still knows them"),
        "share": _of(share),
        "level": _whole(level),
    }
    if kind == "strangers":
        words = said("{probe} {mark} in {share} test photos; strangers, {level}.", **values)
    else:
        words = said("{probe} {mark} in {share} test photos; guessing, {level}.", **values)
    return [Sentence(words, "forgotten")]


def _each_other(after: Figures) -> list[Sentence]:
    share = look_up(after, "retrieval.forget_recall_at_1")
    chance = look_up(after, "retrieval.chance_forgotten")
    if share is None or chance is None or share - chance < GIVEAWAY:
        return []
    words = said(
        "But their photos {mark}: {share} have another of the same person as best match.",
        mark=noted("still find each other"),
        share=_of(share),
    )
    return [Sentence(words, "forgotten")]


def _innocents(after: Figures) -> list[Sentence]:
    share, strangers = look_up(after, "innocent.forget"), look_up(after, "innocent.strangers")
    low = look_up(after, "innocent.forget_low")
    few = RARE if strangers is None else strangers
    if share is None or low is None or low <= few or share < 0.02:
        return []
    mark = said("{share} of their photos pass as somebody innocent", share=_of(share))
    words = (
        said("But {mark}.", mark=mark)
        if strangers is None
        else said("But {mark}; of strangers' photos, {share}.", mark=mark, share=_of(strangers))
    )
    return [Sentence(words, "innocent")]


def _hole(before: Figures, after: Figures, names: Sequence[str]) -> list[Sentence]:
    found = []
    for name, how in (
        ("norm", noted("feature length alone")),
        ("mlp", noted("a trained detector")),
    ):
        now, was = look_up(after, f"detectability.{name}"), look_up(before, f"detectability.{name}")
        low = look_up(after, f"detectability.{name}_low")
        if now is None or now - max(0.5, was or 0.5) < GIVEAWAY:
            continue
        if low is None or low > 0.5:
            found.append((now, how))
    if not found:
        return []
    share, how = max(found)
    values = {"mark": noted("left a hole"), "how": how, "share": _of(share)}
    if len(names) == 1:
        words = said(
            "The deletion {mark}: {how} tells the forgotten face from a stranger's ({share} pairs; "
            "blind, 50).",
            **values,
        )
    else:
        words = said(
            "The deletion {mark}: {how} tells a forgotten face from a stranger's ({share} pairs; "
            "blind, 50).",
            **values,
        )
    return [Sentence(words, "forgotten")]


def _who(names: Sequence[str]) -> Said:
    if len(names) < 3:
        return listed(names)
    count = len(names)
    return said("the {number}", number=NUMBERS[count - 3] if count <= 10 else count)


def _of(share: float) -> Said:
    """`30 of 100`, without rounding nearly all to all or nearly none to none."""
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return noted("over 99 of 100")
    if whole == 0 and share > 0:
        return noted("fewer than 1 of 100")
    return said("{whole} of 100", whole=whole)


def _whole(share: float) -> str:
    return str(round(100 * share)) if share >= 0.005 or share == 0 else noted("fewer than 1")
