"""A gate that never passes by mistake: policies read, judged, and told as hosts of code read it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import pytest
from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from pydantic.alias_generators import to_camel

from engine.__main__ import main
from engine.audit import metrics
from engine.cli.gate import evidence
from engine.errors import LetheError
from engine.policy.base import Evidence, Judged, Policy
from engine.policy.judging import judge
from engine.policy.junit import junit
from engine.policy.reading import read_policy
from engine.policy.sarif import address, sarif
from engine.policy.summary import summary
from engine.service.service import Service
from engine.service.visit import Visit
from tests.demo.world import workspace

ROOT = Path(__file__).parents[2]
NAMES = ("Ada", "Kofi", "Mei Lin", "Omar")
KR = 'figure = "kr.forget_test"\n'


def figures(kr: float | None = 0.3, rest: float | None = 0.9, **more: Any) -> dict[str, dict]:
    """Figures of two forgotten (Kofi, Omar) and two kept people."""
    return {
        "kr": {"forget_test": kr, "chance": 0.1, "per_identity": [1.0, 0.2, 0.8, 0.4]},
        "retrieval": {"retain_recall_at_1": rest, "per_identity_recall_at_1": [1.0, 0, 0.8, 0.5]},
        "detectability": {"norm": 0.7},
        **more,
    }


def case(
    after: Mapping[str, dict] | None = None, tests: tuple[int, ...] = (4, 4, 4, 4)
) -> Evidence:
    """What there is to judge."""
    before = figures(1.0, 1.0)
    before["kr"]["per_identity"] = before["retrieval"]["per_identity_recall_at_1"] = [1.0] * 4
    return Evidence(before, figures() if after is None else after, (1, 3), NAMES, tests)


@pytest.fixture
def policy(tmp_path: Path):
    """A policy from the text of its limits."""

    def write(text: str, top: str = "") -> Policy:
        path = tmp_path / "policy.toml"
        path.write_text(top + "\n".join(f"[[limit]]\n{one}" for one in text.split("---")))
        return read_policy(path)

    return write


def outcomes(policy: Policy, evidence: Evidence) -> list[str]:
    return [one.outcome for one in judge(policy, evidence)]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (KR + "limit = 0.3", "passed"),  # at the limit
        (KR + "limit = 0.29", "failed"),
        (KR + 'limit = 0.31\ndirection = "up"', "failed"),
        (KR + 'limit = 0.2\nover = "chance"', "passed"),  # 0.3 - 0.1, not quite 0.2 in binary
        (KR + 'limit = 0.19\nover = "chance"', "failed"),
        (KR + 'limit = -0.7\nover = "before"', "passed"),  # has to fall by .7
        (KR + 'limit = -0.71\nover = "before"', "failed"),
        ('figure = "retrieval.retain_recall_at_1"\nlimit = 0.9', "passed"),
        ('figure = "retrieval.retain_recall_at_1"\nlimit = 0.91', "failed"),
        ('figure = "retrieval.retain_recall_at_1"\nover = "before"\nlimit = 0.1', "passed"),
        ('figure = "retrieval.retain_recall_at_1"\nover = "before"\nlimit = 0.09', "failed"),
        ('figure = "detectability.norm"\nlimit = 0.2', "passed"),
        ('figure = "detectability.norm"\nlimit = 0.19', "failed"),
        ('figure = "mlp.forget_test"\nlimit = 1.0', "unmeasured"),
        (KR + "limit = 1.0\nmin_test_photos = 9", "unmeasured"),
        (KR + "limit = 1.0\nmin_test_photos = 8", "passed"),
    ],
)
def test_a_limit_is_kept_or_not(policy, text: str, outcome: str) -> None:
    """Catches a gate that reads the wrong way round, the side before, or passes what is unknown."""
    assert outcomes(policy(text), case()) == [outcome]


def test_no_figure_passes_whatever_it_is(policy) -> None:
    """Catches a comparison with nan or None that counts as kept, for every figure there is."""
    for key, metric in metrics().items():
        one = policy(f'figure = "{key}"\nlimit = {0.0 if metric.good == "up" else 0.5}')
        for value in (None, float("nan"), float("inf")):
            after = {metric.question: {metric.figure: value}}
            (verdict,) = judge(one, case(after))
            assert verdict.outcome == "unmeasured", key
            assert "could not be measured" in verdict.says
        (verdict,) = judge(one, case({metric.question: {metric.figure: metric.ideal or 0.2}}))
        assert verdict.outcome == "passed", key


def test_each_person_is_judged_for_themselves(policy) -> None:
    """Catches a mean that hides the one who pays, and bystanders mixed with the forgotten."""
    one = policy(
        'figure = "retrieval.retain_recall_at_1"\neach = true\nover = "before"\nlimit = 0.1'
        '---figure = "kr.forget_test"\neach = true\nlimit = 0.3'
    )
    found = [(one.person, one.outcome) for one in judge(one, case())]
    assert found == [
        ("Ada", "passed"),
        ("Mei Lin", "failed"),
        ("Kofi", "passed"),
        ("Omar", "failed"),
    ]


def test_who_has_too_few_photos_is_not_passed_unless_the_policy_says_so(policy) -> None:
    """Catches a person without test photos who counts as protected."""
    text = 'figure = "kr.retain_test"\neach = true\nlimit = 0.5\nmin_test_photos = 2\n'
    evidence = case(tests=(1, 4, 4, 4))
    assert outcomes(policy(text), evidence) == ["unmeasured", "passed"]
    skipping = policy(text + 'unmeasured = "skip"')
    verdicts = judge(skipping, evidence)
    assert [one.outcome for one in verdicts] == ["skipped", "passed"]
    assert Judged(skipping, verdicts, {}, 0).passed
    assert (
        verdicts[0].says
        == "Knowledge kept (KR), Ada rests on 1 test photo; at least 2 are asked for."
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "limits nothing; write a figure"),
        ("limit = 3", "limits nothing; write a figure"),
        ("[[limit]]\nlimit = 0.3", "line 1: no figure is named"),
        ("[[limit]]\n" + KR, "line 1: kr.forget_test has no limit"),
        ('[[limit]]\nfigure = "kr.forgot_test"\nlimit = 0', "did you mean kr.forget_test or"),
        ("[[limit]]\nfigure = 3\nlimit = 0", "line 2: figure must be text in quotes, not 3."),
        ("[[limit]]\n" + KR + 'limit = "0.4"', "line 3: limit must be a number"),
        ("[[limit]]\n" + KR + "limit = true", "line 3: limit must be a number"),
        ("[[limit]]\n" + KR + "limit = 40", "between 0 and 1 for kr.forget_test, not 40"),
        ("[[limit]]\n" + KR + "limit = nan", "between 0 and 1"),
        ('[[limit]]\nfigure = "detectability.norm"\nlimit = 0.6', "between 0 and 0.5"),
        ("[[limit]]\n" + KR + "limits = 0.4", "line 3: 'limits' means nothing here; did you mean"),
        ("colour = 1\n[[limit]]\n" + KR + "limit = 0", "line 1: 'colour' means nothing here"),
        ("min_test_photos = 0\n[[limit]]\n" + KR + "limit = 0", "line 1: min_test_photos must be"),
        ("[[limit]]\n" + KR + 'limit = 0\ndirection = "sideways"', "down, up, ideal, not"),
        ("[[limit]]\n" + KR + 'limit = 0\ndirection = ""', "down, up, ideal, not ''"),
        ("[[limit]]\n" + KR + 'limit = 0\ndirection = "ideal"', "has no ideal"),
        ('[[limit]]\nfigure = "retrieval.retain_map"\nlimit = 0\nover = "chance"', "near chance"),
        ('[[limit]]\nfigure = "retrieval.retain_map"\nlimit = 0\neach = true', "each person"),
        ("[[limit]]\n" + KR + 'limit = 0\nunmeasured = "skip"', "only with each = true"),
        ("[[limit]]\n" + KR + "limit = 0\n\n[[limit]]\n" + KR + "limit = 1", "line 6: kr.forget"),
        ("[[limit]\n", "is no valid TOML: "),
        ('limit = [{ figure = "kr.forget_tset", limit = 1 }]', "limit 1: there is no figure"),
    ],
)
def test_a_fault_is_one_sentence_that_says_where(tmp_path: Path, text: str, says: str) -> None:
    """Catches a misspelled limit that silently limits nothing."""
    path = tmp_path / "policy.toml"
    path.write_text(text)
    with pytest.raises(LetheError) as caught:
        read_policy(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_files(tmp_path: Path) -> None:
    """Catches a traceback for a folder, a picture, or nothing at all."""
    for path, content in ((tmp_path, None), (tmp_path / "no", None), (tmp_path / "b", b"\xff\xfe")):
        if content:
            path.write_bytes(content)
        with pytest.raises(LetheError, match=r"cannot be read|not text in UTF-8"):
            read_policy(path)


def done(policy: Policy, evidence: Evidence) -> Judged:
    return Judged(policy, judge(policy, evidence), {"gallery": "Toy <&>"}, 1.5)


MIXED = (
    KR + "limit = 0.3"
    '---figure = "mlp.forget_test"\nlimit = 0.3'
    '---figure = "retrieval.retain_recall_at_1"\neach = true\nover = "before"\nlimit = 0.1\n'
    'min_test_photos = 2\nunmeasured = "skip"'
)


def test_junit_is_what_hosts_read(policy) -> None:
    """Catches counts that are not those of the cases, and names that make the XML unreadable."""
    judged = done(policy(MIXED, 'name = "a \\u0001 & <b>"\n'), case(tests=(1, 4, 4, 4)))
    root = ElementTree.fromstring(junit(judged))
    assert root.tag == "testsuites"
    (suite,) = root
    cases = suite.findall("testcase")
    assert suite.get("name") == "a \ufffd & <b>"
    assert next(iter(suite)).tag == "properties"
    assert float(suite.get("time", "")) == 1.5
    counted = {"tests": len(cases)} | {
        f"{tag}{'' if tag == 'skipped' else 's'}": sum(one.find(tag) is not None for one in cases)
        for tag in ("failure", "error", "skipped")
    }
    for element in (root, suite):
        assert {name: int(element.get(name, "-1")) for name in counted} == counted
    assert counted == {"tests": 4, "failures": 1, "errors": 1, "skipped": 1}
    for one in cases:
        assert one.get("classname", "").startswith("lethe.")
        assert all(inside.get("message") for inside in one)
    assert len({one.get("name") for one in cases}) == len(cases)


class Strict(BaseModel):
    """An object of SARIF's schema: what it does not know is forbidden, as there."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Text(Strict):
    text: str


