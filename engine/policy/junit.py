"""Verdicts as JUnit XML, which hosts of code show as tests.

There is no standard; this is what Jenkins, GitLab, GitHub's reporters and Azure read in common:
`testsuites` > `testsuite` > `testcase` with `failure`, `error` or `skipped` inside.
"""

import re
from xml.etree import ElementTree

from engine.policy.base import Judged, Verdict

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML 1.0, not even escaped."""


def junit(judged: Judged) -> str:
    """The whole document. A limit, or a person under it, is a test case.

    What exceeds its limit is a `failure`; what could not be measured is an `error`.
    """
    counts = {
        "tests": str(len(judged.verdicts)),
        "failures": str(judged.count("failed")),
        "errors": str(judged.count("unmeasured")),
        "skipped": str(judged.count("skipped")),
        "time": f"{judged.seconds:.3f}",
    }
    root = ElementTree.Element("testsuites", {"name": "Lethe", **counts})
    suite = ElementTree.SubElement(
        root, "testsuite", _clean({"name": judged.policy.name, **counts})
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in judged.facts.items():
        ElementTree.SubElement(properties, "property", _clean({"name": name, "value": value}))
    for one in judged.verdicts:
        _case(suite, one)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, one: Verdict) -> None:
    name = f"{one.limit.title} ({one.person})" if one.person else one.limit.title
    attributes = {"classname": f"lethe.{one.limit.metric.key}", "name": name}
    case = ElementTree.SubElement(suite, "testcase", _clean(attributes))
    if one.outcome == "passed":
        return
    tag = {"failed": "failure", "unmeasured": "error", "skipped": "skipped"}[one.outcome]
    said = {"message": one.says} | ({} if tag == "skipped" else {"type": one.outcome})
    inside = ElementTree.SubElement(case, tag, _clean(said))
    if tag != "skipped":
        inside.text = FORBIDDEN.sub("\ufffd", f"{one.says}\n{one.limit.metric.help}")


def _clean(attributes: dict[str, str]) -> dict[str, str]:
    return {name: FORBIDDEN.sub("\ufffd", value) for name, value in attributes.items()}
