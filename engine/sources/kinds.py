"""What a file is that is no photo, by its first bytes, so that people are told and not left out."""

from pathlib import PurePath

from engine.photo import why
from engine.said import Said, noted, said

HEAD = 1024
"""So many first bytes tell."""

ELSEWHERE = noted("unpack it into a folder per person first")


def _elsewhere(reader: str) -> Said:
    return said("{advice} ({reader} reads it)", advice=ELSEWHERE, reader=reader)


def _as_arrays(reader: str) -> Said:
    advice = _elsewhere(reader)
    return said("{advice}, or save its arrays as .npz", advice=advice)


UNPACKED = noted("unpack it and give the folder, or pack that as a zip")
REMEDIES: dict[str, Said] = {
    noted("MXNet records"): _elsewhere("mxnet.recordio"),
    noted("TensorFlow records"): _elsewhere("tf.data.TFRecordDataset"),
    noted("LMDB database"): _elsewhere(said("the {name} package", name="lmdb")),
    noted("HDF5 file"): _as_arrays("h5py"),
    noted("MATLAB file"): _as_arrays("scipy.io.loadmat"),
    noted("Parquet table"): noted("install pyarrow, which reads it (pip install pyarrow)"),
    noted("pickled Python data"): said(
        "{advice}; pickles can run programs, so that none is opened here", advice=ELSEWHERE
    ),
    noted("RAR archive"): UNPACKED,
    noted("7z archive"): UNPACKED,
    noted("part of a split zip"): noted(
        "join its parts and zip the folder of photos again, as one file"
    ),
    noted("zip file"): noted("give the zip itself, or unpack it"),
    noted("tar or gzip file"): noted("give the archive itself, or unpack it"),
    noted("NumPy array"): noted("give that file itself, with its labels beside it"),
    noted("camera raw"): noted("export it as JPEG"),
}
"""What to do about files that hold photos and are not read as they are."""

KINDS = {
    str(one): noted(one)
    for one in (
        *REMEDIES,
        noted("PDF"),
        noted("database"),
        noted("video"),
        noted("sound"),
        noted("office file"),
        noted("program"),
        noted("icon"),
        noted("PostScript"),
        noted("web page"),
        noted("drawing (SVG)"),
        noted("text"),
        noted("unknown kind"),
    )
}
"""What a file may be; looked up by an equal plain string."""