class Level(Strict):
    level: Literal["none", "note", "warning", "error"]


class Rule(Strict):
    id: str
    name: str
    short_description: Text
    full_description: Text
    default_configuration: Level


class Driver(Strict):
    name: str
    semantic_version: str = ""
    rules: list[Rule]


class Tool(Strict):
    driver: Driver


class Id(Strict):
    id: str


class Invocation(Strict):
    execution_successful: bool
    exit_code: int


class Artifact(Strict):
    uri: str = Field(pattern=r"^[^\s\\]+$")


class Region(Strict):
    start_line: int = Field(ge=1)


class Physical(Strict):
    artifact_location: Artifact
    region: Region


class Location(Strict):
    physical_location: Physical


class Result(Strict):
    rule_id: str
    rule_index: int = Field(ge=0)
    kind: Literal["fail"]
    level: Literal["error"]
    message: Text
    locations: list[Location] = Field(min_length=1)
    partial_fingerprints: dict[str, str]


class Run(Strict):
    tool: Tool
    automation_details: Id
    invocations: list[Invocation]
    results: list[Result]
    column_kind: Literal["utf16CodeUnits", "unicodeCodePoints"]
    properties: dict[str, str]


class Log(Strict):
    schema_: HttpUrl = Field(alias="$schema", strict=False)
    version: Literal["2.1.0"]
    runs: list[Run] = Field(min_length=1)


