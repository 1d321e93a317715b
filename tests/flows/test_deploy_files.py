"""The templates of flows/deploy and prefect.yaml, checked as far as one machine can."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.environment import ENVIRONMENT_DEFAULTS
from tests.flows.flow_runs import PROJECT_ROOT

DEPLOY = PROJECT_ROOT / "flows/deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OBJECTS = list(yaml.safe_load_all((DEPLOY / "kubernetes/lungline.yaml").read_text()))
COMPOSE = yaml.safe_load((DEPLOY / "docker/compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "docker/Dockerfile").read_text()
ENV_FILE = DEPLOY / "systemd/lungline.env"
POOLS = sorted(DEPLOY.glob("*/pool.json"))


def settings(text=None):
    """Variables of the environment file."""
    lines = (ENV_FILE.read_text() if text is None else text).splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]", line))


def commands():
    """Every command line that the templates start, as words."""
    for unit in UNITS:
        start = re.search(r"^ExecStart=(.*)$", unit.read_text(), flags=re.MULTILINE)[1]
        yield shlex.split(start.replace("/srv/lungline/.venv/bin/", ""))
    for service in COMPOSE["services"].values():
        yield from words_of(service.get("command", []))
    for thing in OBJECTS:
        if thing["kind"] == "Deployment":
            for container in thing["spec"]["template"]["spec"]["containers"]:
                yield from words_of(container["args"])


def words_of(command):
    if command[:2] == ["sh", "-c"]:
        yield shlex.split(command[2].partition("exec ")[2])
    elif command:
        yield command


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path):
    place = tmp_path / "lungline"
    (place / ".venv/bin").mkdir(parents=True)
    for name in ("python", "prefect"):
        (place / ".venv/bin" / name).symlink_to(Path(sys.executable))
    for unit in UNITS:
        text = unit.read_text().replace("/srv/lungline", str(place))
        (tmp_path / unit.name).write_text(text.replace("User=lungline", "User=daemon"))
    assert complaints(sorted(tmp_path.glob("*.service"))) == []
    assert len(UNITS) == 5
    wrong = tmp_path / "lungline-serve.service"
    wrong.write_text(wrong.read_text().replace("KillMode=mixed", "KillMode=mild"))
    assert len(complaints([wrong])) == 1


def complaints(units):
    """What systemd says of our units; it also speaks of those of the machine."""
    command = ["systemd-analyze", "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if "lungline-" in line]


@pytest.mark.slow
def test_every_command_of_the_templates_is_a_program_with_these_options():
    found = list(commands())
    assert len(found) >= 8
    for words in found:
        program = words[: 3 if words[0] == "python" else 2]
        if words[0] == "prefect":
            program = words[:3]
        done = subprocess.run(
            [sys.executable, *(["-m"] if words[0] == "prefect" else []), *after(program), "--help"],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, words
        for option in (word for word in words if word.startswith("--")):
            assert option in done.stdout, (words, option)


def after(program):
    return program[1:] if program[0] == "python" else program


def test_the_environment_file_names_settings_that_prefect_has():
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_valid_setting_names

    text = re.sub(r"^#(?=[A-Z])", "", ENV_FILE.read_text(), flags=re.MULTILINE)
    wanted = {name for name in settings(text) if name.startswith("PREFECT_")}
    assert wanted <= _get_valid_setting_names(Settings)
    assert len(wanted) >= 6


def test_no_template_sends_anything_to_the_authors_of_prefect_or_dvc():
    quiet = {
        name: value
        for name, value in ENVIRONMENT_DEFAULTS.items()
        if re.search("ANALYTICS|TRACK|OFFLINE|PROMOTIONAL", name)
    }
    assert len(quiet) == 5
    assert settings().items() >= quiet.items()
    for name, value in quiet.items():
        assert re.search(rf"\b{name}={value}\b", DOCKERFILE), name


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
@pytest.mark.parametrize(
    "thing", OBJECTS, ids=lambda thing: f"{thing['kind']}-{thing['metadata']['name']}"
)
def test_kubectl_reads_every_key_of_the_kubernetes_objects(thing):
    """Without a cluster, `--local` decodes into the types of Kubernetes and drops unknown keys."""
    assert_kubectl_keeps(thing)


def assert_kubectl_keeps(thing):
    command = ["set", "env"] if thing["kind"] in ("Deployment", "Job") else ["annotate"]
    change = "X=y" if command[0] == "set" else "x=y"
    done = subprocess.run(
        ["kubectl", *command, "--local", "-f", "-", change, "-o", "json"],
        input=json.dumps(thing),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert lost(thing, json.loads(done.stdout)) == []


def lost(wanted, got, place=""):
    """Places of `wanted` that are missing or different in `got`."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return [p for key in wanted for p in lost(wanted[key], got.get(key), f"{place}.{key}")]
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) <= len(got):
        pairs = enumerate(zip(wanted, got, strict=False))
        return [p for i, (a, b) in pairs for p in lost(a, b, f"{place}[{i}]")]
    return [] if wanted == got or not wanted else [f"{place}: {wanted!r} became {got!r}"]


