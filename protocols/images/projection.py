"""The projection that a DICOM header names, in the words and codes of vendors and public data sets.

Owns the words of `ViewPosition` and the codes of `ViewCodeSequence`; which tag is used is decided in `dicom_header`.
Source: DICOM PS3.16 2024d, CID 4010 (view) and CID 20 (patient orientation), with the SRT codes that came before
SNOMED CT; values found in MIMIC-CXR, PadChest and OpenI.
"""

import re
from collections.abc import Iterable

from protocols.tables.records import View

OBLIQUE = "OBLIQUE"
AXIAL = "AXIAL"
OTHERS = (OBLIQUE, AXIAL)  # projections that are neither PA, AP nor lateral
# In order of precedence: a patient who lies on a side is not an upright AP, so "AP LLD" is LATERAL.
_WORDS = {
    View.LATERAL: "LL RL LAT LATERAL LLAT RLAT LLATERAL RLATERAL LATERO LLD RLD DECUB DECUBITUS DECUBITO DEC PROFIL "
    "PERFIL SEITLICH XTABLE",
    OBLIQUE: "RAO LAO RPO LPO RLO LLO OBL OBLIQUE OBLICUA SCHRAEG",
    AXIAL: "AXIAL LORDOTIC LORDOTICA SWIMMERS",
    View.PA: "PA",
    View.AP: "AP",
}
_CODES = {
    # any lateral, left, right; the medial and oblique ones are not of a chest
    View.LATERAL: "399067008 399173006 399198007 399260004 399352003 R-102CD R-10236 R-10232 R-10224 R-10228 "
    # lying on a side: any, left, right
    "32185000 102536004 102535000 F-10318 F-10319 F-10317",
    OBLIQUE: "399182000 399160007 399312000 399059000 399236003 399184004 399038007 399356000 399006002 399135007 "
    "260427002 260426006 R-102C1 R-10204 R-10208 R-10216 R-10234 R-10238 R-10210 R-40985 R-10218 R-10212 R-10220 "
    "R-40783 R-40782",
    AXIAL: "399061009 260450008 399004004 399132005 R-10241 R-40799 R-10246 R-10252",
    View.PA: "272479007 R-40888 R-10214",
    View.AP: "399348003 R-10206",
}
WORDS = {word: str(view) for view, words in _WORDS.items() for word in words.split()}
CODES = {code: str(view) for view, codes in _CODES.items() for code in codes.split()}
_LONG = (
    (re.compile(r"\bP(?:OSTER(?:O|IOR))?[\s.\-]*A(?:NT(?:ERIOR)?)?\b"), "PA"),
    (re.compile(r"\bA(?:NTER(?:O|IOR))?[\s.\-]*P(?:OST(?:ERIOR)?)?\b"), "AP"),
)


def projection(words: str) -> str:
    """Return the projection that words name: one of `View`, one of `OTHERS`, or empty.

    Decubitus and lateral have precedence, then oblique and axial, so that ``AP LLD`` is LATERAL and ``AP AXIAL`` is
    AXIAL. Words that name both PA and AP name neither. ``L`` and ``R`` alone are lateral, as PadChest writes them;
    beside other words they are the side of a marker.
    """
    plain = words.upper().replace("_", " ").strip()
    if plain in ("L", "R"):
        return str(View.LATERAL)
    for form, short in _LONG:
        plain = form.sub(short, plain)
    return _first(WORDS.get(word, "") for word in re.findall("[A-Z]+", plain))


def coded_projection(codes: Iterable[str]) -> str:
    """Return the projection that SNOMED CT or SRT codes name, as `projection` does for words."""
    return _first(CODES.get(code.strip().upper(), "") for code in codes)


def is_other(words: str) -> bool:
    """Return whether words or codes name a projection that is neither PA, AP nor lateral."""
    return projection(words) in OTHERS or coded_projection(words.split()) in OTHERS


def _first(found: Iterable[str]) -> str:
    named = set(found)
    if {str(View.PA), str(View.AP)} <= named:
        named -= {str(View.PA), str(View.AP)}
    return next((str(view) for view in _WORDS if str(view) in named), "")