def test_sarif_has_the_fields_of_its_schema(policy) -> None:
    """Catches a log that a host refuses, a result without its rule, and a pass told as a fault."""
    judged = done(policy(MIXED), case(tests=(1, 4, 4, 4)))
    (run,) = Log.model_validate_json(json.dumps(sarif(judged, "1.2.3"))).runs
    assert run.tool.driver.semantic_version == "1.2.3"
    assert [one.message.text for one in run.results] == [
        one.says for one in judged.verdicts if not one.good
    ]
    for one in run.results:
        assert run.tool.driver.rules[one.rule_index].id == one.rule_id
    assert [one.locations[0].physical_location.region.start_line for one in run.results] == [5, 8]
    prints = [one.partial_fingerprints["limitAndPerson/v1"] for one in run.results]
    assert len(set(prints)) == len(prints)
    assert run.invocations[0].exit_code == 1
    Log.model_validate_json(json.dumps(sarif(judged, "")))


def test_a_host_finds_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an absolute path of one machine where the checkout's own is meant."""
    monkeypatch.chdir(tmp_path)
    assert address("docs/my policy.toml") == "docs/my%20policy.toml"
    assert address(str(tmp_path / "a.toml")) == "a.toml"
    assert address("/elsewhere/a.toml").startswith("file:///")


