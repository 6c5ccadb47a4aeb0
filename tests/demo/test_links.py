"""Links as text: what is written is read again, and nothing else is."""

import random
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest

from demo import links
from demo.links import Deletion, Link
from engine.erasure import METHODS
from engine.errors import LetheError
from engine.sources import open_gallery

NAMES = (
    "Ada", "Ada_Lovelace", "Doe, John", "George_H_W_Bush", "George_W_Bush", "Jean-Luc", "José",
    "<b>Mallory</b>", "O'Neil_Tip", "X" * 80, "Yuki", "Zoë_Straße", "a~b:c", "李_明", "100%",
    "&do=x",
)  # fmt: skip


def some(rng: random.Random) -> Link:
    """Any link that the page may write."""
    names = list(links.marks(NAMES))
    rng.shuffle(names)
    steps = []
    for _ in range(rng.randrange(4)):
        method = rng.choice(list(METHODS.values()))
        options = {}
        for one in method.options:
            if rng.random() < 0.5:
                low = one.minimum if one.minimum is not None else 0
                high = one.maximum if one.maximum is not None else 40
                number = rng.uniform(low, high)
                options[one.name] = {
                    "choice": rng.choice(one.choices or ("",)),
                    "float": number,
                }.get(one.kind, round(number))
        people = tuple(names.pop() for _ in range(rng.randint(1, 3)))
        steps.append(Deletion(people, method.name, links.changed(method.name, options)))
    return Link(
        faces=rng.choice([None, "synthetic"]),
        backbone=rng.choice([None, "mini-without-five"]),
        seed=rng.choice([None, 0, 7]),
        key=rng.choice([None, "91ab03cd"]),
        do=tuple(steps),
        people=tuple(names[: rng.randrange(3)]),
        ask=rng.choice([None, 0, 311]),
        view=rng.choice([None, "attack"]),
        step=rng.choice([None, "hide", "3"]),
        theme=rng.choice([None, "light", "dark"]),
        lang=rng.choice([None, "es", "pt-BR"]),
    )


@pytest.mark.parametrize("seed", range(200))
def test_what_is_written_is_read_again(seed: int) -> None:
    """Catches a value that a link loses or rounds, also where a browser spells the query anew."""
    link = some(random.Random(seed))
    query = links.write(link)
    assert links.read(query) == link
    assert links.read("?" + query) == link
    assert links.read(urlencode(parse_qsl(query))) == link
    assert links.write(links.read(query)) == query
    assert query.isascii()
    assert not set(query) & set(" \"'<>#?")


def test_defaults_are_left_out() -> None:
    """Catches a link that grows by what says nothing."""
    told = Deletion(("Ada",), "esc", {"rank": "auto", "p": None})
    assert links.write(Link(do=(told,))) == "do=Ada:esc"
    assert links.write(Link(do=(replace(told, options={"rank": 5.0}),))) == "do=Ada:esc:rank=5"


def test_five_people_give_a_short_and_readable_link() -> None:
    """Catches a link that cannot be read out in a class."""
    identities = open_gallery("synthetic").identities
    called = links.marks(identities)
    assert called == list(identities)
    longest = sorted(called, key=len)[-5:]
    link = Link("synthetic", "mini-without-five", 0, "91ab03cd", (Deletion((*longest,), "esc"),))
    query = links.write(replace(link, ask=311, view="compare", theme="light"))
    assert len("http://127.0.0.1:7860/?" + query) < 200
    assert ",".join(longest) + ":esc" in query


def test_a_mark_is_a_first_name_a_name_or_stays_the_same() -> None:
    """Catches marks that mean two people, that a link cannot hold, or that move with the others."""
    called = links.marks(NAMES)
    by = dict(zip(NAMES, called, strict=True))
    assert by["Ada"] == "Ada"
    assert by["Ada_Lovelace"] == "Ada_Lovelace"
    assert by["George_W_Bush"] == "George_W_Bush"
    assert by["O'Neil_Tip"] == "O'Neil"
    assert by["Zoë_Straße"] == "Zoë"
    assert by["X" * 80] == links.marks(["X" * 80])[0]
    assert len(by["X" * 80]) == 9
    assert len(set(called)) == len(called)
    assert all(one.startswith(".") or links.PLAIN.fullmatch(one) for one in called)
    assert links.labels(called, NAMES) == tuple(range(len(NAMES)))
    assert links.labels(["O'Neil_Tip", "Zoë_Straße"], NAMES) == (8, 11)
    assert links.labels(["Zoe\u0308"], NAMES) == (11,)


