"""The fictitious hospitals of the phantom cohort, each with a manufacturer and a technique.

Owns the three techniques, which differ so much that a device must not rely on one look-up table.
"""

from dataclasses import dataclass, replace

from protocols.cohorts.phantom.radiograph import Technique
from protocols.tables.records import PHANTOM

UNGRIDDED = 2.0  # scatter at the bedside / in the X-ray room
BEDSIDE_EXPOSURE = 0.2  # photons at the bedside / in the X-ray room


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital, the manufacturer of its units, and its technique for PA images."""

    name: str
    manufacturer: str
    technique: Technique

    def technique_for(self, *, portable: bool) -> Technique:
        """Return the technique of a unit; a portable one has no anti-scatter grid and exposes less."""
        if not portable:
            return self.technique
        return replace(
            self.technique,
            scatter=UNGRIDDED * self.technique.scatter,
            photons=BEDSIDE_EXPOSURE * self.technique.photons,
        )


SITES = (
    Site(
        "Northgate",
        f"{PHANTOM} Alder",
        Technique(
            scatter=0.40, photons=1.5e5, enhancement=0.35, darkest=5, brightest=88, gain=2.9, middle=0.27
        ),
    ),
    Site(
        "Lakeside",
        f"{PHANTOM} Birch",
        Technique(
            scatter=0.50, photons=1.0e5, enhancement=0.10, darkest=4, brightest=92, gain=2.6, middle=0.31
        ),
    ),
    Site(
        "Westhill",
        f"{PHANTOM} Cedar",
        Technique(
            scatter=0.35, photons=2.0e5, enhancement=0.60, darkest=6, brightest=86, gain=3.0, middle=0.26
        ),
    ),
)
SITE_SHARES = (0.45, 0.30, 0.25)  # of patients
