"""What is odd is said on the page, and nothing where nothing is."""

from dataclasses import replace

from demo.panels import odd
from engine.oddities import Oddity
from engine.photo import Skipped
from tests.demo.world import workspace


def test_nothing_odd_nothing_shown() -> None:
    """Catches a warning on the calm first screen of a plain gallery."""
    assert odd.render(workspace()) == ""


def test_oddities_notes_and_lost_files_are_all_there_and_escaped() -> None:
    """Catches a warning that is cut, a file that vanishes, a file name that becomes markup."""
    space = workspace()
    lost = tuple(Skipped(f"<b>{at}.jpg", "no image") for at in range(60))
    found = (Oddity("shared", "Ada and Kofi share 1 picture.", "Move it."),)
    gallery = replace(space.gallery, skipped=lost, notes=("Assumed <so>.",))
    markup = odd.render(replace(space, gallery=gallery, oddities=found))
    assert "What is odd about these photos" in markup
    assert "<b>Ada and Kofi share 1 picture.</b> Move it." in markup
    assert "Assumed &lt;so&gt;." in markup
    assert "&lt;b&gt;0.jpg: no image" in markup
    assert "<b>0.jpg" not in markup
    assert "60 files left out (60 no image)" in markup
    assert "and 10 more" in markup
    quiet = odd.render(replace(space, gallery=gallery))
    assert "60 files were left out" in quiet
    assert "alarm" not in quiet
