"""A cohort folder with profile.json -> one HTML page that needs nothing else.

Owns the page. What it tells is `cohort_profile`, what it draws `profile`; the parts of the page are also those
of a report's section on its data.
"""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from protocols.cohorts.profile.record import MONTAGE, PROFILE
from reports.content.cohort_profile import read_cohort_profile
from reports.figures.canvas import house_style
from reports.figures.profile import profile_figures
from reports.fonts.bundled import font_face_css
from reports.pages.environment import environment
from reports.pages.numbering import Numbering

PAGE = "profile.html"


@dataclass(frozen=True, slots=True)
class PageStamp:
    """What the captions ask of a document: whether anything in it is synthetic."""

    phantom: bool


def profile_html(folder: Path) -> str:
    """The page of a cohort's profile.

    Args:
        folder: holds profile.json and, where there are pictures, montage.png.

    Raises:
        BadInputError: profile.json cannot be read or is not of its schema.
    """
    told = read_cohort_profile(folder / PROFILE, folder / MONTAGE)
    with house_style():
        figures = profile_figures(told.profile)
    return (
        environment()
        .get_template("profile.html.j2")
        .render(
            t=told,
            figures=figures,
            d=PageStamp(told.profile.phantoms > 0),
            numbering=Numbering(),
            font_face_css=Markup(font_face_css()),
        )
    )
