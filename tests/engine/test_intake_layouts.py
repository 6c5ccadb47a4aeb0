"""Who is who by the paths of photos, in folders and archives alike."""

import os
import sys
import unicodedata

import numpy as np
import pytest

from engine.errors import LetheError
from engine.progress import Progress
from engine.sources import folder as folders
from engine.sources import layout, listing, open_gallery, open_strangers
from engine.sources.base import Collection, File, Found, Shot
from engine.sources.layout import name_before_number
from tests.engine.intake import (
    counts,
    encode,
    folder,
    lay,
    people,
    person,
    portraits,
    reasons,
)

HOW = pytest.mark.parametrize("how", ["folder", "zip", "tar"])
COVER = encode(portraits(9)[0])


def trains(gallery) -> dict[str, bool]:
    pairs = zip(gallery.photos, gallery.train, strict=True)
    return {photo.key: bool(train) for photo, train in pairs}


def note(gallery, word: str) -> str:
    """The one note with this word in it."""
    (found,) = [one for one in gallery.notes if word in one]
    return found


@HOW
@pytest.mark.parametrize("prefix", ["Dataset/", "a/b/"])
def test_outer_folders_are_passed(tmp_path, how, prefix):
    """Would catch a refusal, or one person called Dataset, where people lie deeper."""
    found = open_gallery(lay(tmp_path, how, people(5, prefix=prefix)))
    plain = open_gallery(folder(tmp_path / "plain", people(5)))
    assert counts(found) == {f"P{number}": 6 for number in range(5)}
    assert prefix.rstrip("/") in note(found, "outer")
    assert (found.sha256, found.train.tolist()) == (plain.sha256, plain.train.tolist())


@HOW
def test_a_cover_beside_an_outer_folder_is_listed(tmp_path, how):
    """Would catch a cover, or a README, that makes everything refused."""
    extra = {"cover.jpg": COVER, "README.txt": b"hello", "Set/title.jpg": COVER}
    found = open_gallery(lay(tmp_path, how, people(4, prefix="Set/") | extra))
    assert counts(found) == {f"P{number}": 6 for number in range(4)}
    assert reasons(found) == {
        "README.txt": "no image: text",
        "cover.jpg": "loose beside the folders",
        "title.jpg": "loose beside the folders",
    }


@HOW
def test_a_readme_on_top_is_listed(tmp_path, how):
    """Would catch a zip refused, or a file lost, for what lies beside the people."""
    extra = {"cover.jpg": COVER, "README.txt": b"hello"}
    found = open_gallery(lay(tmp_path, how, people(4) | extra))
    assert len(found.photos) == 24
    assert reasons(found).keys() == extra.keys()


@HOW
def test_deeper_photos_are_their_persons_and_loose_ones_are_listed(tmp_path, how):
    """Would catch photos lost without a word: in a folder inside a person's, or beside all."""
    files = people(4) | {"P0/more/6.jpg": COVER, "loose.jpg": COVER}
    found = open_gallery(lay(tmp_path, how, files))
    assert counts(found) == {"P0": 7, "P1": 6, "P2": 6, "P3": 6}
    assert "P0/more/6.jpg" in note(found, "inside a person's folder")
    assert reasons(found) == {"loose.jpg": "loose beside the folders"}


@HOW
def test_train_and_test_folders_are_the_split(tmp_path, how):
    """Would catch people called train and test, or a split of our own where one was given."""
    files = {
        f"{'Train' if int(path[3]) % 3 else 'test' if path < 'P2' else 'val'}/{path}": data
        for path, data in people(4).items()
    }
    found = open_gallery(lay(tmp_path, how, files))
    assert counts(found) == {f"P{number}": 6 for number in range(4)}
    assert trains(found) == {path: path.startswith("Train") for path in files}
    assert "Train enrols, test and val is for testing" in note(found, "split")


def test_people_in_one_part_only_are_split_as_always(tmp_path):
    """Would catch people who cannot enrol because they are in test alone, or who leave nothing to
    test with, and that nobody is told."""
    both = {f"{'train' if int(path[3]) < 4 else 'test'}/{path}": d for path, d in people(2).items()}
    tested = {f"test/{path}": data for path, data in person("OnlyTest", 5).items()}
    enrolled = {f"train/{path}": data for path, data in person("OnlyTrain", 6).items()}
    found = open_gallery(folder(tmp_path, both | tested | enrolled))
    for who in ("OnlyTest", "OnlyTrain"):
        own = found.train[found.labels == found.identities.index(who)]
        assert own.sum() == 4
    assert "OnlyTest and OnlyTrain" in note(found, "usual rule")
    assert {path: trains(found)[path] for path in both} == {
        path: path.startswith("train") for path in both
    }


def test_people_called_train_and_test_are_no_split(tmp_path):
    """Would catch two people called Train and Test among others taken for a split."""
    files = people(4) | person("Train", 5) | person("Test", 6)
    assert counts(open_gallery(folder(tmp_path, files))).keys() >= {"Train", "Test", "P0"}


