"""A cohort folder with profile.json -> one self-contained HTML page.

Owns the page. Its content is `cohort_profile`, its figures are `figures.profile`; the parts of the page are also those
of a report's section on its data.
"""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from protocols.cohorts.profile.profile_record import MONTAGE, PROFILE
from reports.content.cohort_profile import read_cohort_profile
from reports.figures.canvas import house_style
from reports.figures.profile import profile_figures
from reports.fonts.bundled import font_face_css
from reports.pages.environment import environment
from reports.pages.numbering import Numbering

PAGE = "profile.html"


@dataclass(frozen=True, slots=True)
class PageStamp:
    """What captions need to know of a document: whether anything in it is synthetic."""

    phantom: bool


def profile_html(folder: Path) -> str:
    """Write the page of a cohort's profile.

    Args:
        folder: contains profile.json and, where there are images, montage.png.

    Raises:
        BadInputError: profile.json cannot be read or is not of its schema.
    """
    shown = read_cohort_profile(folder / PROFILE, folder / MONTAGE)
    with house_style():
        figures = profile_figures(shown.profile)
    return (
        environment()
        .get_template("profile.html.j2")
        .render(
            t=shown,
            figures=figures,
            d=PageStamp(shown.profile.phantoms > 0),
            numbering=Numbering(),
            font_face_css=Markup(font_face_css()),
        )
    )
