"""What a submission needs and the evidence of a run does not hold: each a line that stays visible in the report.

Owns the list and when an entry belongs on it. A report is DRAFT as long as one is left.
"""

from dataclasses import dataclass

from protocols.schema import Protocol
from reports.device import Device
from validation.results import Results


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that only a sponsor can supply, the section it belongs to, and what is asked for."""

    section: str
    subject: str
    asked: str


ALWAYS = (
    Gap(
        "device",
        "Intended use and indications",
        "the statements of the submission, and how this claim follows from them",
    ),
    Gap(
        "device",
        "Version tested",
        "name and version of the software whose scores these are, as it will be marketed",
    ),
    Gap(
        "protocol",
        "Clinical justification of the goals",
        "why each goal is enough in practice, with its source",
    ),
    Gap("data", "Sites, dates and selection", "where and when images were taken, and how they were chosen"),
    Gap("data", "Race and ethnicity", "the composition of the cohort; the tables hold none"),
    Gap(
        "reference",
        "Readers",
        "qualifications and years of experience, instructions, and that they were blind to the device",
    ),
    Gap(
        "primary",
        "Comparison with a predicate",
        "the predicate's performance, and why the studies may be compared",
    ),
    Gap("limitations", "Signatures", "names, roles, meaning and dates of those who approve this document"),
)


def gaps_of(results: Results, protocol: Protocol, device: Device | None) -> tuple[Gap, ...]:
    """The gaps of a run, in the order of the report's sections."""
    found = list(ALWAYS)
    if device is None:
        found += [
            Gap(
                "device",
                "Design and training",
                "architecture, training data and labels; the scores were brought, and "
                "nothing about the making of the device is in the evidence",
            ),
            Gap(
                "data",
                "Independence of training and test",
                "proof that no patient of this cohort was used in development",
            ),
        ]
    elif device.plan.training.label_source != "known_truth":
        label = device.plan.training.label
        found.append(Gap("device", "Training labels", f"how reliable the labels of column {label} are"))
    if results.operating_point.sha256 is None:
        found.append(
            Gap(
                "protocol",
                "Origin of the operating point",
                "proof that the threshold was fixed before the scores of this "
                "cohort were seen; the protocol states it and no file backs it",
            )
        )
    if results.protocol.stage == "confirmatory":
        found.append(
            Gap(
                "protocol",
                "Lock",
                "proof that protocol and threshold were locked before the scores were read",
            )
        )
    if not {"manufacturer", "site"} & {part for group in protocol.subgroups for part in group.parts}:
        found.append(
            Gap("data", "Equipment", "manufacturers and models of the X-ray systems; no subgroup is by them")
        )
    order = list(dict.fromkeys(gap.section for gap in ALWAYS))
    return tuple(sorted(found, key=lambda gap: order.index(gap.section)))
