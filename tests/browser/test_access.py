"""Accessibility by axe-core: no serious violation, before and after a deletion."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE, Open, Visit


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")]
)
def test_no_serious_violation(visit: Open, size: tuple[int, int], scheme: str) -> None:
    """Catches missing names, weak contrast, broken roles."""
    one = visit(size, scheme)
    assert not _violations(one)
    one.choose(0, 2)
    one.forget()
    assert not _violations(one)


def _violations(one: Visit) -> list[str]:
    """Serious and critical findings, a line each."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(one.page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
