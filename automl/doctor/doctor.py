"""All that is looked at, in order."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from automl.doctor.finding import Finding
from automl.doctor.libraries import libraries
from automl.doctor.machine import machine


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found."""

    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is bad."""
        return all(finding.state != "bad" for finding in self.findings)

    def document(self) -> dict[str, object]:
        """As JSON values."""
        return {"ok": self.well, "findings": [asdict(finding) for finding in self.findings]}


def examine(*, fit: bool = True) -> Examination:
    """Look at libraries and machine, and where these are well fit something for five seconds."""
    found = [*libraries(), *machine()]
    if fit and all(finding.state != "bad" for finding in found):
        from automl.doctor.short_fit import short_fit

        found.append(short_fit())
    return Examination(tuple(found))