_STARTS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "zip file"),
    (0, b"PK\x05\x06", "zip file"),
    (0, b"PK\x07\x08", "part of a split zip"),
    (0, b"Rar!\x1a\x07", "RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (0, b"\x1f\x8b", "tar or gzip file"),
    (0, b"BZh", "tar or gzip file"),
    (0, b"\xfd7zXZ\0", "tar or gzip file"),
    (257, b"ustar", "tar or gzip file"),
    (0, b"\x93NUMPY", "NumPy array"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5 file"),
    (0, b"MATLAB 5.0", "MATLAB file"),
    (0, b"PAR1", "Parquet table"),
    (0, (0xCED7230A).to_bytes(4, "little"), "MXNet records"),
    (16, (0xBEEFC0DE).to_bytes(4, "little"), "LMDB database"),
    (0, b"SQLite format 3", "database"),
    (0, b"\x1a\x45\xdf\xa3", "video"),
    (0, b"\0\0\x01\xba", "video"),
    (0, b"\0\0\x01\xb3", "video"),
    (0, b"FLV\x01", "video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
    (8, b"AVI ", "video"),
    (8, b"WAVE", "sound"),
    (0, b"OggS", "sound"),
    (0, b"ID3", "sound"),
    (0, b"fLaC", "sound"),
    (0, b"\xd0\xcf\x11\xe0", "office file"),
    (0, b"MZ", "program"),
    (0, b"\x7fELF", "program"),
    (0, b"\0\0\x01\0", "icon"),
    (0, b"icns", "icon"),
    (0, b"%!PS", "PostScript"),
    (8, b"CR\x02\0", "camera raw"),
    (0, b"FUJIFILMCCD-RAW", "camera raw"),
    (0, b"IIU\0", "camera raw"),
    (0, b"IIRO", "camera raw"),
    (0, b"IIRS", "camera raw"),
)
_RAW = tuple((at, mark) for at, mark, kind in _STARTS if kind == "camera raw")
_ENCRYPTED = (b"-----BEGIN PGP", b"age-encryption.org", b"Salted__")
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ")
_STILLS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"mif1", b"msf1")
# These are TIFF files to the eye, whose first picture is a stamp-sized preview.
_RAW_SUFFIXES = frozenset({".nef", ".nrw", ".dng", ".arw", ".sr2", ".pef", ".srw", ".cr2"})
_BY_SUFFIX = {
    ".tfrecord": "TensorFlow records",
    ".tfrecords": "TensorFlow records",
    ".lmdb": "LMDB database",
    ".rec": "MXNet records",
    ".mat": "MATLAB file",
    ".h5": "HDF5 file",
    ".parquet": "Parquet table",
    ".mpg": "video",
    ".ts": "video",
    ".mp3": "sound",
}


def is_raw(head: bytes, name: str) -> bool:
    """Whether this is what a camera's sensor saw, of which Pillow would read a small preview."""
    return (
        any(head.startswith(mark, at) for at, mark in _RAW)
        or head[4:12] == b"ftypcrx "
        or (head[:4] in (b"II*\0", b"MM\0*") and _suffix(name) in _RAW_SUFFIXES)
    )


def is_image(head: bytes) -> bool:
    """Whether the file begins like an image, though it may not be one that can be read."""
    return (
        head.startswith(_IMAGES)
        or (head[:2] == b"BM" and head[6:10] == bytes(4))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in _STILLS)
    )


def reason(head: bytes, name: str) -> Said:
    """Why a file with these first bytes is not used: `no image: ...`, or what it is instead.

    Its `values` hold the `cause`, and where there is one, the `kind` of file or the `advice`.
    """
    if not head:
        return noted("empty file")
    if head.startswith(b"version https://git-lfs"):
        return why(noted("Git LFS pointer"), noted("fetch the photo itself with `git lfs pull`"))
    if head.startswith(_ENCRYPTED):
        return why(noted("encrypted"), noted("decrypt it first"))
    if is_raw(head, name):
        return why(KINDS["camera raw"], REMEDIES["camera raw"])
    return no_image(kind_of(head, name))


def no_image(kind: Said) -> Said:
    """Why a file of this kind is not used."""
    return said("{cause}: {kind}", cause=noted("no image"), kind=kind)


def kind_of(head: bytes, name: str) -> Said:
    """In a word or two what a file with these first bytes is, e.g. `video`, `web page`, `text`."""
    text = _text(head)
    for at, mark, kind in _STARTS:
        # A word of a text may begin like a file of two or three letters' signature.
        if head.startswith(mark, at) and (text is None or len(mark) > 3):
            return KINDS[kind]
    if head[4:8] == b"ftyp" or head[4:8] in (b"moov", b"mdat", b"wide"):
        return KINDS["video"]
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return KINDS["pickled Python data"]
    if text is not None:
        start = text.lstrip("\ufeff \t\r\n").lower()
        if start.startswith(("<!doctype html", "<html", "<head", "<!--")):
            return KINDS["web page"]
        return KINDS["drawing (SVG)" if "<svg" in start else "text"]
    return KINDS[_BY_SUFFIX.get(_suffix(name), "unknown kind")]


def _text(head: bytes) -> str | None:
    """The first bytes as text, None where they are none."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return None
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        if error.start > len(head) - 4:  # a character that the first bytes end in the middle of
            return head[: error.start].decode()
        return _legacy(head)


def _legacy(head: bytes) -> str | None:
    """Text of an older encoding: mostly plain letters, with some other bytes among them."""
    plain = sum(byte < 128 for byte in head)
    return head.decode("latin-1") if plain >= 0.7 * len(head) else None


def _suffix(name: str) -> str:
    return PurePath(name).suffix.lower()