def test_a_name_that_two_have_is_nobody() -> None:
    """Catches a link that forgets somebody else once there is a second of that first name."""
    assert links.labels(["Zoë"], ["Zoë_Straße"]) == (0,)
    with pytest.raises(LetheError, match="not in this gallery"):
        links.labels(["Zoë"], ["Zoë_Straße", "Zoë_Weg"])


BAD = [
    "do=",
    "do=Ada",
    "do=:esc",
    "do=Ada:",
    "do=Ada:fly",
    "do=Ada:esc:rank=-3",
    "do=Ada:esc:rank=2.5",
    "do=Ada:esc:rank=1e999",
    "do=Ada:esc:rank=nan",
    "do=Ada:esc:rank",
    "do=Ada:esc:rank=",
    "do=Ada:esc:rank=3:rank=4",
    "do=Ada:esc:speed=3",
    "do=Ada:esc:p=nan",
    "do=Ada:esc:p=inf",
    "do=Ada:esc:p=1e9",
    "do=Ada:esc-t:steps=99999999",
    "do=Ada:esc-t:loss=mine",
    "do=Ada,Ada:esc",
    "do=Ada,,Yuki:esc",
    "do=Ada:esc~",
    "do=~Ada:esc",
    "do=" + "~".join(f"P{i}:esc" for i in range(links.MOST_STEPS + 1)),
    "people=" + ",".join(f"P{i}" for i in range(links.MOST_PEOPLE + 1)),
    "people=",
    "do=Ada:esc&do=Yuki:esc",
    "people=Ada&people=Ada",
    "seed=-1",
    "seed=x",
    "seed=" + "9" * 400,
    "seed=٣",
    "ask=1.5",
    "theme=pink",
    "faces=../../etc/passwd",
    "faces=<script>alert(1)</script>",
    "key=%00",
    "step=<b>",
    "view=%3Cimg+src%3Dx%3E",
    "do=" + "A" * 10_000,
]


@pytest.mark.parametrize("query", BAD, ids=range(len(BAD)))
def test_bad_links_are_one_sentence(query: str) -> None:
    """Catches a traceback, a guess at what was meant, and a stranger's words on the page."""
    with pytest.raises(LetheError) as caught:
        links.read(query)
    said = str(caught.value)
    assert said.count(". ") == 0
    assert said.endswith(".")
    assert "Ada" not in said
    assert "<" not in said


def test_noise_is_never_a_crash() -> None:
    """Catches an input that gives anything but a link or a sentence."""
    rng = random.Random(3)
    good = links.write(some(random.Random(9)))
    for _ in range(3000):
        text = list(good)
        for _ in range(rng.randrange(1, 6)):
            text[rng.randrange(len(text))] = rng.choice("&=~:,.%+;\x00\ud800é0a<")
        try:
            links.read("".join(text))
        except LetheError:
            continue


def test_what_others_add_is_left_alone() -> None:
    """Catches a link that a mail program's own parameters break."""
    assert links.read("do=Ada:esc&utm_source=a&utm_source=b&__theme=dark") == links.read(
        "do=Ada:esc"
    )


def test_too_much_is_not_written() -> None:
    """Catches a link that can be copied and not opened."""
    for link in (
        Link(people=tuple(f"P{i}" for i in range(links.MOST_PEOPLE + 1))),
        Link(do=(Deletion(("Ada",), "esc"),) * (links.MOST_STEPS + 1)),
        Link(people=tuple("é" * 20 + str(i) for i in range(60))),
    ):
        with pytest.raises(LetheError, match="more than a link can hold"):
            links.write(link)
