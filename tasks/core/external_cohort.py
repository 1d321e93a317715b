"""The source of an external cohort, and what is said of one that cannot be read."""

from pathlib import Path

from tasks.core.errors import ParamsError, SourceError
from tasks.core.params import EvaluateParams

Fault = dict[str, str]


def source_of(params: EvaluateParams, cohort: str) -> str:
    """Source of a cohort: a folder, zip or URL.

    Args:
        params: Section `evaluate`.
        cohort: A key of `evaluate.external`.

    Raises:
        ParamsError: There is no such key.
    """
    if cohort not in params.external:
        raise ParamsError(
            "--cohort must be a key of evaluate.external",
            found=f"{cohort}; the keys are {', '.join(params.external) or 'none'}",
            where="params.yaml: evaluate.external",
            next_step=f"add `{cohort}: FOLDER, ZIP OR URL` there, or name another cohort",
        )
    return params.external[cohort]


def key_of(cohort: str) -> str:
    """Setting that names the source of a cohort.

    Example:
        >>> key_of("clinic")
        'evaluate.external.clinic'
    """
    return f"evaluate.external.{cohort}"


def fault_of(error: SourceError, cohort: str, source: str) -> Fault:
    """What is wrong with the source of a cohort, without a path of this machine.

    The rules about `ingest.source` hold for every source; here they name the cohort's own key.

    Args:
        error: What reading the source raised.
        cohort: A key of `evaluate.external`.
        source: Its source.

    Returns:
        `rule`, `found` and `next_step`.
    """
    own = cohort_error(error, cohort)
    parts = {"rule": own.rule, "found": own.found, "next_step": own.next_step}
    if Path(source).is_absolute():
        parts = {name: text.replace(source, key_of(cohort)) for name, text in parts.items()}
    return {name: text.replace(str(Path.cwd()), ".") for name, text in parts.items()}


def fault_in_words(fault: Fault) -> str:
    """A fault as one text, for the summary of a cohort and the log."""
    return f"{fault['rule']}; found: {fault['found']}; next: {fault['next_step']}"


def cohort_error(error: SourceError, cohort: str) -> SourceError:
    """The same error with the cohort's own key in place of `ingest.source`."""
    names = ("rule", "found", "where", "next_step")
    own = [getattr(error, name).replace("ingest.source", key_of(cohort)) for name in names]
    where = own[2] if key_of(cohort) in own[2] else f"{own[2]} ({key_of(cohort)})"
    return SourceError(own[0], found=own[1], where=where, next_step=own[3])