def test_the_summary_names_who_and_escapes(policy) -> None:
    """Catches a name that breaks the table, and a limit on each that names nobody."""
    evidence = case()
    odd = Evidence(evidence.before, evidence.after, (1, 3), ("A", "B|<i>", "C*", "D"), (4,) * 4)
    text = summary(done(policy(MIXED), odd), "Hidden, not forgotten.")
    assert text.startswith("## policy: not passed, 2 of 3 limits not kept\n\nHidden, not")
    assert "C\\*" in text
    assert "1 passed, 1 failed" in text
    assert "Toy &lt;&amp;>" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {6}


def test_the_evidence_is_the_workspaces() -> None:
    """Catches photos counted of the wrong people, which decide whether a figure may be passed."""
    space = workspace()
    visit = Visit(Service(), space)
    visit.forget((1, 4))
    found = evidence(visit.state, visit.measure())
    labels = space.features.labels[~space.features.train].tolist()
    assert found.tests == [labels.count(label) for label in range(8)]
    assert found.forgotten == (1, 4)
    assert found.names[2] == "Mei Lin"


def audit(*more: str) -> int:
    """`audit` of the embedded people by the embedded network, as the documentation has it."""
    return main(["audit", "--faces", "synthetic", "--backbone", "mini", *more])


def test_the_documented_policy_as_written(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Catches an example that no longer runs: ESC fails it, stand-in passes, as the page says."""
    policy = ROOT / "docs" / "audit-policy.toml"
    outs = {name: tmp_path / name for name in ("junit", "sarif", "summary")}
    wanted = [word for name, path in outs.items() for word in (f"--{name}", str(path))]
    who = ("--forget", "Rafael,Sofia,Camila", "--questions", "kr", "--policy", str(policy))
    assert audit(*who, *wanted) == 1
    assert "Policy Deletion requests: not passed" in capsys.readouterr().out
    assert int(ElementTree.parse(outs["junit"]).getroot().get("failures", "0")) > 0
    results = Log.model_validate_json(outs["sarif"].read_text()).runs[0].results
    assert "retrieval.forget_recall_at_1/each" in {one.rule_id for one in results}
    assert outs["summary"].read_text().startswith("## Deletion requests: not passed")
    assert audit(*who, "--method", "stand-in") == 0
    assert "5 of 5 limits kept" in capsys.readouterr().out
    page = (ROOT / "docs" / "audit-in-ci.md").read_text()
    assert policy.read_text().strip() in page, "the page shows another policy than the file"


def test_bad_input_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches minutes of work that end in a misspelled key, and files of verdicts without any."""
    monkeypatch.setattr("engine.cli.audit.workspace_of", lambda *_: pytest.fail("it was opened"))
    path = tmp_path / "policy.toml"
    path.write_text('[[limit]]\nfigure = "kr.forget"\nlimit = 0.3\n')
    out = tmp_path / "out.xml"
    assert audit("--forget", "Rafael", "--policy", str(path), "--junit", str(out)) == 2
    assert "did you mean kr.forget_test" in capsys.readouterr().err
    assert audit("--forget", "Rafael", "--junit", str(out)) == 2
    assert "give one by --policy" in capsys.readouterr().err
    assert audit("--forget", "Rafael", "--policy", str(path), "--sarif", str(tmp_path)) == 2
    assert not out.exists()
