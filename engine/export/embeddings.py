"""The embeddings of a state as files that `--features` reads, for whoever audits them elsewhere."""

import io

import numpy as np

from engine.export.erased import changing
from engine.workspace import State

SIDES = ("before", "after")


def as_npz(state: State) -> dict[str, bytes]:
    """Two npz files by `SIDES`: every row before the deletions, and as they leave it.

    They hold what `docs/embeddings.md` says: `embeddings` float32 [n, d], `labels` and `names`,
    `split`, `photos`, and the head. Rows are of unit norm before; an eraser leaves the length that
    it leaves. Raises `LetheError` where nobody is forgotten, or no embedding was changed.
    """
    changing([one.method for one in state.steps])
    features, photos = state.workspace.features, state.workspace.gallery.photos
    same = {
        "labels": features.labels.numpy(),
        "names": np.array(features.identities),
        "split": features.train.numpy(),
        "photos": np.array([photos[row].key for row in features.rows]),
    }
    made = {}
    values, heads = (features.values, state.values), (state.workspace.head, state.head)
    for side, rows, head in zip(SIDES, values, heads, strict=True):
        out = io.BytesIO()
        np.savez(
            out,
            allow_pickle=False,
            embeddings=rows.float().cpu().numpy(),
            head_weight=head.weight.detach().float().cpu().numpy(),
            head_bias=head.bias.detach().float().cpu().numpy(),
            head_names=np.array(features.identities),
            **same,
        )
        made[side] = out.getvalue()
    return made


def size(state: State) -> int:
    """About the bytes of both files; it costs nothing."""
    rows, heads = state.workspace.features.values, state.head.weight
    return 2 * 4 * (rows.numel() + heads.numel())
