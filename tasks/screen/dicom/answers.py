"""Write the answers for a film that came by DICOM: a report and a capture, as files.

They wait in a folder until they are sent to the archive (`answer_outbox`).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.errors import ScreeningError
from tasks.core.film.errors import FilmError
from tasks.core.network.screened_film import ScreenedFilm
from tasks.screen.dicom.answer_outbox import AnswerOutbox
from tasks.screen.dicom.answer_words import RESEARCH_USE, statements
from tasks.screen.dicom.capture_picture import ClassHeat, draw_capture
from tasks.screen.dicom.dicom_packages import require_packages
from tasks.screen.dicom.film_header import read_header
from tasks.screen.dicom.report_content import AnsweredFilm
from tasks.screen.dicom.secondary_capture import secondary_capture
from tasks.screen.dicom.structured_report import structured_report

if TYPE_CHECKING:
    from pydicom import Dataset

    from tasks.core.film.square import Square
    from tasks.core.network.onnx_network import OnnxNetwork


class AnswerWriter:
    """Writes the answers of one network; the service calls it after scoring.

    Args:
        network: It draws the heat.
        folder: Where answers wait to be sent. It is made where it is missing.

    Raises:
        ScreeningError: A package of the DICOM extra is missing.
        OSError: The folder cannot be made.
    """

    def __init__(self, network: "OnnxNetwork", folder: Path) -> None:
        require_packages()
        self._network = network
        self._outbox = AnswerOutbox(folder)

    def write(
        self,
        data: bytes,
        screened: ScreenedFilm,
        square: "Square | None",
        scored_at: datetime,
    ) -> tuple[Path, ...]:
        """Write the report, and the capture if there is a call; they are durable then.

        Heat without a call would show why the network said what it did not say.
        An answer that is there already, waiting or sent, is left alone: UIDs come from the film
        and the network.

        Args:
            data: Bytes of the film as they were received.
            screened: What the network says of it.
            square: What the network saw; None for a rejected film.
            scored_at: When it answered, in UTC.

        Returns:
            Files that were written now.

        Raises:
            ScreeningError: The header of the film is damaged, so no answer can repeat it.
            OSError: The disk is full or broken.
        """
        made = {}
        with _named(screened):
            film = AnsweredFilm(screened, read_header(data), self._network.is_synthetic)
            capture_uid, report_uid = film.uid("capture"), film.uid("report")
            if square is not None and screened.call and not self._outbox.knows(capture_uid):
                made[capture_uid] = as_file(self._capture(data, film, square, scored_at))
            if not self._outbox.knows(report_uid):
                made[report_uid] = as_file(structured_report(film, scored_at))
        return tuple(self._outbox.put(uid, answer) for uid, answer in made.items())

    def _capture(
        self, data: bytes, film: AnsweredFilm, square: "Square", scored_at: datetime
    ) -> "Dataset":
        name = self._shown_class(film.screened)
        heat = self._network.heat(square.image, self._network.classes.index(name))
        shown = ClassHeat(name, heat, square.box)
        words = statements(film.screened, film.is_synthetic)[1:]
        capture = draw_capture(data, shown, self._network.resize, RESEARCH_USE.upper(), words)
        return secondary_capture(film, capture, scored_at)

    def _shown_class(self, film: ScreenedFilm) -> str:
        """The called finding; without one, the likeliest finding, as the reader looks for it."""
        if film.called_positive and film.call is not None:
            return film.call
        findings = [name for name in self._network.classes if name != film.call]
        return max(findings, key=lambda name: film.probabilities.get(name, 0.0))


def as_file(answer: "Dataset") -> bytes:
    """Bytes of a DICOM file (PS3.10)."""
    from pydicom.filewriter import dcmwrite

    buffer = io.BytesIO()
    dcmwrite(buffer, answer, enforce_file_format=True)
    return buffer.getvalue()


@contextmanager
def _named(screened: ScreenedFilm) -> Iterator[None]:
    """Name the film, but no text of its header, when its answer cannot be made."""
    from tasks.core.film.dicom import private_errors

    try:
        with private_errors():
            yield
    except FilmError as error:
        raise ScreeningError(
            "an answer repeats the header and the pixels of its film",
            found=error.detail,
            where=f"film {screened.sha256}",
            next_step="no answer can be sent for this film; read it on the worklist",
        ) from error
