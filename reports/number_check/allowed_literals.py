"""Digits of the text itself: names, years of publications, parts of regulations, limits that a method sets.

Owns the digits that the words of this package may contain without a source in the evidence. Every other number
on a page must come from evidence, which `check` sees to. A number that a run could change is never
here.
"""

import re

# Names that hold digits, and references to texts.
NAMES = (
    r"cxr510k\S*",
    r"\b510\(k\)",
    r"\b(?:21 )?CFR (?:Parts? )?\d+(?:\.\d+)?(?:\([a-z0-9]+\))*",
    r"\b(?:807|892|820|822|820|11)\.\d+(?:\([a-z0-9]+\))*",
    r"\bF1\b",
    r"\bAC1\b",
    r"\bSHA-?256\b",
    r"\b(?:ISO|IEC|EN)(?:/IEC|/TR)? ?\d+(?:-\d+)*(?::\d{4})?",
    r"\bPDF/A-3\w?",
    r"\bFloat32\b|\bfloat(?:16|32|64)\b|\bTF32\b",
    r"\b8-bit\b",
    r"\bmodel\.weights\.h5\b",
    r"\b[Ll]evels? [0-3]\b",
    r"--level [0-3]\b",
    r"\bDiagnostic tests 2\b",
    r"\bas easy as 1, 2, 3\b",
    r"\b2 ?[x×] ?2\b",
    r"\b95th percentile\b",
    r"\be078378\b",
    # Years, which no count of images looks like: those have a thousands separator.
    r"(?<![\d.,])(?:18|19|20)\d\d(?![\d,.]*\d)",
)
# Limits of methods, and what a scale runs over.
METHODS = (
    r"\bnot estimable \(0 (?:positives|negatives)\)",
    r"\bdenominator 0\b",
    r"\b(?:is|are|an) not estimable, and never 0 or 1\b",
    r"\bbetween 0 and 1\b",
    r"\b1 − ",
    r"\(1 − p\)",
    r"\b0 black to 255 white\b",
    r"\b1, 2, 5 and 10 percentage points\b",
    r"\bmore than 1 %",
    r"<0\.0{2,}1\b",
    r"\bwithin 0\.0{3,4}1\b",
    r"\b(?:about|above) 0\.5\b",
    r"\b\d\.\d % of simulated studies\b",
    r"\b[Ff]ewer than (?:5|20) patients\b",
    r"\bat most 5 % coloured\b",
)
_KNOWN = re.compile("|".join((*NAMES, *METHODS)))
_NUMBERED = re.compile(r"\b(?:Table|Figure|[Ss]ections?|[Ii]tems?|Part) \d+\b")


def without_literals(text: str) -> str:
    """Return the text without the digits that need no source."""
    return _NUMBERED.sub(" ", _KNOWN.sub(" ", text.replace("\N{NO-BREAK SPACE}", " ")))
