"""The protocol's types, the registry of metrics, the sponsor's statements, and loading.

In the order of reading: `load`, `protocol`, `document`, `metrics`, `reference_standard`, `subgroups`, `criteria`,
`statistical_analysis`, `input_tables`, `training`, `submission`, `per_finding`.
"""

from protocols.schema.criteria import Criterion, Family
from protocols.schema.document import Table
from protocols.schema.input_tables import Columns, Format, Formats
from protocols.schema.load import (
    LoadedProtocol,
    ProtocolIdentity,
    library_protocol,
    load_protocol,
    parse_protocol,
)
from protocols.schema.metrics import Metric
from protocols.schema.per_finding import protocol_of_finding, run_each
from protocols.schema.protocol import Claim, Protocol
from protocols.schema.reference_standard import OperatingPoint, ReferenceStandard
from protocols.schema.statistical_analysis import (
    AnalysisUnit,
    Bootstrap,
    Decision,
    ExclusionRule,
    Minimum,
    MissingDataRules,
    Prevalences,
    SensitivityAnalysis,
    Weights,
)
from protocols.schema.subgroups import SubgroupAxis, SubgroupLevel
from protocols.schema.submission import Predicate, Risk, Signatory, Submission
from protocols.schema.training import Augmentation, InputGate, SplitRule, Training

__all__ = [
    "AnalysisUnit",
    "Augmentation",
    "Bootstrap",
    "Claim",
    "Columns",
    "Criterion",
    "Decision",
    "ExclusionRule",
    "Family",
    "Format",
    "Formats",
    "InputGate",
    "LoadedProtocol",
    "Metric",
    "Minimum",
    "MissingDataRules",
    "OperatingPoint",
    "Predicate",
    "Prevalences",
    "Protocol",
    "ProtocolIdentity",
    "ReferenceStandard",
    "Risk",
    "SensitivityAnalysis",
    "Signatory",
    "SplitRule",
    "SubgroupAxis",
    "SubgroupLevel",
    "Submission",
    "Table",
    "Training",
    "Weights",
    "library_protocol",
    "load_protocol",
    "parse_protocol",
    "protocol_of_finding",
    "run_each",
]
