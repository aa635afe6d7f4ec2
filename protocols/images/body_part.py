"""The body part that a DICOM header names: the words and codes in use for the chest.

Owns the words and codes. Which body parts a device is made for is stated in the protocol.
Source: DICOM PS3.16 2024d, annex L (SNOMED CT and SRT codes of anatomic regions); words found in public archives.
"""

import re
import unicodedata
from collections.abc import Iterable

CHEST = "CHEST"
_CHEST_WORDS = (
    "CHEST CXR THORAX TORAX TORACE TORSE BRUSTKORB LUNG LUNGS LUNGE LUNGEN PULMON PULMONES POUMON POUMONS "
    "POLMONE POLMONI HEMITHORAX"
)
# words found beside them: projection, position of the patient, how the image was taken
_BESIDE_WORDS = (
    "PA AP LL RL LAT LATERAL FRONTAL DECUB DECUBITUS LLD RLD 1 2 3 1V 2V V VW VIEW VIEWS SINGLE TWO ONE PORT "
    "PORTABLE MOBILE BED BEDSIDE ROUTINE STAT UPRIGHT ERECT STANDING SUPINE SITTING ADULT XR XRAY X RAY CR DX DR "
    "AND UND Y ET DE DEL L R LEFT RIGHT BOTH STEHEND LIEGEND"
)
_CHEST, _BESIDE = frozenset(_CHEST_WORDS.split()), frozenset(_BESIDE_WORDS.split())
_UNSAID = frozenset(("UNKNOWN", "UNSPECIFIED", "NONE", "N/A", "NA", "OTHER", "DEFAULT", "-", "?"))
# chest, thorax, lung, in SNOMED CT and in the SRT codes that came before it
_CODES = frozenset(
    ("816094009", "51185008", "43799004", "302551006", "39607008", "T-D3000", "T-D3200", "T-28000", "T-28100")
)


def body_part(words: str) -> str:
    """Return the body part that words name: ``CHEST`` for the words in use, empty for a word such as ``UNKNOWN``.

    Words mean the chest where one names it and all others state only how the image was taken: ``PORT CHEST`` and
    ``TÓRAX`` do, ``CHEST ABDOMEN`` and ``THORACIC SPINE`` do not. Other words are returned in upper case.
    """
    plain = words.upper().strip()
    if plain in _UNSAID:
        return ""
    if plain in _CODES:
        return CHEST
    letters = unicodedata.normalize("NFD", plain)
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    parts = set(re.findall("[A-Z]+|[0-9]+V?", bare))
    return CHEST if parts & _CHEST and parts <= _CHEST | _BESIDE else plain


def coded_body_part(codes: Iterable[tuple[str, str]]) -> str:
    """Return the body part of pairs of code and meaning: ``CHEST`` where all name it, else the first other one."""
    pairs = list(codes)
    parts = [CHEST if code.strip().upper() in _CODES else body_part(meaning) for code, meaning in pairs]
    return next((part for part in parts if part and part != CHEST), CHEST if CHEST in parts else "")
