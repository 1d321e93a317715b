"""Rule on trivial baselines: what a classifier that knows no anatomy reaches."""

from tasks.core.html.number_format import EstimateJson, format_number
from tasks.page.figure_text import Finding, estimate_of, figure, interval_text, short_text
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import auroc_of
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

BASELINE_MARGIN = 0.05  # AUROC by which the network must lead a trivial baseline; our choice
GIVEN_AWAY = 0.9  # AUROC of a baseline that needs no network any more; our choice
TRIVIAL = "trivial_baseline"


def differences_of(inputs: PageInputs) -> dict[str, Finding]:
    """The network less each baseline on the same films: `auroc` and `accuracy`, by its name."""
    rows = inputs.comparison["baselines"]
    return {row["baseline"]: row for row in rows if row["model"] == inputs.model}


def trivial_baseline(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether a baseline that knows no anatomy does about as well, or gives the class away.

    Limits: the interval of the difference of the AUROCs reaches 0, or the difference is below 0.05;
    or the baseline alone has an AUROC of 0.9 or more (our choices).
    """
    rivals = [
        one for one in inputs.baselines if estimate_of(one, "test", "auroc")["value"] is not None
    ]
    auroc = auroc_of(inputs.evaluation)
    if not rivals or auroc["value"] is None:
        return None
    best = max(rivals, key=lambda one: float(one["test"]["auroc"]["value"]))
    lead = estimate_of(differences_of(inputs).get(best["name"]), "auroc")
    rival = best["test"]["auroc"]
    detail = (
        f"The best classifier that knows no anatomy, “{best['name']}”: {figure('AUROC', rival)}. "
        f"The network: {figure('AUROC', auroc)}, on the same test films. Network less baseline: "
        f"{interval_text(lead)}."
    )
    number = f"lead {short_text(lead)}"
    if rival["value"] >= GIVEN_AWAY:
        title = f"{_subject(best['name'])} alone give the class away: AUROC "
        title += format_number(rival["value"])
        return WeaknessCheck(TRIVIAL, title, detail, f"{short_text(rival)}; {number}", is_weak=True)
    if not _is_ahead(lead):
        title = f"{_subject(best['name'])} may do as well as the network: difference "
        title += short_text(lead)
        detail += " Part of the score may come from the file or the exposure."
        return WeaknessCheck(TRIVIAL, title, detail, number, is_weak=True)
    title = f"Better than every trivial baseline (best: {format_number(rival['value'])}), "
    title += f"by an AUROC of {short_text(lead)}"
    return WeaknessCheck(TRIVIAL, title, detail, number, is_weak=False)


def _is_ahead(lead: EstimateJson) -> bool:
    value, low = lead["value"], lead["low"]
    return value is not None and value >= BASELINE_MARGIN and (low is None or low > 0)


def _subject(name: str) -> str:
    """Name of a baseline as the subject of a sentence, without its brackets."""
    text = name.partition(" (")[0]
    return text[0].upper() + text[1:]