@pytest.mark.parametrize("path", POOLS, ids=lambda path: path.parent.name)
def test_a_pool_template_keeps_what_prefect_expects_of_its_type(path):
    """Prefect's own template of this type of worker, which came with Prefect."""
    import jsonschema
    from prefect.server import api

    ours = json.loads(path.read_text())
    views = Path(api.__file__).parent / "collections_data/views/aggregate-worker-metadata.json"
    kind = path.parent.name
    metadata = json.loads(views.read_text())[f"prefect-{kind}"][kind]
    theirs = metadata["default_base_job_configuration"]
    assert ours["job_configuration"].keys() == theirs["job_configuration"].keys()
    assert ours["variables"]["properties"].keys() == theirs["variables"]["properties"].keys()
    jsonschema.Draft202012Validator.check_schema(ours["variables"])
    defaults = defaults_of(ours)
    jsonschema.validate(defaults, ours["variables"])
    assert "registry.example.org/lungline:1" in defaults.values() or kind == "docker"
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(ours["job_configuration"])))
    assert used <= ours["variables"]["properties"].keys()


def defaults_of(template):
    properties = template["variables"]["properties"]
    return {name: value["default"] for name, value in properties.items() if "default" in value}


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_reads_the_job_that_the_pool_template_makes():
    from prefect.utilities.templating import apply_values

    template = json.loads((DEPLOY / "kubernetes/pool.json").read_text())
    values = {**defaults_of(template), "name": "night", "labels": {"app": "run"}, "command": ["a"]}
    values["env"] = [{"name": name, "value": text} for name, text in values["env"].items()]
    job = apply_values(template["job_configuration"]["job_manifest"], values)
    assert_kubectl_keeps(job)
    mounts = job["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "clone", "mountPath": "/srv/lungline"} in mounts


def test_the_image_copies_files_that_exist_and_runs_as_no_root():
    words = [line.split() for line in DOCKERFILE.replace("\\\n", " ").splitlines()]
    lines = [line for line in words if line and not line[0].startswith("#")]
    known = {"FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "CMD"}
    assert {line[0] for line in lines} == known
    for line in lines:
        if line[0] == "COPY":
            assert (PROJECT_ROOT / line[1]).exists()
    (base,) = [line[1] for line in lines if line[0] == "FROM"]
    assert re.fullmatch(r"python:3\.1[123]-slim-\w+", base)
    assert [line[1] for line in lines if line[0] == "USER"] == ["lungline"]


def test_compose_mounts_only_volumes_that_it_declares():
    for name, service in COMPOSE["services"].items():
        for volume in service.get("volumes", []):
            source = volume.rsplit(":", 1)[0]
            assert source.startswith("${LUNGLINE_CLONE") or source in COMPOSE["volumes"], name
        assert service["image"].rpartition(":")[2] not in ("", "latest"), name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
