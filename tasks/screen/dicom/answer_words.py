"""What an answer says in words. The words never tell a reader that a film needs no reading."""

from tasks.core.network.screened_film import REFER_REASONS, ScreenedFilm

RESEARCH_USE = "Research use, not for clinical use"
_MOST = 900  # characters of one statement: ST holds 1,024 (PS3.5, 6.2)


def as_ascii(text: str) -> str:
    r"""Text without characters that the character set of the film may lack, and without controls.

    Every character set of DICOM contains ASCII, except that ISO_IR 13 shows two characters
    otherwise, of which a backslash also separates values: it becomes a slash.

    Example:
        >>> as_ascii("Pneumon\u00eda \\ \u80ba")
        'Pneumon&#237;a / &#32954;'
    """
    plain = text.replace("\\", "/").encode("ascii", "xmlcharrefreplace").decode("ascii")
    return " ".join("".join(char if char.isprintable() else " " for char in plain).split())


def statements(film: ScreenedFilm, is_synthetic: bool) -> list[str]:
    """What the report and the capture say of a film, one statement each, in ASCII.

    Args:
        film: The answer of the network.
        is_synthetic: Whether the network was trained on synthetic films.
    """
    said = [f"{RESEARCH_USE}. A neural network made this answer; it is no medical device."]
    if is_synthetic:
        said.append("The network was trained on synthetic films only.")
    said += _rejection(film) if film.status == "rejected" else _call(film)
    said.append(f"Reading order: {film.what_to_do()}. A person must read every film.")
    return [as_ascii(one)[:_MOST] for one in said]


def _rejection(film: ScreenedFilm) -> list[str]:
    detail = f": {film.detail}" if film.detail else ""
    said = [f"The network did not score this file. Reason: {film.reason}{detail}."]
    return [*said, f"Next step: {film.next_step}."] if film.next_step else said


def _call(film: ScreenedFilm) -> list[str]:
    said = [f"Call: {film.call}{_certainty(film)}."] if film.call else ["No call."]
    if film.refer:
        reasons = "; ".join(REFER_REASONS.get(code, code) for code in film.refer_reasons)
        said.append(f"The network leaves this film to the reader: {reasons}.")
    return said


def _certainty(film: ScreenedFilm) -> str:
    if film.prob_finding is None:
        return f", calibrated probability {film.probabilities[film.call or '']:.3f}"
    text = f", calibrated probability of a finding {film.prob_finding:.3f}"
    if film.threshold is not None:
        text += f", called from {film.threshold:.3f} on ({film.operating_point})"
    return text
