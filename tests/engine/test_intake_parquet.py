"""Parquet: lists of photos and people, and data sets with the photos in the table."""

import io
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import LetheError
from engine.sources import archive, entries, handed, open_gallery, parquet
from engine.sources.base import File
from engine.sources.held import Held
from tests.engine.intake import counts, encode, folder, lay, people, portraits, reasons

HOW = pytest.mark.parametrize("how", ["folder", "zip", "tar"])
PEOPLE = ["Ada", "Bo Lee"]


def written(columns: dict, names: list[str] | None = None, **options: object) -> bytes:
    """A Parquet file of these columns; `names` are what the numbers of `label` mean."""
    table = pa.table(columns)
    if names is not None:
        told = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(told)})
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def shots(count: int = 6) -> list[tuple[bytes, int]]:
    """Photos of two people in turn, and whose each is."""
    return [(encode(portraits(row % 2)[row // 2]), row % 2) for row in range(count)]


def images(rows: list[tuple[bytes, int]], **options: object) -> bytes:
    """A data set as Hugging Face writes it."""
    pictures = [{"bytes": data, "path": f"{row}.jpg"} for row, (data, _) in enumerate(rows)]
    return written({"image": pictures, "label": [who for _, who in rows]}, PEOPLE, **options)


@HOW
def test_a_parquet_list_says_who_is_who_and_the_split(tmp_path, how):
    """Would catch a list that is believed as CSV and ignored as Parquet, or its split lost."""
    files = {f"img/{row}.jpg": data for row, (data, _) in enumerate(shots())}
    columns = {
        "image_path": [f"img/{row}.jpg" for row in range(6)],
        "identity": [PEOPLE[row % 2] for row in range(6)],
        "split": ["train"] * 4 + ["test"] * 2,
    }
    found = open_gallery(lay(tmp_path, how, files | {"list.parquet": written(columns)}))
    assert counts(found) == {"Ada": 3, "Bo Lee": 3}
    assert [
        photo.key for photo, enrols in zip(found.photos, found.train, strict=True) if not enrols
    ] == [
        "img/4.jpg",
        "img/5.jpg",
    ]
    assert not found.skipped


@HOW
def test_photos_in_the_table_are_read_with_their_names_and_split(tmp_path, how):
    """Would catch a Hugging Face data set refused, people called 0 and 1 though the file names
    them, other bytes than were packed, or its train and test mixed."""
    rows = shots(8)
    files = {
        "README.md": b"---\nhello",
        "data/train-00000-of-00001.parquet": images(rows[:6]),
        "data/test-00000-of-00001.parquet": images(rows[6:]),
    }
    found = open_gallery(lay(tmp_path, how, files))
    assert counts(found) == {"Ada": 4, "Bo Lee": 4}
    assert found.photos[0].read() in [data for data, _ in rows]
    sides = {photo.key: bool(one) for photo, one in zip(found.photos, found.train, strict=True)}
    assert sides["data/train-00000-of-00001.parquet/000000"]
    assert not sides["data/test-00000-of-00001.parquet/000001"]
    assert reasons(found) == {"README.md": "no image: text"}


def test_a_table_alone_is_opened_from_the_disk_and_from_memory(tmp_path):
    """Would catch a single file refused, or one way in that reads it and one that does not."""
    data = images(shots())
    (tmp_path / "faces.parquet").write_bytes(data)
    found = open_gallery(tmp_path / "faces.parquet")
    assert (counts(found), found.name) == ({"Ada": 3, "Bo Lee": 3}, "faces")
    brought = handed.collect([Held("faces.parquet", data)])
    beside = handed.collect([Held("faces.parquet", data), Held("b.txt", b"hello")])
    assert {item.source for item in brought.items} == {photo.source for photo in found.photos}
    assert len(beside.items) == 6


def test_plain_bytes_and_unnamed_labels_are_read():
    """Would catch a table with bytes instead of Hugging Face's pairs, or numbers without names."""
    rows = shots()
    data = written({"jpg": [one for one, _ in rows], "celeb_id": [who + 7 for _, who in rows]})
    found = archive.collect(Held("a.parquet", data))
    assert sorted({item.identity for item in found.items}) == ["7", "8"]


def test_rows_without_photo_or_name_are_listed(tmp_path):
    """Would catch rows lost without a word."""
    rows = shots()
    pictures = [{"bytes": data, "path": None} for data, _ in rows]
    pictures += [{"bytes": None, "path": None}, {"bytes": b"text", "path": "x"}, pictures[0]]
    names = [PEOPLE[who] for _, who in rows] + ["Ada", "Ada", None]
    (tmp_path / "a.parquet").write_bytes(written({"image": pictures, "person": names}))
    found = open_gallery(tmp_path / "a.parquet")
    assert counts(found) == {"Ada": 3, "Bo Lee": 3}
    assert reasons(found) == {
        "a.parquet/000006": "empty file",
        "a.parquet/000007": "no image: text",
        "a.parquet/000008": "nobody named in a.parquet",
    }


def test_a_table_beside_more_photos_is_listed(tmp_path):
    """Would catch people called after a file, or photos in a table lost without a word."""
    found = open_gallery(folder(tmp_path, people(4) | {"a.parquet": images(shots(2))}))
    assert counts(found) == {f"P{number}": 6 for number in range(4)}
    beside = "in a table beside other photos; open it alone"
    assert reasons(found) == {
        "a.parquet": "list not used; the folders say who is who",
        "a.parquet/000000": beside,
        "a.parquet/000001": beside,
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PAR1" + bytes(99), "damaged Parquet table"),
        (written({"image": [b"x"], "mood": ["sad"]}), "without columns of photos and people"),
        (written({"path": ["a.jpg"], "person": ["Ada"]}), "a.parquet is a list of photos; give"),
    ],
)
def test_a_table_that_is_of_no_use_says_why(data, said):
    """Would catch "no zip file" for a table, or an error of the library's own."""
    with pytest.raises(LetheError, match=said):
        archive.collect(Held("a.parquet", data))


def test_without_pyarrow_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    """Would catch an install without the extra that ends with an ImportError."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LetheError, match=r"Parquet table; install pyarrow, .*pip install pyarrow"):
        archive.collect(Held("a.parquet", images(shots())))
    found = open_gallery(folder(tmp_path, people() | {"a.parquet": images(shots())}))
    assert reasons(found)["a.parquet"] == parquet.MISSING


def test_a_table_that_breaks_off_is_used_so_far_and_says_so():
    """Would catch a whole set lost for one bad page, or half of it taken for the whole."""
    noise = np.random.default_rng(0).integers(0, 256, 3_000, dtype=np.uint8).tobytes()
    rows = [(data + noise, who) for data, who in shots(12)]
    data = bytearray(images(rows, row_group_size=4, compression="NONE", use_dictionary=False))
    at = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(2).column(0).data_page_offset
    data[at : at + 60] = bytes(60)
    sheet = parquet.read(File(("a.parquet",), bytes(data)), entries.MAX_BYTES, entries.MAX_FILES)
    assert isinstance(sheet, parquet.Sheet)
    assert [one for _, one in sheet.photos] == [one for one, _ in rows[:8]]
    assert sheet.breaks == "damaged Parquet table; 8 of 12 rows were read"


def test_large_tables_are_refused(monkeypatch):
    """Would catch a small table that fills the memory: by its rows, its bytes, its packing, or a
    dictionary that unfolds one photo into thousands."""
    held = Held("a.parquet", images(shots()))
    with monkeypatch.context() as patch:
        patch.setattr(entries, "MAX_FILES", 5)
        with pytest.raises(LetheError, match="more than 5 rows"):
            archive.collect(held)
    with monkeypatch.context() as patch:
        patch.setattr(entries, "MAX_BYTES", 5_000)
        with pytest.raises(LetheError, match="unpacks to more"):
            archive.collect(held)
    zeros = written({"image": [bytes(20_000_000)], "person": ["Ada"]}, compression="gzip")
    with pytest.raises(LetheError, match="unpacks to more"):
        archive.collect(Held("a.parquet", zeros))
    monkeypatch.setattr(entries, "MAX_BYTES", 30_000_000)
    once = np.random.default_rng(0).integers(0, 256, 900_000, dtype=np.uint8).tobytes()
    folded = written({"image": [once] * 99, "person": ["Ada"] * 99}, compression="NONE")
    assert len(folded) < 2_000_000
    with pytest.raises(LetheError, match="unpacks to more"):
        archive.collect(Held("a.parquet", folded))
