"""The ESC paper's own probe for knowledge retention, kept to show what it misses."""

import torch
from torch import Tensor

from engine.errors import LetheError
from engine.probes.linear import LinearProbe
from engine.progress import Progress, Watch, ignore
from engine.said import noted, said

RATE, EPOCHS, BATCH = 1e-3, 10, 64


def fit_paper(
    x: Tensor, y: Tensor, classes: int, seed: int = 0, *, watch: Watch = ignore
) -> LinearProbe:
    """A linear head on raw features x [n, d], labels y int64 [n], as arXiv 2504.02199 trains it.

    SGD at learning rate 1e-3 for 10 epochs of shuffled batches of 64, Xavier-normal weight, zero
    bias. On unit-norm embeddings this hardly moves the head from where it starts, so a low score
    is no all-clear. The same seed gives the same probe.

    Raises LetheError when there is nothing to fit.
    """
    if len(x) == 0 or len(x) != len(y):
        raise LetheError(
            said("The probe needs as many labels as features, and at least one of each.")
        )
    dimension = x.shape[1]
    generator = torch.Generator().manual_seed(seed)
    weight = torch.empty(classes, dimension)
    torch.nn.init.xavier_normal_(weight, generator=generator)
    bias = torch.zeros(classes)
    x = x.detach().float()
    for epoch in range(EPOCHS):
        watch(Progress(noted("the paper's probe"), epoch, EPOCHS))
        for rows in torch.randperm(len(x), generator=generator).split(BATCH):
            batch = x[rows]
            residual = torch.softmax(torch.addmm(bias, batch, weight.T), 1)
            residual[torch.arange(len(rows)), y[rows]] -= 1
            weight.addmm_(residual.T, batch, alpha=-RATE / len(rows))
            bias.sub_(residual.sum(0), alpha=RATE / len(rows))
    return LinearProbe(weight, bias, torch.zeros(dimension), torch.ones(dimension))
