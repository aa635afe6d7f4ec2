"""The suite's errors, one class per exit code of the command line.

The message is one sentence that names the thing, the rule, what was received and the next step.
Exit codes are fixed by the contract (docs/reference/exit-codes.md).
"""


class SuiteError(Exception):
    """A refusal with a message for the user; never a defect of the program."""

    exit_code = 4


class BadInputError(SuiteError):
    """A file, value or option that breaks a stated rule. Nothing has been written."""

    exit_code = 2


class ProtocolError(BadInputError):
    """All faults of one protocol, reported at once.

    Attributes:
        faults: one sentence per fault, in the order of the file.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class EvidenceDiffersError(SuiteError):
    """A recorded file differs from its manifest."""

    exit_code = 1


class NotPossibleHereError(SuiteError):
    """This machine or this run folder lacks what the command needs."""

    exit_code = 3


class InterruptedWorkError(SuiteError):
    """The user stopped the work; finished steps are kept."""

    exit_code = 130
