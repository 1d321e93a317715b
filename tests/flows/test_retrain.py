"""The flow with a real DVC project, DVC processes and a Prefect server."""

import pytest

from tests.flows.flow_runs import STAGES, UP_TO_DATE, outcomes_of, run_flow, wait_for_task_runs

pytestmark = pytest.mark.usefixtures("prefect_api")


@pytest.fixture(scope="module")
def history(tmp_path_factory, make_project, prefect_api):  # noqa: ARG001 - the runs need it
    """Four runs of one project: first run, unchanged, one parameter changed, changed back.

    Per run: the state, the stages' outcomes and how often each command had run by then.
    """
    project = make_project(tmp_path_factory.mktemp("history") / "project")
    project.order("train@a", "time.sleep(1.5)")
    project.order("train@b", "time.sleep(1.5)")
    runs = {}
    for name, params in {
        "first": {},
        "unchanged": {},
        "changed": {"rate_b": 0.2},
        "reverted": {},
    }.items():
        project.set_params(**params)
        state = run_flow(project)
        runs[name] = (state, outcomes_of(state), project.n_runs())
        if name == "first":
            runs["spans"] = {stage: project.last_span(stage) for stage in ("train@a", "train@b")}
    return runs


def test_the_first_run_runs_every_stage(history):
    state, outcomes, n_runs = history["first"]
    assert state.is_completed()
    assert outcomes == {"raw.txt.dvc": UP_TO_DATE} | dict.fromkeys(STAGES[1:], "ran")
    assert n_runs == dict.fromkeys(STAGES[1:], 1)


def test_independent_stages_run_at_the_same_time(history):
    (a_began, a_ended), (b_began, b_ended) = history["spans"].values()
    assert max(a_began, b_began) < min(a_ended, b_ended)


def test_an_unchanged_project_starts_no_process(history):
    state, outcomes, n_runs = history["unchanged"]
    assert outcomes == dict.fromkeys(STAGES, UP_TO_DATE)
    assert n_runs == dict.fromkeys(STAGES[1:], 1)
    assert all(outcome.elapsed_s == 0.0 for outcome in state.result().outcomes)


def test_a_changed_parameter_runs_its_stage_and_those_after_it_only(history):
    _, outcomes, n_runs = history["changed"]
    assert [stage for stage in STAGES if outcomes[stage] == "ran"] == ["train@b", "compare"]
    assert n_runs == {"prepare": 1, "train@a": 1, "train@b": 2, "compare": 2}


def test_a_parameter_changed_back_uses_the_run_cache(history):
    _, outcomes, n_runs = history["reverted"]
    assert outcomes["train@b"] == outcomes["compare"] == "cached run-cache"
    assert n_runs == {"prepare": 1, "train@a": 1, "train@b": 2, "compare": 2}


@pytest.mark.parametrize(
    ("run", "stage", "shown"),
    [
        ("first", "raw.txt.dvc", ("COMPLETED", "Cached", "up-to-date")),
        ("first", "train@a", ("COMPLETED", "Ran", None)),
        ("reverted", "train@a", ("COMPLETED", "Cached", "up-to-date")),
        ("reverted", "train@b", ("COMPLETED", "Cached", "run-cache")),
    ],
)
def test_prefect_shows_each_stage_with_its_outcome(history, run, stage, shown):
    state = history[run][0]
    runs = wait_for_task_runs(state.state_details.flow_run_id, len(STAGES))
    assert sorted(runs) == sorted(STAGES)
    kind, name, message = runs[stage]
    assert (kind, name) == shown[:2]
    assert shown[2] is None or message == shown[2]


def test_the_story_of_the_run_is_a_prefect_artifact(history):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    run_id = history["changed"][0].state_details.flow_run_id
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
    with get_client(sync_client=True) as client:
        (artifact,) = client.read_artifacts(artifact_filter=wanted)
    assert artifact.key == "retrain-story"
    assert artifact.data.startswith("# Succeeded: 3 cached, 2 ran\n")


def test_a_target_runs_with_its_ancestors_only(project):
    state = run_flow(project, target="train@b", max_workers=1)
    assert outcomes_of(state) == {
        "raw.txt.dvc": UP_TO_DATE,
        "prepare": "ran",
        "train@b": "ran",
    }
