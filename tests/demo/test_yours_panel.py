"""The place "Your photos": what its review lists, and that what visitors bring stays text."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from demo import theme
from demo.panels import views, yours, yours_review
from engine.clarity import Sight
from engine.company import join
from engine.oddities import Oddity
from engine.photo import Skipped
from engine.service.own import Edits, Limits
from engine.workspace import Workspace
from tests.demo.test_templates import HOSTILE, Read
from tests.demo.world import workspace

OWN = ("Mo", "Uma", "Wim")
COMPANY = ("Ada", "Kofi", "Priya")
OTHERWISE = ("data:image", "left out (", "to test with")
"""By which words are known that differ between two reviews without fault."""


class Review(HTMLParser):
    """A review as somebody sees it: whose photos, which of them, what was left out, all words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.people: list[str] = []
        self.names: list[str] = []
        self.used: list[str] = []
        self.pictures = 0
        self.left: list[str] = []
        self.words = ""
        self._in_left = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "data-identity" in given:
            self.people.append(given["data-identity"])
            self.names.append(given["value"])
        if "data-out" in given:
            self.used.append(given["data-out"])
        self.pictures += tag == "img"
        self._in_left = self._in_left or given.get("class") == "left"
        if self._in_left and tag == "li":
            self.left.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_left = self._in_left and tag != "details"

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._in_left and self.left:
            self.left[-1] = re.sub(r"\s+", " ", self.left[-1] + data)


def without(space: Workspace, lost: dict[str, str]) -> Workspace:
    """The workspace as if these photos had given no face, each for its reason."""
    features = space.features
    kept = [at for at, row in enumerate(features.rows) if space.gallery.photos[row].key not in lost]
    features = replace(
        features,
        values=features.values[kept],
        labels=features.labels[kept],
        train=features.train[kept],
        rows=features.rows[kept],
        skipped=(
            *space.gallery.skipped,
            *(Skipped(key, reason) for key, reason in lost.items()),
        ),
    )
    return replace(space, features=features)


def with_skipped(space: Workspace, *skipped: Skipped) -> Workspace:
    """The workspace of a gallery that has left these files out."""
    return replace(
        space,
        gallery=replace(space.gallery, skipped=skipped),
        features=replace(space.features, skipped=(*skipped, *space.lost)),
    )


def together(own: Workspace, company: Workspace) -> Workspace:
    """Own people in the company of others."""
    gallery, features = join((own.gallery, own.features), (company.gallery, company.features))
    return replace(own, gallery=gallery, features=features)


