"""What a file is that is no photo, by its first bytes, so that people are told and not left out."""

from pathlib import PurePath

HEAD = 1024
"""So many first bytes tell."""

ELSEWHERE = "unpack it into a folder per person first"
REMEDIES = {
    "MXNet records": f"{ELSEWHERE} (mxnet.recordio reads it)",
    "TensorFlow records": f"{ELSEWHERE} (tf.data.TFRecordDataset reads it)",
    "LMDB database": f"{ELSEWHERE} (the lmdb package reads it)",
    "HDF5 file": f"{ELSEWHERE} (h5py reads it), or save its arrays as .npz",
    "MATLAB file": f"{ELSEWHERE} (scipy.io.loadmat reads it), or save its arrays as .npz",
    "Parquet table": "install pyarrow, which reads it (pip install pyarrow)",
    "pickled Python data": f"{ELSEWHERE}; pickles can run programs, so that none is opened here",
    "RAR archive": "unpack it and give the folder, or pack that as a zip",
    "7z archive": "unpack it and give the folder, or pack that as a zip",
    "part of a split zip": "join its parts and zip the folder of photos again, as one file",
    "zip file": "give the zip itself, or unpack it",
    "tar or gzip file": "give the archive itself, or unpack it",
    "NumPy array": "give that file itself, with its labels beside it",
    "camera raw": "export it as JPEG",
}
"""What to do about files that hold photos and are not read as they are."""

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


def reason(head: bytes, name: str) -> str:
    """Why a file with these first bytes is not used: `no image: ...`, or what it is instead."""
    if not head:
        return "empty file"
    if head.startswith(b"version https://git-lfs"):
        return "Git LFS pointer; fetch the photo itself with `git lfs pull`"
    if head.startswith(_ENCRYPTED):
        return "encrypted; decrypt it first"
    if is_raw(head, name):
        return f"camera raw; {REMEDIES['camera raw']}"
    return f"no image: {kind_of(head, name)}"


def kind_of(head: bytes, name: str) -> str:
    """In a word or two what a file with these first bytes is, e.g. `video`, `web page`, `text`."""
    text = _text(head)
    for at, mark, kind in _STARTS:
        # A word of a text may begin like a file of two or three letters' signature.
        if head.startswith(mark, at) and (text is None or len(mark) > 3):
            return kind
    if head[4:8] == b"ftyp" or head[4:8] in (b"moov", b"mdat", b"wide"):
        return "video"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "pickled Python data"
    if text is not None:
        start = text.lstrip("\ufeff \t\r\n").lower()
        if start.startswith(("<!doctype html", "<html", "<head", "<!--")):
            return "web page"
        return "drawing (SVG)" if "<svg" in start else "text"
    return _BY_SUFFIX.get(_suffix(name), "unknown kind")


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