@HOW
def test_groups_of_people_are_passed_and_folders_of_a_person_are_not(tmp_path, how):
    """Would catch `women` taken for a person, or `session_1` for one."""
    files = people(2, prefix="women/") | person("men/Q0", 5) | person("men/Q1", 6)
    found = open_gallery(lay(tmp_path, how, files))
    assert counts(found) == {"P0": 6, "P1": 6, "Q0": 6, "Q1": 6}
    assert "men and women" in note(found, "inside")
    sessions = {
        f"P{who}/session_{shot % 2}/{shot}.jpg": data
        for who in range(2)
        for shot, data in enumerate(person("x", who).values())
    }
    assert counts(open_gallery(folder(tmp_path / "sessions", sessions))) == {"P0": 6, "P1": 6}


@HOW
def test_system_files_are_counted_and_never_people(tmp_path, how):
    """Would catch a person called @eaDir, and thumbnails of a file server taken for photos."""
    system = {
        "@eaDir/0.jpg": COVER,
        "P0/@eaDir/x.jpg": b"",
        "__MACOSX/P0/._0.jpg": b"junk",
        ".git/config": b"x",
        "P1/Thumbs.db": b"x",
        "#recycle/old.jpg": COVER,
        "$RECYCLE.BIN/S-1/old.jpg": COVER,
        "P2/.hidden.jpg": COVER,
        "desktop.ini": b"x",
    }
    found = open_gallery(lay(tmp_path, how, people(4) | system))
    assert counts(found) == {f"P{number}": 6 for number in range(4)}
    assert (found.ignored, found.skipped) == (len(system), ())


def test_people_without_a_usable_photo_are_named(tmp_path):
    """Would catch a person who vanishes whose photos are all unreadable, or are none."""
    files = people() | {"Cleo/a.jpg": b"", "Dora/b.jpg": b"text"}
    folder(tmp_path, files)
    (tmp_path / "Empty").mkdir()
    found = open_gallery(tmp_path)
    assert reasons(found)["Empty/"] == "empty folder"
    assert "Cleo, Dora and Empty" in note(found, "no photo that can be used")


