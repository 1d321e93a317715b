from pathlib import Path

import pytest

from tasks.core.errors import TableError
from tasks.page.page_inputs import read_training_history


@pytest.mark.parametrize(
    "text",
    ["", "step\tloss\n0\t0.7\n1\t", "step\tlo", "step\tloss\n0\t0.x", "step\tloss\n0\t0.7\n"],
)
def test_a_damaged_training_history_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "train/loss.tsv"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(TableError, match="`step` and `loss`") as refusal:
        read_training_history(tmp_path, n_epochs=2)
    assert refusal.value.where == str(file)
