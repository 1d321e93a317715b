"""The program `screen.simulate` as a user runs it, and its page in a real browser."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tasks.core import paths

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
MODEL = "minivggnet"
HEAVY = ("tensorflow", "keras", "pandas", "pyarrow", "scipy", "matplotlib", "skimage")
QUICK = ("--replications", "20", "--absent-hours", "24")


def write_scores(root: Path) -> None:
    """30 patients of each side with two films; every tenth film of a finding is missed."""
    n = 60
    prob = [0.05 if k % 10 == 3 else 0.6 + 0.006 * k for k in range(n)]
    prob += [0.55 if k % 10 == 1 else 0.008 * k for k in range(n)]
    scores = {
        "model": MODEL, "classes": ["NORMAL", "PNEUMONIA"], "negative_class": "NORMAL",
        "operating_point": "target_sensitivity", "threshold": 0.5, "is_synthetic": True,
        "films": {
            "patient": [k // 2 for k in range(2 * n)], "positive": [k < n for k in range(2 * n)],
            "prob_finding": prob, "is_referred": [k % 7 == 0 for k in range(2 * n)],
        },
    }  # fmt: skip
    path = root / paths.scores(MODEL)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(scores))
    shutil.copy(ROOT / "params.yaml", root / "params.yaml")


def simulate(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.screen.simulate", *options],
        cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clinic")
    write_scores(root)
    return root


@pytest.fixture(scope="module")
def done(root: Path) -> subprocess.CompletedProcess[str]:
    return simulate(root, *QUICK)


def test_the_assumptions_come_first_then_the_result_and_the_last_one_the_page(root, done):
    assert (done.returncode, done.stdout) == (0, "")
    folder = root / paths.simulation_dir(MODEL)
    found = json.loads(paths.simulation_json(folder).read_text("utf-8"))
    lines = done.stderr.splitlines()
    assert "simulating 20 absences of 24 hours. Assumed: 3 films an hour (8-20 o'clock)" in lines[0]
    assert lines[1] == f"[screen.simulate] {found['headline']}"
    assert "sooner" in lines[1]
    assert "no medical device" in lines[-1]
    assert (found["is_simulation"], found["is_medical_device"]) == (True, False)
    page = paths.simulation_html(folder).read_text("utf-8")
    for words in ("Synthetic films", "A simulation with assumptions", "not a medical device"):
        assert words in page


@pytest.mark.usefixtures("done")
def test_a_second_run_gives_equal_bytes_and_another_seed_other_ones(root, tmp_path):
    names = ("simulation.json", "simulation.html")
    assert simulate(root, *QUICK, "--out", str(tmp_path / "a")).returncode == 0
    assert simulate(root, *QUICK, "--seed", "1", "--out", str(tmp_path / "b")).returncode == 0
    first = [(root / paths.simulation_dir(MODEL) / name).read_bytes() for name in names]
    assert [(tmp_path / "a" / name).read_bytes() for name in names] == first
    assert (tmp_path / "b" / names[0]).read_bytes() != first[0]


def test_a_list_that_grows_for_ever_is_said_when_its_time_is_limited(root, tmp_path):
    crowded = ("--arrivals-per-hour", "20", "--horizon-hours", "40", "--out", str(tmp_path))
    found = simulate(root, *QUICK, *crowded)
    assert found.returncode == 0
    assert "the list grows for ever" in found.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--prevalence", "2"), "--prevalence must be a number above 0 and below 1"),
        (("--arrivals-per-hour", "30"), "the list grows for ever"),
        (("--replications", "3"), "--replications must be a whole number from 20"),
        (("--seed", "-1"), "--seed must be a whole number"),
        (("--model", "unknown"), "a network must be evaluated"),
        (("--scores", "params.yaml"), "a JSON file|must be complete"),
    ],
)
def test_a_bad_option_ends_with_one_message_and_no_file(root, tmp_path, options, words):
    failed = simulate(root, *options, "--out", str(tmp_path / "out"))
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert any(one in failed.stderr for one in words.split("|"))
    for part in ("found:", "where:", "next:"):
        assert part in failed.stderr
    assert not (tmp_path / "out").exists()


def test_no_heavy_package_is_imported(root, tmp_path):
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['simulate', *{QUICK!r}, '--out', {str(tmp_path)!r}]\n"
        "try: runpy.run_module('tasks.screen.simulate', run_name='__main__')\n"
        f"finally: print('HEAVY', sorted(set({HEAVY}) & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert "HEAVY []" in shown


@pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")
@pytest.mark.usefixtures("done")
def test_axe_finds_nothing_and_the_page_is_never_wider_than_the_window(root):
    address = paths.simulation_html(root / paths.simulation_dir(MODEL)).as_uri()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        for width_px, scheme in ((1280, "light"), (390, "dark")):
            page = browser.new_page(
                viewport={"width": width_px, "height": 900}, color_scheme=scheme
            )
            complaints: list[str] = []
            page.on("console", lambda message, to=complaints: to.append(message.text))
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            assert page.evaluate("document.documentElement.scrollWidth") <= width_px
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
            assert complaints == []
            page.close()
        browser.close()