def test_links_in_folders_are_followed_but_not_in_circles(tmp_path):
    """Would catch an endless walk, or a broken link lost without a word."""
    root = folder(tmp_path / "set", people())
    elsewhere = folder(tmp_path / "elsewhere", person("Q", 5))
    (root / "Linked").symlink_to(elsewhere / "Q")
    (root / "P0" / "linked.jpg").symlink_to(elsewhere / "Q" / "0.jpg")
    (root / "P0" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (root / "P0" / "up").symlink_to(root)
    found = open_gallery(root)
    assert counts(found) == {"Linked": 6, "P0": 7, "P1": 6, "P2": 6}
    assert reasons(found) == {"P0/gone.jpg": "link to nothing", "P0/up/": "link in a circle"}


@pytest.mark.parametrize(
    ("file_name", "who"),
    [
        ("person_0_001.jpg", "person_0"),
        ("Ada_Byron_0001.jpg", "Ada_Byron"),
        ("person-1.jpg", "person"),
        ("Zoë Müller (3).png", "Zoë Müller"),
        ("ada12", "ada"),
        ("Ada.jpg", None),
        ("0001.jpg", None),
        ("20240503_120101.jpg", None),
        ("IMG_1234.jpg", None),
        ("IMG-20240503-WA0001.jpg", None),
        ("DSC01234.JPG", None),
        ("Image 3.png", None),
    ],
)
def test_names_before_numbers(file_name, who):
    """Would catch a camera's counter or a date taken for a person."""
    assert name_before_number(file_name) == who


@HOW
@pytest.mark.parametrize("prefix", ["", "img/"])
def test_flat_names_are_grouped_and_said(tmp_path, how, prefix):
    """Would catch a refusal of LFW-like files in one folder, or a file without a name lost."""
    files = {f"{prefix}{path.replace('/', '_00')}": data for path, data in people(4).items()}
    found = open_gallery(lay(tmp_path, how, files | {f"{prefix}cover.jpg": COVER}))
    assert counts(found) == {f"P{number}": 6 for number in range(4)}
    assert "4 people (P0, P1, P2 and P3)" in note(found, "name before the number")
    assert reasons(found) == {"cover.jpg": "no person's name before a number"}


def test_flat_names_in_train_and_test(tmp_path):
    """Would catch two people called train and test where file names say who is who."""
    files = {
        f"{'train' if int(path[3]) < 4 else 'test'}/{path.replace('/', '_')}": data
        for path, data in people(3).items()
    }
    found = open_gallery(folder(tmp_path, files))
    assert counts(found) == {"P0": 6, "P1": 6, "P2": 6}
    assert trains(found) == {path: path.startswith("train") for path in files}


def test_camera_names_in_one_folder_are_refused(tmp_path):
    """Would catch people called IMG and DSC."""
    files = {f"{'IMG' if n % 2 else 'DSC'}_{n}.jpg": d for n, d in enumerate(people(2).values())}
    with pytest.raises(LetheError, match="12 photos but no word of who is who") as error:
        open_gallery(folder(tmp_path, files))
    assert str(error.value).endswith("folder of their own.")


def listed(count: int = 4, **columns: str) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    files = {f"img/{path.replace('/', '')}": data for path, data in people(count).items()}
    return files, [(path, f"Person {path[5]}") for path in files]


@HOW
@pytest.mark.parametrize(
    ("head", "mark", "encoding"),
    [
        ("path,person", ",", "utf-8"),
        ("File Name;Identity", ";", "utf-8-sig"),
        ("image_path\tlabel", "\t", "utf-8"),
        ("filename,class", ",", "utf-8-sig"),
    ],
)
def test_a_csv_says_who_is_who(tmp_path, how, head, mark, encoding):
    """Would catch a list that is not found, by its separator, its mark of bytes or its header."""
    files, rows = listed()
    text = "\n".join([head, *(f"{path}{mark}{who}" for path, who in rows)])
    found = open_gallery(lay(tmp_path, how, files | {"list.csv": text.encode(encoding)}))
    assert counts(found) == {f"Person {number}": 6 for number in range(4)}
    assert "list.csv" in note(found, "Who is who")
    assert not found.skipped


def test_a_csv_is_checked_against_the_photos(tmp_path):
    """Would catch missing, foreign or unlisted photos lost without a word, or a way out of the
    folder by `..`."""
    files, rows = listed()
    (tmp_path / "outside.jpg").write_bytes(COVER)
    rows = [
        *rows[1:],
        ("img/gone.jpg", "Person 0"),
        ("../outside.jpg", "Person 0"),
        ("/etc/passwd", "Person 1"),
        ("img/P05.jpg", "Person 3"),
        ("img/broken.jpg", "Person 3"),
    ]
    text = "\n".join(["path,person", *(f"{path},{who}" for path, who in rows)])
    files |= {"list.csv": text.encode(), "img/broken.jpg": b""}
    found = open_gallery(folder(tmp_path / "set", files))
    assert counts(found) == {"Person 0": 5, "Person 1": 6, "Person 2": 6, "Person 3": 6}
    assert reasons(found) == {
        "../outside.jpg": "listed in list.csv; leads outside the folder",
        "/etc/passwd": "listed in list.csv; leads outside the folder",
        "img/P00.jpg": "not listed in list.csv",
        "img/broken.jpg": "empty file",
        "img/gone.jpg": "listed but not there",
    }
    assert note(found, "second person").startswith("1 line of list.csv")


def test_a_csv_beside_its_photos_names_files_alone(tmp_path):
    """Would catch a list whose paths start at its own folder, or are file names alone."""
    files, rows = listed()
    for place, path in (("img/list.csv", 4), ("list.csv", 4)):
        text = "\n".join(["image,name", *(f"{name[path:]},{who}" for name, who in rows)])
        found = open_gallery(folder(tmp_path / place[:3], files | {place: text.encode()}))
        assert counts(found) == {f"Person {number}": 6 for number in range(4)}
        assert not found.skipped


@pytest.mark.parametrize("words", [("train", "val", "test"), ("0", "1", "2")])
def test_a_csv_may_bring_the_split(tmp_path, words):
    """Would catch a split column that nobody reads, or CelebA's numbers."""
    files, rows = listed()
    sides = {path: words[[0, 0, 0, 0, 1, 2][int(path[6])]] for path, _ in rows}
    text = "\n".join(["path,person,split", *(f"{p},{who},{sides[p]}" for p, who in rows)])
    found = open_gallery(folder(tmp_path, files | {"list.csv": text.encode()}))
    assert trains(found) == {path: side == words[0] for path, side in sides.items()}
    assert note(found, "split")


def test_a_csv_that_names_no_people_does_not_overrule_folders(tmp_path):
    """Would catch people called happy and sad, or a short list of notes that loses everybody."""
    files = people(4)
    moods = "\n".join(
        ["path,label", *(f"{path},{'happy' if '1' in path else 'sad'}" for path in files)]
    )
    few = "path,person\nP0/0.jpg,P1\n"
    for text in (moods, few):
        found = open_gallery(folder(tmp_path / text[5:8], files | {"notes.csv": text.encode()}))
        assert counts(found) == {f"P{number}": 6 for number in range(4)}
        assert [one.cause for one in found.skipped] == ["list not used"]


def test_people_in_two_forms_of_unicode_are_one(tmp_path):
    """Would catch José being two people, one of whom nobody can type."""
    name = "José Müller"
    composed, apart = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    files = people() | person(composed, 5) | person(apart, 6)
    found = open_gallery(folder(tmp_path, files))
    assert counts(found)[composed] == 12
    assert len(found.identities) == 4
    assert composed in note(found, "two ways")
    alone = open_gallery(folder(tmp_path / "alone", people() | person(apart, 6)))
    assert composed in alone.identities


@pytest.mark.parametrize("twins", [("Ada", "ada", "ada_"), ("Anna B", "anna_b")])
def test_people_who_differ_by_case_or_underscores_stay_apart(tmp_path, twins):
    """Would catch two people's photos thrown together because their names look alike."""
    files = {path: d for n, who in enumerate(twins) for path, d in person(who, n + 5).items()}
    assert counts(open_gallery(folder(tmp_path, people() | files))) == {
        **dict.fromkeys(twins, 6),
        **{f"P{number}": 6 for number in range(3)},
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take only Unicode for names")
def test_folder_names_of_an_older_encoding_are_read(tmp_path):
    """Would catch a traceback for a name that is no UTF-8, from an old disk."""
    folder(tmp_path, people())
    old = os.path.join(os.fsencode(tmp_path), "Zoë Müller".encode("cp1252"))
    os.mkdir(old)
    for place, image in enumerate(portraits(5)):
        with open(os.path.join(old, b"%d.jpg" % place), "wb") as out:
            out.write(encode(image))
    assert counts(open_gallery(tmp_path))["Zoë Müller"] == 6


def test_commas_and_dashes_in_names_are_kept(tmp_path):
    """Would catch a name cut at its comma."""
    files = people() | person("Doe, John", 5) | person("-dash", 6)
    assert set(open_gallery(folder(tmp_path, files)).identities) >= {"Doe, John", "-dash"}


def test_nothing_usable_says_what_there_was(tmp_path):
    """Would catch an untrue sentence: it sums up what was found, and says what to do."""
    files = {f"a/{n}.txt": b"text" for n in range(8)}
    files |= {f"b/{n}.mp4": b"\0\0\0\x18ftypisom" + bytes(99) for n in range(4)}
    with pytest.raises(LetheError) as error:
        open_gallery(folder(tmp_path / "set", files))
    assert "12 files, none an image: 8 text, 4 video; it needs a folder" in str(error.value)
    with pytest.raises(LetheError, match="1 MXNet records; unpack it"):
        open_gallery(folder(tmp_path / "rec", {"train.rec": b"\x0a\x23\xd7\xce" + bytes(99)}))
    with pytest.raises(LetheError, match="2 files, none usable: 2 cut off; copy"):
        open_gallery(folder(tmp_path / "cut", {"a/1.jpg": COVER[:50], "b/1.jpg": COVER[:50]}))
    with pytest.raises(LetheError, match=r"Only P0 is in one \(left out: 2 no image\)"):
        open_gallery(folder(tmp_path / "one", people(1) | {"Q/1.jpg": b"a", "Q/2.jpg": b"b"}))


def test_copies_lie_on_one_side_of_the_split(tmp_path):
    """Would catch figures made of copies: a photo that enrols and tests."""
    copied = person("Copied", 5, 8)
    copied |= {path.replace("/", "/copy_"): data for path, data in copied.items()}
    found = open_gallery(folder(tmp_path, people(4) | copied))
    assert len(found.copies) == 8
    for group in found.copies:
        assert len(group) == 2
        assert len({bool(found.train[photo]) for photo in group}) == 1
    own = found.train[found.labels == found.identities.index("Copied")]
    assert 0 < own.sum() < 16


def test_copies_of_given_splits_enrol_and_are_said(tmp_path):
    """Would catch a data set that tests with the photos it enrolled."""
    files = {f"{'train' if int(p[3]) < 4 else 'test'}/{p}": d for p, d in people(3).items()}
    files["test/P0/again.jpg"] = files["train/P0/0.jpg"]
    found = open_gallery(folder(tmp_path, files))
    assert trains(found)["test/P0/again.jpg"]
    assert sum(trains(found).values()) == 13
    assert note(found, "copies").startswith("1 test photo enrol")


def test_the_same_photos_of_two_people_are_found(tmp_path):
    """Would catch one set of photos under two names of which no one hears."""
    found = open_gallery(folder(tmp_path, people() | person("A", 5) | person("B", 5)))
    labels = [{found.identities[found.labels[photo]] for photo in one} for one in found.copies]
    assert labels == [{"A", "B"}] * 6


@HOW
def test_one_photo_of_another_size_does_not_turn_all(tmp_path, how):
    """Would catch a single photo that sends the whole gallery of crops through the detector."""
    odd = encode(portraits(7)[0].resize((250, 310)))
    found = open_gallery(lay(tmp_path, how, people(6) | {"P0/odd.jpg": odd}))
    assert [p.key for p, a in zip(found.photos, found.aligned, strict=True) if not a] == [
        "P0/odd.jpg"
    ]
    assert "36 small square photos" in note(found, "--align")
    assert "in 1 other the face" in note(found, "--align")
    for told in (True, False):
        assert (
            open_gallery(
                tmp_path / f"set{'' if how == 'folder' else '.' + how}", aligned=told
            ).aligned
            == told
        ).all()


def test_few_crops_among_photos_are_photos(tmp_path):
    """Would catch a minority of small square photos taken as aligned."""
    large = {
        path: encode(portraits(number)[int(path[3])].resize((250, 250)))
        for number in range(3)
        for path in person(f"P{number}", number)
    }
    found = open_gallery(folder(tmp_path, large | person("Small", 5)))
    assert not found.aligned.any()


def test_strangers_open_like_galleries(tmp_path):
    """Would catch a layout that only galleries understand, or other options for strangers."""
    root = folder(tmp_path, people(3, 1, prefix="Others/"))
    found = open_strangers(root, aligned=True, seed=1, train_fraction=0.5, encoding="utf-8")
    assert counts(found) == {"P0": 1, "P1": 1, "P2": 1}
    assert np.all(found.aligned)


def test_a_csv_of_no_use_is_said_where_file_names_say_who_is_who(tmp_path):
    """Would catch lines of a list that are dropped in silence when something else names people."""
    files = {path.replace("/", "_"): data for path, data in people(2).items()}
    text = "file,name\n../outside.jpg,Ada\n"
    found = open_gallery(folder(tmp_path, files | {"list.csv": text.encode()}))
    assert found.identities == ("P0", "P1")
    assert reasons(found)["../outside.jpg"] == "listed in list.csv; leads outside the folder"


def read_paths(*paths: str, **lists: str) -> Collection:
    """The reading of photos at these paths, and of lists: `sub__list="path,person\n..."`."""
    found = Found([Shot(tuple(path.split("/")), b"", (9, 9)) for path in paths])
    for name, text in lists.items():
        found.tables.append(File(tuple(f"{name}.csv".split("__")), text.encode()))
    return layout.collect(found, "set", "set")


def whose(found: Collection) -> dict[str, str]:
    """Each person's photos, by their keys; `+` marks one that enrols, `-` one that tests."""
    marks = {None: "", True: "+", False: "-"}
    own: dict[str, list[str]] = {}
    for item in found.items:
        own.setdefault(item.identity, []).append(f"{item.key}{marks[item.train]}")
    return {who: " ".join(sorted(keys)) for who, keys in own.items()}


FOLDERS = [
    # Two folders are two people whatever their files are called; one may be a heap.
    ("P/Ada_1 P/Bob_1 Q/Ada_2 Q/Bob_2", {"P": "P/Ada_1 P/Bob_1", "Q": "Q/Ada_2 Q/Bob_2"}, ""),
    ("P/Ada_1 P/Bob_2", {"Ada": "Ada_1", "Bob": "Bob_2"}, ""),
    ("P/Ada_1 P/Ada_2", {"P": "P/Ada_1 P/Ada_2"}, ""),
    # Single outer folders are passed unless they hold as many photos as their folders do.
    ("S/A/1 S/B/1", {"A": "A/1", "B": "B/1"}, ""),
    ("R/S/A/1 R/S/B/1", {"A": "A/1", "B": "B/1"}, ""),
    ("S/t S/A/1 S/B/1", {"A": "A/1", "B": "B/1"}, "t"),
    ("S/t S/u S/A/1 S/B/1", {"S": "S/A/1 S/B/1 S/t S/u"}, ""),
    ("S/t S/A/1 S/A/2", {"S": "S/A/1 S/A/2 S/t"}, ""),
    ("S/A/1 S/A/2", {"A": "A/1 A/2"}, ""),
    ("x S/A/1 S/B/1", {"A": "A/1", "B": "B/1"}, "x"),
    # A split has both sides and most of the photos.
    ("train/A/1 test/A/2", {"A": "test/A/2- train/A/1+"}, ""),
    ("Training/A/1 Valid/A/2", {"A": "Training/A/1+ Valid/A/2-"}, ""),
    ("train/1 test/2 A/1 B/1", {"train": "train/1", "test": "test/2", "A": "A/1", "B": "B/1"}, ""),
    (
        "train/A/1 train/B/1 test/A/2 C/1 D/1",
        {"A": "test/A/2- train/A/1+", "B": "train/B/1+"},
        "C/1 D/1",
    ),
    ("train/A/1 train/B/1 Bob/1", {"train": "train/A/1 train/B/1", "Bob": "Bob/1"}, ""),
    (
        "train/x/A/1 train/x/B/1 test/A/2 test/B/2",
        {"A": "test/A/2- train/x/A/1+", "B": "test/B/2- train/x/B/1+"},
        "",
    ),
    (
        "train/t train/A/1 train/B/1 test/A/2 test/u",
        {"A": "test/A/2- train/A/1+", "B": "train/B/1+"},
        "test/u train/t",
    ),
    # Groups hold two people or more each, whose names come once, and no photo directly.
    ("w/A/1 w/B/1 m/C/1 m/D/1", {"A": "w/A/1", "B": "w/B/1", "C": "m/C/1", "D": "m/D/1"}, ""),
    ("w/A/1 w/B/1 m/A/1 m/D/1", {"w": "w/A/1 w/B/1", "m": "m/A/1 m/D/1"}, ""),
    ("w/A/1 w/B/1 m/C/1 m/C/2", {"w": "w/A/1 w/B/1", "m": "m/C/1 m/C/2"}, ""),
    ("w/A/1 w/B/1 m/C/1 m/D/1 m/t", {"w": "w/A/1 w/B/1", "m": "m/C/1 m/D/1 m/t"}, ""),
    # File names decide where folders do not, if most have one.
    ("Ada_1 Bob_2 x y", {"Ada": "Ada_1", "Bob": "Bob_2"}, "x y"),
    ("Ada_1 Bob_2 Bob_3 P/Cy_1", {"Ada": "Ada_1", "Bob": "Bob_2 Bob_3"}, "P/Cy_1"),
    (
        "train/Ada_1 train/Bob_1 train/Bob_3 test/Ada_2 test/x",
        {"Ada": "test/Ada_2- train/Ada_1+", "Bob": "train/Bob_1+ train/Bob_3+"},
        "test/x",
    ),
]


@pytest.mark.parametrize(("paths", "people_", "left"), FOLDERS, ids=[one[0] for one in FOLDERS])
def test_paths_are_read_as_people_lay_them(paths, people_, left):
    """Would catch a rule of the reading bent at its edge: who is whose folder, which photos
    enrol, what is left out."""
    found = read_paths(*paths.split())
    assert whose(found) == people_
    assert " ".join(sorted(one.key for one in found.skipped)) == left


def test_more_photos_without_a_name_than_with_one_are_no_gallery():
    """Would catch two names among many counters taken for the whole gallery."""
    with pytest.raises(LetheError, match="5 photos but no word of who is who"):
        read_paths("Ada_1", "Bob_2", "x", "y", "z")


FOUR = ("P/1", "P/2", "Q/3", "Q/4")
TABLES = [
    # A list that names people overrules folders when it has half of the photos.
    ({"a": "path,person\nP/1,X\nQ/3,Y\n"}, {"X": "P/1", "Y": "Q/3"}, "P/2 Q/4"),
    ({"a": "path,person\nP/1,X\n"}, {"P": "P/1 P/2", "Q": "Q/3 Q/4"}, "a.csv"),
    ({"a": "path,label\nP/1,X\nP/2,X\nQ/3,X\nQ/4,X\n"}, {"P": "P/1 P/2", "Q": "Q/3 Q/4"}, "a.csv"),
    # Paths start at the list or at the top; a name that comes once is enough.
    ({"s__a": "path,person\n../P/1,X\n..\\Q\\3,Y\n"}, {"X": "P/1", "Y": "Q/3"}, "P/2 Q/4"),
    ({"s__a": "path,person\nP/1,X\nz/3,Y\n./4,Y\n"}, {"X": "P/1", "Y": "Q/3 Q/4"}, "P/2"),
    (
        {"a": "path,person\nP/1,X\nQ/3,Y\n../P/2,X\nC:/P/2,X\n/P/2,X\n.,X\n"},
        {"X": "P/1", "Y": "Q/3"},
        ". ../P/2 /P/2 C:/P/2 P/2 Q/4",
    ),
    # The first who is named has the photo; nobody is not somebody.
    (
        {"a": "path,person\nP/1,X\nP/1,Y\nQ/3,Y\nQ/4,\nQ/4,Y\n"},
        {"X": "P/1", "Y": "Q/3"},
        "P/2 Q/4",
    ),
    # Sides by a column, or by what the list is called.
    (
        {"a": "path,person,split\nP/1,X,train\nP/2,X,Test\nQ/3,Y,0\nQ/4,Y,2\n"},
        {"X": "P/1+ P/2-", "Y": "Q/3+ Q/4-"},
        "",
    ),
    (
        {"train": "path,person\nP/1,X\nQ/3,Y\n", "val": "path,person\nP/2,X\nQ/4,Y\n"},
        {"X": "P/1+ P/2-", "Y": "Q/3+ Q/4-"},
        "",
    ),
    (
        {"a": "path,person,split\nP/1,X,\n", "b": "path,person,split\nP/1,X,1\nQ/3,Y,1\n"},
        {"X": "P/1-", "Y": "Q/3-"},
        "P/2 Q/4",
    ),
]


@pytest.mark.parametrize(("lists", "people_", "left"), TABLES)
def test_lists_are_read_as_people_write_them(lists, people_, left):
    """Would catch a list believed that covers too little, a way out of the folder, a photo given
    to the second who claims it, or a side of the split lost."""
    found = read_paths(*FOUR, **lists)
    assert whose(found) == people_
    assert " ".join(sorted({one.key for one in found.skipped})) == left


def test_a_name_that_comes_twice_is_not_guessed():
    """Would catch a photo of one person given to another because the file names are equal."""
    found = read_paths("P/1", "Q/1", "Q/2", a="path,person\nz/1,X\nP/1,X\nQ/2,Y\n")
    assert whose(found) == {"X": "P/1", "Y": "Q/2"}
    assert {one.key: one.reason for one in found.skipped} == {
        "Q/1": "not listed in a.csv",
        "z/1": "listed but not there",
    }
    twice = "path,person\nP/1,X\nP/1,Y\nP/1,X\nQ/1,Y\nQ/2,Y\n"
    found = read_paths("P/1", "Q/1", "Q/2", a=twice)
    assert "1 line of a.csv give" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("text", "rows", "certain"),
    [
        ("path,person\na,X\n", [("a", "X")], True),
        ("Image_Path;Subject ID\r\n a ; X \r\n", [("a", "X")], True),
        ("x\tfile\tlabel\n1\ta\tX\n", [("a", "X")], False),
        ("person,photo\nX,a\n,b\nY,\nZ\n", [("a", "X"), ("b", "")], True),
        ("identity-number,img\nX,a\n", [("a", "X")], True),
        ("class,filename\nX,a\n", [("a", "X")], False),
    ],
)
def test_a_list_is_known_by_its_header(text, rows, certain):
    """Would catch a column overlooked, a short line that stops the reading, spaces kept in names,
    or a mood believed like a name."""
    for data in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        table = listing.read(File(("x", "list.csv"), data))
        assert isinstance(table, listing.Table)
        assert [(row.path, row.person) for row in table.rows] == rows
        assert {row.train for row in table.rows} == {None}
        assert (table.certain, table.parts) == (certain, ("x", "list.csv"))


def test_what_is_no_list_of_people_says_so(tmp_path, monkeypatch):
    """Would catch a table without people read, one in another encoding read as garbage, or one
    that fills the memory; of just the size that is allowed it is read."""
    said = {
        b"": "no image: text",
        b"path,mood\na,sad\n": "no image: text",
        b"person\nX\n": "no image: text",
        b"path,person\na," + b"x" * 140_000: "no image: text",
        "path,person\na,Zoë\n".encode("latin-1"): "list not in UTF-8; save it as CSV UTF-8",
    }
    for data, reason in said.items():
        assert listing.read(File(("a.csv",), data)) == reason
    data = b"path,person\na,X\n"
    (tmp_path / "a.csv").write_bytes(data)
    for most, kind in ((len(data), listing.Table), (len(data) - 1, str)):
        monkeypatch.setattr(listing, "MAX_TABLE_BYTES", most)
        for source in (data, tmp_path / "a.csv"):
            assert isinstance(listing.read(File(("a.csv",), source)), kind)
    assert listing.read(File(("b.csv",), tmp_path / "b.csv")).startswith("not readable (No such")


@pytest.mark.parametrize(
    ("word", "side"),
    [
        *((word, True) for word in ("train", "Training ", "0")),
        *((word, False) for word in ("val", "valid", "VALIDATION", "dev", "test", "testing")),
        *(("1", False), ("2", False), ("3", None), ("", None), ("trains", None)),
    ],
)
def test_words_for_the_sides_of_a_split(word, side):
    """Would catch test photos that enrol, for a word or a number of CelebA's."""
    table = listing.read(File(("a.csv",), f"path,person,set\na,X,{word}\n".encode()))
    assert [row.train for row in table.rows] == [side]
    assert listing.side(word) == (None if word.isdigit() else side)


def test_a_folder_of_just_as_many_files_as_allowed_is_read_whole(tmp_path, monkeypatch):
    """Would catch the last file lost without a word, or one too many refused or let in; the same
    for folders in folders."""
    root = folder(tmp_path / "set", people(2, 3))
    monkeypatch.setattr(folders, "MAX_FILES", 6)
    assert len(open_gallery(root).photos) == 6
    monkeypatch.setattr(folders, "MAX_FILES", 5)
    with pytest.raises(LetheError, match="more than 5 files"):
        open_gallery(root)
    monkeypatch.setattr(folders, "MAX_FILES", 99)
    folder(root, {"P0/a/b/deep.jpg": COVER, "P0/a/b/c/deeper.jpg": COVER})
    monkeypatch.setattr(folders, "MAX_DEPTH", 3)
    found = open_gallery(root)
    assert counts(found)["P0"] == 4
    assert reasons(found) == {"P0/a/b/c/": "deeper than 3 folders"}
    monkeypatch.setattr(folders, "MAX_DEPTH", 4)
    assert counts(open_gallery(root))["P0"] == 5


def test_the_walk_of_a_folder_counts_and_reports_everything(tmp_path):
    """Would catch a pipe that is waited for, a system's folder of which only one file is counted,
    or a walk that says nothing about how far it is."""
    root = folder(tmp_path / "set", people(2, 3))
    folder(root, {"@eaDir/a/1.jpg": b"", "@eaDir/2.jpg": b"", "P0/@eaDir/3.jpg": b"", ".x": b""})
    (root / "Empty").mkdir()
    os.mkfifo(root / "P0" / "pipe")
    (root / "P1" / "self").symlink_to("self")
    told: list[Progress] = []
    found = open_gallery(root, watch=told.append)
    assert found.ignored == 4
    assert reasons(found) == {
        "Empty/": "empty folder",
        "P0/pipe": "no image: special file",
        "P1/self": "link in a circle",
    }
    assert [(one.done, one.total) for one in told if one.stage.startswith("Looking")] == [(0, 6)]


def test_a_photo_that_is_listed_and_not_there_is_said_once(tmp_path):
    """Would catch a photo that nobody has counted as claimed by two people."""
    text = "path,person\nP/1,X\nQ/3,Y\ngone,X\ngone,Y\n"
    found = read_paths(*FOUR, a=text)
    assert not any("second person" in one for one in found.notes)
    assert {one.key: one.reason for one in found.skipped} == {
        "P/2": "not listed in a.csv",
        "Q/4": "not listed in a.csv",
        "gone": "listed but not there",
    }


def numbered(count: int = 12) -> list[bytes]:
    """Photos of two people in turn."""
    return [encode(portraits(row % 2)[row // 2]) for row in range(count)]


@HOW
@pytest.mark.parametrize("inner", ["", "Anno/"])
def test_celebas_lists_say_who_is_who_and_the_split(tmp_path, how, inner):
    """Would catch CelebA as it is downloaded refused: numbers in one folder, bare lists."""
    names = [f"{row:06d}.jpg" for row in range(1, 13)]
    files = {f"img_align_celeba/{name}": data for name, data in zip(names, numbered(), strict=True)}
    who = "".join(f"{name} {2880 + row % 2}\n" for row, name in enumerate(names))
    parts = "".join(f"{name} {0 if row < 8 else 2}\n" for row, name in enumerate(names))
    files |= {
        f"{inner}identity_CelebA.txt": who.encode(),
        f"{inner}list_eval_partition.txt": parts.encode(),
        f"{inner}list_attr_celeba.txt": b"2\nBald Young\n000001.jpg -1  1\n",
    }
    found = open_gallery(lay(tmp_path, how, files))
    assert counts(found) == {"2880": 6, "2881": 6}
    assert trains(found) == {f"img_align_celeba/{name}": name < "000009.jpg" for name in names}
    assert reasons(found) == {f"{inner}list_attr_celeba.txt": "no image: text"}


def test_a_list_of_the_split_alone_names_nobody(tmp_path):
    """Would catch three people called 0, 1 and 2, or a list that nobody hears of."""
    split = b"image_id,partition\nP0/0.jpg,0\nP0/1.jpg,1\n"
    found = open_gallery(folder(tmp_path, people(3) | {"list_eval_partition.csv": split}))
    assert counts(found) == {"P0": 6, "P1": 6, "P2": 6}
    assert reasons(found) == {"list_eval_partition.csv": "list not used; it names nobody"}


@HOW
def test_vggface2s_and_casias_folders_and_lists(tmp_path, how):
    """Would catch VGGFace2's lists taken for people, or its people, of whom none is in both parts,
    lost; CASIA's folders are numbers alone."""
    files = {
        f"train/n00000{who}/{row:04d}_01.jpg": data
        for who in (1, 2)
        for row, data in enumerate(numbered(5))
    }
    files |= {
        f"test/n00000{who}/{row:04d}_01.jpg": data
        for who in (3, 4)
        for row, data in enumerate(numbered(5))
    }
    files |= {
        "train_list.txt": b"n000001/0000_01.jpg\n",
        "identity_meta.csv": b"Class_ID, Name, Sample_Num, Flag, Gender\nn000001, A, 5, 1, f\n",
    }
    found = open_gallery(lay(tmp_path, how, files))
    assert counts(found) == {f"n00000{who}": 5 for who in (1, 2, 3, 4)}
    assert "usual rule" in note(found, "n000001")
    casia = {
        f"CASIA-WebFace/{who:07d}/{row:03d}.jpg": data
        for who in (45, 99)
        for row, data in enumerate(numbered(4))
    }
    (tmp_path / "casia").mkdir()
    found = open_gallery(lay(tmp_path / "casia", how, casia))
    assert counts(found) == {"0000045": 4, "0000099": 4}


def test_lfws_lists_beside_its_folders_are_listed(tmp_path):
    """Would catch LFW's pairs and names taken for a list of people's photos."""
    files = {
        f"lfw/P{who}/P{who}_{row:04d}.jpg": data
        for who in (1, 2)
        for row, data in enumerate(numbered(4))
    }
    files |= {"pairs.txt": b"10\t300\nP1\t1\t2\n", "lfw-names.txt": b"P1 4\nP2 4\n"}
    found = open_gallery(folder(tmp_path, files))
    assert counts(found) == {"P1": 4, "P2": 4}
    assert set(reasons(found).values()) == {"no image: text"}
