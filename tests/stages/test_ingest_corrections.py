"""Marks of reviewers, from the exported file to the manifest of the stage `ingest`."""

from pathlib import Path

import pytest

from tasks.core.corrections import CORRECTIONS_SCHEMA
from tasks.core.tables import MANIFEST_SCHEMA, read_table
from tests.films import mooney_files, run_stage, workspace, write_tree

HEADER = "image_id,path,label_seen,verdict,label,comment,initials,model\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `ingest` has run without corrections."""
    root = tmp_path_factory.mktemp("corrections")
    write_tree(root / "source", mooney_files(6))
    folder = workspace(root / "run", ingest={"source": "../source"})
    assert run_stage("ingest", folder).returncode == 0
    return folder


def test_marks_change_the_manifest_and_none_is_lost(run: Path) -> None:
    before = read_table(MANIFEST_SCHEMA, run / "data/manifest.parquet")
    normal, other, ill = (
        before[before["label"] == label].iloc[row]
        for label, row in (("NORMAL", 0), ("NORMAL", 1), ("PNEUMONIA", 0))
    )
    lines = (
        f"{normal['image_id']},{normal['path']},NORMAL,wrong_label,pneumonia,left base,AB,m\n"
        f"{ill['image_id']},{ill['path']},PNEUMONIA,poor_film,,turned,CD,m\n"
        f"{'0' * 64},gone.jpeg,NORMAL,agree,,,CD,m\n"
        f"{'1' * 64},{other['path']},NORMAL,poor_film,,,CD,m\n"
    )
    (run / "data/corrections/ab.csv").write_text(HEADER + lines)

    end = run_stage("ingest", run)

    assert end.returncode == 0
    after = read_table(MANIFEST_SCHEMA, run / "data/manifest.parquet").set_index("path")
    assert after.loc[normal["path"], "label"] == "PNEUMONIA"
    assert after.loc[ill["path"], "reason"] == "excluded_by_reviewer"
    unchanged = ~before["path"].isin([normal["path"], ill["path"]])
    assert after.reset_index()[unchanged.to_numpy()][before.columns].equals(before[unchanged])
    table = read_table(CORRECTIONS_SCHEMA, run / "data/corrections.parquet")
    assert table["outcome"].tolist() == [
        {"0": "film gone", "1": "film changed"}.get(image_id)
        or {normal["image_id"]: "relabelled", ill["image_id"]: "excluded"}[image_id]
        for image_id in [key if set(key) - set("01") else key[0] for key in table["image_id"]]
    ]
    assert "4 films were marked by reviewers: 1 excluded, 1 film changed, 1 film gone" in end.stderr
    assert "film gone: the source holds no such film; nothing was changed, such as gone.jpeg" in (
        end.stderr
    )


@pytest.mark.parametrize("program", ["ingest", "ingest.check"])
def test_a_broken_mark_stops_both_programs_before_a_film_is_read(run: Path, program: str) -> None:
    file = run / "data/corrections/zz.csv"
    file.write_text(HEADER + "x,a.jpeg,NORMAL,agree,,,AB,m\n")
    try:
        end = run_stage(program, run)
    finally:
        file.unlink()
    assert end.returncode == 1
    assert "where: data/corrections/zz.csv, line 2" in end.stderr
    assert "image_id is the sha256 of a film" in end.stderr
    assert "files in ../source" not in end.stderr