def says(text: str) -> Workspace:
    """A workspace in which every word of a review is `text`."""
    space = with_skipped(workspace((text, "Ödön", "Östen")), Skipped(text, text))
    key = f"{text}/3.png"
    return replace(
        without(space, {key: text}),
        oddities=(Oddity("copies", text, text, (f"{text}/1.png",)),),
        features=replace(
            without(space, {key: text}).features, remarks=(Skipped(f"{text}/1.png", text),)
        ),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_what_visitors_bring_stays_text(text: str) -> None:
    """Catches a name, key, reason, remark or oddity that is not escaped, or escaped twice: it makes
    an element or an attribute that the template does not make, or is not read as it was written."""
    expected, found = (
        Read(yours_review.review(says("Ada"), 2)),
        Read(yours_review.review(says(text), 2)),
    )
    assert found.elements == expected.elements
    # The count of reviews, the pictures, the split and the cause in the sum (`O'Neil`, not what
    # follows a semicolon) differ.
    kept = [
        (plain, word)
        for plain, word in zip(expected.words, found.words, strict=True)
        if not plain.isdecimal() and not any(one in plain for one in OTHERWISE)
    ]
    assert [word for _, word in kept] == [plain.replace("Ada", text) for plain, _ in kept]
    assert sum("Ada" in plain for plain, _ in kept) > 20


def test_a_hostile_name_comes_back_as_it_was_brought() -> None:
    """Catches a name or key that the page's script cannot send back, for it was changed."""
    name = 'Zoë "Z" <b>_O\'Neil'
    found = Review(yours_review.review(workspace((name, *OWN)), 4))
    assert name in found.people
    assert name.replace("_", " ") in found.names
    assert f"{name}/0.png" in found.used


def test_every_own_photo_is_there_once() -> None:
    """Catches a photo that vanishes between what is used and what was left out, or is in both, and
    one left out without its reason."""
    lost = {"Mo/2.png": "no face found", "Wim/0.png": "cut off; copy or download it again"}
    space = without(with_skipped(workspace(OWN), Skipped("notes.txt", "no image: text")), lost)
    found = Review(yours_review.review(space, 3))
    keys = [photo.key for photo in space.gallery.photos]
    assert Counter(found.used) == Counter(key for key in keys if key not in lost)
    assert len(found.left) == 3
    for key, reason in {**lost, "notes.txt": "no image: text"}.items():
        assert sum(key in line and reason in line for line in found.left) == 1
    assert "28 photos of 3 people used; 3 files left out" in found.words


def test_somebody_without_a_face_is_left_out_with_all_photos() -> None:
    """Catches photos that are in no gallery any more, since nobody of that name gave a face, and so
    are not listed either."""
    gone = tuple(Skipped(f"Nobody/{at}.png", "no face found") for at in range(3))
    space = workspace(OWN)
    space = replace(space, features=replace(space.features, skipped=gone))
    found = Review(yours_review.review(space, 3))
    assert [line.split()[0] for line in found.left] == [one.key for one in gone]


def test_only_a_first_part_of_what_was_left_out_is_listed() -> None:
    """Catches a list without end, and a rest that nobody is told of."""
    skipped = tuple(
        Skipped(f"{at}.mov", "no image: video") for at in range(yours_review.SHOWN + 1_200)
    )
    found = Review(yours_review.review(with_skipped(workspace(OWN), *skipped), 3))
    assert len(found.left) == yours_review.SHOWN + 1
    assert "and 1,200 more" in found.left[-1]


def test_the_company_is_not_listed() -> None:
    """Catches people, photos, left-out files, sums and oddities of the gallery among one's own."""
    own = without(with_skipped(workspace(OWN), Skipped("own.txt", "no image")), {"Mo/2.png": "dim"})
    company = without(
        with_skipped(workspace(COMPANY), Skipped("theirs.txt", "no image")), {"Ada/2.png": "dim"}
    )
    space = replace(
        together(own, company),
        oddities=(
            Oddity("copies", "About Ada.", "", ("Ada/1.png",)),
            Oddity("no test photo", "About Kofi.", "", ("Kofi",)),
            Oddity("one person twice", "About Mo and Ada.", "", ("Mo", "Ada")),
            Oddity("settings", "About the model.", ""),
        ),
    )
    found = Review(yours_review.review(space, 3, company))
    assert found.people == list(OWN)
    assert not [key for key in found.used if key.split("/")[0] in COMPANY]
    assert len(found.left) == 2
    assert "own.txt" in found.left[0]
    assert "Mo/2.png" in found.left[1]
    assert "29 photos of 3 people used; 2 files left out" in found.words
    assert "About Ada." not in found.words
    assert "About Kofi." not in found.words
    assert "About Mo and Ada." in found.words
    assert "About the model." in found.words


def test_names_and_keys_are_those_that_were_brought() -> None:
    """Catches an edit that the server cannot follow: in company, names and keys that are there
    twice are told apart, but photos were brought under their own."""
    found = Review(yours_review.review(together(workspace(("Ada", "Mo")), workspace(COMPANY)), 2))
    assert found.people == ["Ada", "Mo"]
    assert "Ada/0.png" in found.used
    assert not [key for key in found.used if key.startswith("yours/")]


def test_a_name_that_only_looks_told_apart_stays() -> None:
    """Catches a folder called `Mo (yours)` or `yours` that loses its name."""
    found = Review(yours_review.review(workspace(("Mo (yours)", "yours")), 2))
    assert found.people == ["Mo (yours)", "yours"]
    assert "yours/0.png" in found.used


def test_cards_say_how_many_photos_test() -> None:
    """Catches a card that counts somebody else's photos, or enrolled ones as test photos."""
    space = without(workspace(OWN), {"Mo/0.png": "no face found"})
    labels, train = space.features.labels, space.features.train
    text = re.sub(r"\s+", " ", Review(yours_review.review(space, 3)).words)
    for label, photos in enumerate((9, 10, 10)):
        tests = int((~train[labels == label]).sum())
        assert f"{photos} photos, {tests} of them to test with" in text


def test_many_photos_are_there_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a review of thousands of pictures, and one that lists only those that it shows."""
    monkeypatch.setattr(yours_review, "PICTURES", 21)
    found = Review(yours_review.review(workspace(OWN), 3))
    assert found.pictures == 21
    assert len(found.used) == 30


def test_each_review_is_new_to_the_page() -> None:
    """Catches a second look that finds the same: the page would not hear of it, and wait."""
    space = workspace(OWN)
    assert yours_review.review(space, 3) != yours_review.review(space, 3)


def test_the_limits_are_said_and_sent() -> None:
    """Catches a page that says or checks other limits than the server holds."""
    limits = Limits(files=1_500, megabytes=30, people=1, photos_each=9)
    place = yours.build(limits)
    words = "Up to 1,500 files and 30 MB, 30 MB a file; 1 person, 9 photos each."
    assert yours.sentence(limits) == words
    assert words in place.props["markup"]
    assert place.props["limits"].items() >= {
        ("files", 1_500),
        ("megabytes", 30),
        ("people", 1),
        ("photos_each", 9),
    }


def test_the_place_has_its_events() -> None:
    """Catches a script that no longer tells of what was pressed."""
    place = yours.build()
    assert place.value == {"company": True, "out": [], "names": {}, "moved": {}, "faces": {}}
    for event in ("look", "enter", "wipe", "stop"):
        assert callable(getattr(place, event))


def test_places_are_links() -> None:
    """Catches a bar that is of no use without its script, or to a keyboard."""
    html = views.markup((*views.PLACES, ("a&b", "<b>More</b>")))
    read = Read(html)
    links = [element for element in read.elements if element[0] == "a"]
    assert len(links) == len(views.PLACES) + 1
    assert all("href" in element for element in links)
    assert "aria-current" in links[0]
    assert not [element for element in links[1:] if "aria-current" in element]
    assert "?view=yours&lang=en" in read.words
    assert "?view=a%26b&lang=en" in read.words
    assert "<b>More</b>" in read.words


@pytest.mark.parametrize("key", [key for key, _ in views.PLACES])
def test_every_place_is_hidden_where_another_is_shown(key: str) -> None:
    """Catches a place that was added to the bar and stays in sight at all the others."""
    assert f".view-{key}" in theme.css()
    assert f':not([data-view="{key}"])' in theme.css()


def seen(several: int = 1, width: float = 90, sharp: float = 0.6, taken: int = 0) -> Sight:
    """What was seen in a photo with so many faces in a row; 0 for a face crop."""
    boxes = [[at / several, 0.2, (at + 0.8) / several, 0.9] for at in range(several)]
    return Sight(np.array(boxes).reshape(-1, 4), taken, width, sharp)


def with_sights(space: Workspace, **sights: Sight) -> Workspace:
    """The workspace in which these were seen, by the key's last part of the first person."""
    own = [sights.get(f"at{row}", seen(0)) for row in range(len(space.features))]
    return replace(space, features=replace(space.features, sights=tuple(own)))


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_keys_stay_text_where_something_is_worth_a_look(text: str) -> None:
    """Catches a name or key that is not escaped in a choice of faces, a move or a picture."""

    def html(name: str) -> str:
        space = with_sights(
            workspace((name, "Ödön", "Östen")), at0=seen(3, taken=1), at1=seen(1, 20), at2=seen()
        )
        labels = space.features.labels.clone()
        labels[19], labels[9] = 0, 0
        order = labels.argsort(stable=True)
        features = replace(
            space.features,
            values=space.features.values[order],
            labels=labels[order],
            rows=space.features.rows[order.numpy()],
        )
        key = f"{name}/4.png"
        return yours_review.review(
            replace(space, features=features), 3, edits=Edits(moved={key: name})
        )

    expected, found = Read(html("Ada")), Read(html(text))
    assert found.elements == expected.elements
    assert "This is Ödön" in " ".join(found.words)
    assert sum(text in one for one in found.words) == sum("Ada" in one for one in expected.words)


def test_counts_are_true_and_nothing_is_not_spoken_of() -> None:
    """Catches a button for nothing, a count of something else, and files counted as photos."""
    space = with_sights(workspace(OWN), at0=seen(2), at1=seen(1, 20), at2=seen(2, 90, 0.1))
    lost = {"Mo/5.png": "no face found", "Uma/0.png": "cut off; copy or download it again"}
    space = without(
        with_skipped(space, Skipped("a.txt", "no image: text"), Skipped("b", "left out by you")),
        lost,
    )
    html = yours_review.review(space, 3)
    told = dict(re.findall(r'data-sift="(\w+)"[^>]*>([^<]+)<', html))
    assert told == {
        "all": "31 photos",
        "used": "28 with a face",
        "none": "1 without a face",
        "unreadable": "1 not readable",
        "out": "1 left out by you",
        "several": "2 with several faces",
        "unclear": "2 blurred or tiny",
    }
    assert "Leave out all 2 of them" in html
    plain = yours_review.review(with_sights(workspace(OWN)), 3)
    assert dict(re.findall(r'data-sift="(\w+)"[^>]*>([^<]+)<', plain)).keys() == {"all", "used"}
    assert "worth a look" not in plain


def test_the_face_that_was_taken_is_the_marked_one() -> None:
    """Catches a mark on another face, a place that leads to another one, two groups in one."""
    space = with_sights(workspace(OWN), at0=seen(3, taken=1), at1=seen(2))
    html = yours_review.review(space, 3)
    radios = re.findall(
        r'name="([^"]+)" data-face="([^"]+)" data-at="([^"]+)"[^>]*?( checked)?>', html
    )
    assert [bool(checked) for *_, checked in radios] == [False, True, False, True, False]
    assert len({group for group, *_ in radios}) == 2
    assert [key for _, key, *_ in radios] == ["Mo/0.png"] * 3 + ["Mo/1.png"] * 2
    assert radios[1][2] == "0.4667,0.5500"


def test_photos_that_were_left_out_are_shown() -> None:
    """Catches a list of names alone, and an end of the review at one that cannot be decoded."""
    good = workspace(OWN).gallery.photos[0].source
    space = with_skipped(
        workspace(OWN),
        Skipped("a.png", "left out by you", good),
        Skipped("b.png", "cut off", b"\x89PNG no more"),
    )
    left = yours_review.review(space, 3).split('class="left"')[1].split("</details>")[0]
    assert left.count("<img") == 1
    assert left.count("<li") == 2
