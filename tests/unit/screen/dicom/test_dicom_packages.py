import importlib.util
import subprocess
import sys

import pytest

from tasks.core.errors import ScreeningError
from tasks.screen.dicom.dicom_packages import require_packages


def test_one_error_names_all_missing_packages_and_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = importlib.util.find_spec
    gone = {"pynetdicom", "highdicom"}
    monkeypatch.setattr(
        "tasks.screen.dicom.dicom_packages.find_spec",
        lambda name: None if name in gone else found(name),
    )
    with pytest.raises(ScreeningError, match="pynetdicom, highdicom") as caught:
        require_packages()
    assert "pip install 'pydicom>=3,<4'" in str(caught.value)


def test_the_writer_of_answers_can_be_imported_without_the_packages() -> None:
    program = (
        "import sys; import tasks.screen.dicom.answers; import tasks.screen.dicom.__main__;"
        "print({'pydicom', 'pynetdicom', 'highdicom'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
