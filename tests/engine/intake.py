"""Galleries as people have them, made from the embedded people, as folders and as archives."""

import io
import tarfile
import zipfile
from functools import cache
from pathlib import Path

from PIL import Image

from engine.sources import open_gallery

Files = dict[str, bytes]


@cache
def portraits(person: int, count: int = 6) -> tuple[Image.Image, ...]:
    """The first photos of an embedded person, RGB of 112 x 112 pixels."""
    gallery = open_gallery("synthetic")
    own = [
        photo for photo, who in zip(gallery.photos, gallery.labels, strict=True) if who == person
    ]
    return tuple(photo.image() for photo in own[:count])


def encode(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """An image as a file's bytes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def many_scans(side: int, scans: int) -> bytes:
    """A grey JPEG of so many pixels across, which goes over them so often."""
    plain = encode(Image.new("L", (side, side), 90), progressive=True)
    scan = plain[plain.rfind(b"\xff\xda") : -2]
    return plain[:-2] + scan * (scans - plain.count(b"\xff\xda")) + plain[-2:]


def person(name: str, number: int, count: int = 6) -> Files:
    """`<name>/0.jpg` and so on, photos of an embedded person."""
    shots = enumerate(portraits(number, count))
    return {f"{name}/{place}.jpg": encode(image) for place, image in shots}


def people(count: int = 3, photos: int = 6, prefix: str = "") -> Files:
    """Folders P0, P1, ... of embedded people."""
    return {
        path: data
        for number in range(count)
        for path, data in person(f"{prefix}P{number}", number, photos).items()
    }


def folder(root: Path, files: Files) -> Path:
    """The files, written below a folder."""
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def zipped(path: Path, files: Files) -> Path:
    """The files in a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


def tarred(path: Path, files: Files) -> Path:
    """The files in a tar, packed as its suffix says."""
    packing = {".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{packing}") as out:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


def lay(root: Path, how: str, files: Files) -> Path:
    """The files as a `folder`, a `zip` or a `tar`, whose name is `set`."""
    if how == "folder":
        return folder(root / "set", files)
    return zipped(root / "set.zip", files) if how == "zip" else tarred(root / "set.tar", files)


def reasons(gallery) -> dict[str, str]:
    """Why each file was left out, by its key."""
    return {one.key: one.reason for one in gallery.skipped}


def counts(gallery) -> dict[str, int]:
    """How many photos each person has."""
    return {
        who: int((gallery.labels == label).sum()) for label, who in enumerate(gallery.identities)
    }
