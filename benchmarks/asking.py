"""`python -m benchmarks.asking [BACKBONE]`: seconds to enrol eight photos and to ask about one."""

import io
import statistics
import sys
import time

from PIL import Image

from engine.waiting import wait_briefly

FRAMES, ENROLLED = 30, 8


def main(backbone: str = "dlib") -> int:
    """Enrol eight frames in the company of the embedded people, then ask about others."""
    wait_briefly()  # as the page does
    from demo.atlases import Atlases
    from engine.opening import open_workspace
    from engine.service.asking import asked_about, show
    from engine.service.own import Inbox, Limits, own
    from engine.service.service import Service
    from engine.sources.embedded import collect
    from engine.store import default_store
    from engine.workspace import start

    store = default_store()
    company = open_workspace("synthetic", backbone, store=store)
    atlases = Atlases(store, sketch=True)
    atlases.prepare(company)
    frames = [framed(one.source) for one in collect().items[: ENROLLED + FRAMES]]
    show(company, frames[0], filmed=True)  # warm
    for turn in ("first", "second"):
        inbox = Inbox(Limits())
        for at, photo in enumerate(frames[:ENROLLED]):
            inbox.add(f"Me/{at}.jpg", photo)
        began = time.perf_counter()
        space = own(inbox, company.backbone, company, store=store)
        seen = time.perf_counter()
        atlases.prepare(space)
        Service().measure(start(space))
        done = time.perf_counter()
        print(f"{turn}: {seen - began:.2f} s to look at 8 photos, {done - seen:.2f} s to open")
    state = start(space)
    seconds = []
    for photo in frames[ENROLLED:]:
        began = time.perf_counter()
        asked_about(state, show(space, photo, filmed=True))
        seconds.append(time.perf_counter() - began)
    middle = statistics.median(seconds)
    print(
        f"{backbone}: {1000 * middle:.0f} ms a frame of 640 x 480 (median of {FRAMES}, most "
        f"{1000 * max(seconds):.0f}), {1 / middle:.1f} a second"
    )
    return 0


def framed(face: bytes) -> bytes:
    """A face as a camera has it, JPEG."""
    ground = Image.new("RGB", (640, 480), (96, 104, 112))
    ground.paste(Image.open(io.BytesIO(face)).convert("RGB").resize((360, 360)), (140, 60))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=85)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
