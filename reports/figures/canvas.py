"""A figure on the page: shapes drawn by matplotlib, letters set by the page itself.

Owns the canvas, the palette and the split of shapes from letters. The letters of a figure are placed as text of
the document, so that they have the bundled font with its tabular figures and kerning in PDF and HTML alike,
stay text for search, for a screen reader and for a check of the numbers, and owe nothing to matplotlib's
fonts. (As SVG text they would stay text too, but WeasyPrint 70 sets those letter by letter: measured, digits
are then proportional and columns of numbers do not align.)
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from reports.fonts.text_width import width
from reports.number_check.figure_data import FigureData

INK = "#17212b"
SOFT = "#5a6875"
FAINT = "#95a1ad"
RULE = "#d5dce3"
BLUE = "#1f4e79"
PALE_BLUE = "#b9cde0"
ORANGE = "#b4540a"
DASHES = (0, (3.2, 2.2))

WIDTH = 492.0
POINTS_PER_INCH = 72
SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"

Anchor = Literal["start", "middle", "end"]
Tone = Literal["ink", "soft", "faint", "strong", "goal"]


@dataclass(frozen=True, slots=True)
class Label:
    """One line of letters; ``x`` and ``y`` are the anchor on the baseline, in points from the left and the top.

    ``tick`` marks a place on a scale; every other number in a figure is of the table behind it.
    """

    x: float
    y: float
    text: str
    anchor: Anchor
    tone: Tone
    tick: bool = False

    @property
    def start(self) -> float:
        """Where its letters begin."""
        fraction = {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return self.x - fraction * width(self.text, self.tone)

    @property
    def end(self) -> float:
        """Where its letters end."""
        return self.start + width(self.text, self.tone)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished figure.

    Attributes:
        name: unique in a document; of its files too, where they are written.
        width, height: in points.
        shapes: an ``svg`` element without letters, but with the description as its title.
        labels: the letters.
        description: what the figure shows, for those who cannot see it.
        data: the table behind it.
    """

    name: str
    width: float
    height: float
    shapes: Markup
    labels: tuple[Label, ...]
    description: str
    data: FigureData


@contextmanager
def house_style() -> Iterator[None]:
    """Draw by matplotlib's own defaults, whatever settings the user or the machine has made, and restore those."""
    with mpl.rc_context():
        mpl.rcdefaults()
        yield


class Canvas:
    """A drawing under way, measured in points from the left and the top."""

    def __init__(self, name: str, height: float, *, width: float = WIDTH) -> None:
        self._name = name
        self._width, self._height = width, height
        size = (width / POINTS_PER_INCH, height / POINTS_PER_INCH)
        self._figure = Figure(figsize=size, dpi=POINTS_PER_INCH, facecolor="none")
        self._labels: list[Label] = []

    @property
    def height(self) -> float:
        """In points."""
        return self._height

    def panel(
        self,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        x: tuple[float, float],
        y: tuple[float, float],
    ) -> Axes:
        """Return bare axes over a rectangle of the canvas, with the given limits of their data."""
        bottom = self._height - top - height
        axes = self._figure.add_axes(
            (left / self._width, bottom / self._height, width / self._width, height / self._height)
        )
        axes.set(xlim=x, ylim=y, xticks=[], yticks=[], facecolor="none")
        axes.spines[:].set_visible(False)
        return axes

    def label(self, x: float, y: float, text: str, anchor: Anchor = "start", tone: Tone = "ink") -> None:
        """Set one line of letters."""
        self._labels.append(Label(round(x, 3), round(y, 3), text, anchor, tone))

    def tick(self, x: float, y: float, text: str, anchor: Anchor = "middle") -> None:
        """Set what names a place on a scale: a round number, a class, or the place of a row or column."""
        self._labels.append(Label(round(x, 3), round(y, 3), text, anchor, "soft", tick=True))

    def place(self, axes: Axes, x: float, y: float) -> tuple[float, float]:
        """Return where data coordinates of a panel lie on the canvas."""
        across, up = axes.transData.transform((x, y))
        return float(across), self._height - float(up)

    def finish(self, description: str, data: FigureData) -> Drawing:
        """Return the drawing as it goes into a page, with the table behind it."""
        buffer = io.StringIO()
        FigureCanvasSVG(self._figure)
        with mpl.rc_context({"svg.hashsalt": self._name}):
            self._figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        shapes = _bare(ElementTree.fromstring(buffer.getvalue()), description)
        labels = tuple(self._labels)
        return Drawing(self._name, self._width, self._height, shapes, labels, description, data)


def _bare(svg: ElementTree.Element, description: str) -> Markup:
    """Return the element without what a page does not need: size, metadata, style sheet, names of groups.

    Names stay only where something within the drawing refers to them; matplotlib makes those from their
    content and the salt, so that two drawings of one page never share one. Prefixes of namespaces go, since HTML
    knows an ``svg`` by its name, and which prefix is written would depend on what else the program has loaded.
    """
    for parent in [svg, *svg.findall("{*}defs")]:
        for needless in [*parent.findall("{*}metadata"), *parent.findall("{*}style")]:
            parent.remove(needless)
    for element in svg.iter():
        element.tag = element.tag.rpartition("}")[2]
        if element.tag == "g":
            element.attrib.pop("id", None)
        if LINK in element.attrib:
            element.set("href", element.attrib.pop(LINK))
    for name in ("width", "height", "version"):
        svg.attrib.pop(name, None)
    title = ElementTree.Element("title")
    title.text = description
    svg.insert(0, title)
    svg.set("xmlns", SVG)
    return Markup(ElementTree.tostring(svg, encoding="unicode"))


def lozenge(panel: Axes, x: float, y: float) -> None:
    """Mark the operating point of a curve."""
    panel.plot(
        [x],
        [y],
        "D",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=INK,
        markeredgewidth=1.1,
        clip_on=False,
    )
