"""The protocol's types, the registry of metrics, the sponsor's statements, and loading.

In the order of reading: `load`, `protocol`, `document`, `metrics`, `reference_standard`, `subgroups`, `criteria`,
`statistical_analysis`, `input_tables`, `training`, `submission`, `per_finding`, `json_schema`.
"""

from protocols.schema.criteria import Criterion, Family
from protocols.schema.document import Table
from protocols.schema.input_tables import Format
from protocols.schema.json_schema import protocol_schema
from protocols.schema.load import (
    LoadedProtocol,
    ProtocolIdentity,
    library_protocol,
    load_protocol,
    parse_protocol,
)
from protocols.schema.per_finding import run_each
from protocols.schema.protocol import Protocol
from protocols.schema.reference_standard import OperatingPoint
from protocols.schema.statistical_analysis import (
    Bootstrap,
    Decision,
    Minimum,
    MissingDataRules,
    SensitivityAnalysis,
    Weights,
)
from protocols.schema.subgroups import SubgroupAxis, SubgroupLevel
from protocols.schema.submission import Risk, Submission
from protocols.schema.training import Augmentation, InputGate, SplitRule, Training

__all__ = [
    "Augmentation",
    "Bootstrap",
    "Criterion",
    "Decision",
    "Family",
    "Format",
    "InputGate",
    "LoadedProtocol",
    "Minimum",
    "MissingDataRules",
    "OperatingPoint",
    "Protocol",
    "ProtocolIdentity",
    "Risk",
    "SensitivityAnalysis",
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
    "protocol_schema",
    "run_each",
]
