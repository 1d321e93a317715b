"""Evidence about the films: where they come from, which are taken, how they are divided."""

import pandas as pd

from tasks.core import paths
from tasks.core.html.number_format import count_of, format_percent, patient_text
from tasks.core.source.location import shown_location
from tasks.core.tables import SPLITS
from tasks.report.compliance.study_records import Evidence, StudyRecords, counts_in_words

_UNKNOWN_PATIENT = "film:"  # begins the key that `core.statistics.groups.patients` makes
_SPLIT_TITLES = {"train": "training", "val": "validation", "test": "test"}


def source(records: StudyRecords) -> Evidence:
    """The source as params.yaml states it, and the layout that was recognised."""
    layouts = ", ".join(sorted(records.manifest["layout"].dropna().unique()))
    kind = ", synthetic films" if records.manifest["is_synthetic"].any() else ""
    place = shown_location(records.params.ingest.source)
    found = count_of(len(records.manifest), "file")
    return Evidence(
        f"{place} (layout {layouts}{kind}), {found}", paths.MANIFEST, paths.INDEX, "films"
    )


def eligibility(records: StudyRecords) -> Evidence:
    """Rejected files and films outside the cohort, by reason."""
    lost = _reasons(records.manifest.loc[records.manifest["status"] != "ok", "reason"])
    out = _reasons(records.excluded["reason"])
    value = f"Files that are not used: {lost}. Films outside the cohort: {out}."
    return Evidence(value, paths.EXCLUDED, paths.INDEX, "films")


def subsets(records: StudyRecords) -> Evidence:
    """How this run takes films out: by rule, or by the corrections of reviewers."""
    by_hand = (records.manifest["reason"] == "excluded_by_reviewer").sum()
    value = (
        f"In this run by the rules of stage resample; {count_of(int(by_hand), 'film')} excluded by "
        "reviewers. The run does not know how the source chose its films"
    )
    return Evidence(value, paths.MANIFEST, paths.INDEX, "corrections")


def preprocessing(records: StudyRecords) -> Evidence:
    """How a film becomes a square."""
    resize = records.params.resize
    common = resize.common_resolution_px
    value = (
        f"Grey, {resize.size_px} x {resize.size_px} px, 8 bits; geometry {resize.geometry}, "
        f"intensity {resize.intensity}, region {resize.region}, common resolution "
        f"{'none' if common is None else f'{common} px'}"
    )
    return Evidence(value, paths.RESIZE_JSON, paths.INDEX, "seen")


def missing(records: StudyRecords) -> Evidence:
    """Usable films without a patient key, age or sex. Nothing is filled in."""
    usable = records.manifest[records.manifest["status"] == "ok"]
    columns = {"patient_id": "patient", "age_years": "age", "sex": "sex"}
    absent = ", ".join(
        f"{title} unknown for {int(usable[name].isna().sum())}" for name, title in columns.items()
    )
    value = f"Of {count_of(len(usable), 'usable film')}: {absent}. No value is filled in."
    return Evidence(value, paths.MANIFEST, paths.VALIDATION_HTML)


def labels(records: StudyRecords) -> Evidence:
    """The labels from the source, and how many look wrong."""
    classes = counts_in_words(records.samples["label"])
    n_likely, n_films = records.labels["n_issues"], records.labels["n_images"]
    audit = "" if n_likely is None else f"; the audit doubts {n_likely} of {n_films}"
    value = f"Labels from the source, or corrected by reviewers: {classes}{audit}"
    return Evidence(value, paths.LABELS_JSON, paths.LABELS_HTML)


def partitions(records: StudyRecords) -> Evidence:
    """Films and patients by split, with the classes of each."""
    texts = []
    for split in SPLITS:
        films = records.samples[records.samples["split"] == split]
        patients = _patients(films)
        title = _SPLIT_TITLES[split]
        texts.append(f"{title} {len(films)} films, {patients} ({counts_in_words(films['label'])})")
    return Evidence("; ".join(texts), paths.SAMPLES, paths.INDEX, "films")


def disjoint(records: StudyRecords) -> Evidence | None:
    """Patients in two splits: there must be none, else there is no evidence."""
    splits = records.samples.groupby("group_id")["split"].nunique()
    if (splits > 1).any():
        return None
    value = f"None is in two splits: {_patients(records.samples)}; duplicates are joined"
    return Evidence(value, paths.SAMPLES, paths.INDEX, "films")


def imbalance(records: StudyRecords) -> Evidence:
    """How unequal classes were treated."""
    balance = records.params.resample.balance
    train = records.samples[records.samples["split"] == "train"]
    value = f"resample.balance: {balance}; training films: {counts_in_words(train['label'])}"
    return Evidence(value, paths.SAMPLES)


def flow(records: StudyRecords) -> Evidence:
    """From files found to test films."""
    usable = int((records.manifest["status"] == "ok").sum())
    test = int((records.samples["split"] == "test").sum())
    steps = f"{len(records.manifest)} files found, {usable} usable, {len(records.samples)}"
    return Evidence(
        f"{steps} in the cohort, {test} test films", paths.SAMPLES, paths.INDEX, "films"
    )


def demographics(records: StudyRecords) -> Evidence | None:
    """Age and sex by split, if the source tells them."""
    columns = ["image_id", "age_years", "sex"]
    films = records.samples.merge(records.manifest[columns].drop_duplicates("image_id"))
    known = films[films["age_years"].notna() | films["sex"].notna()]
    if known.empty:
        return None
    texts = [
        f"{_SPLIT_TITLES[str(split)]}: {_ages(part['age_years'])}, {counts_in_words(part['sex'])}"
        for split, part in known.groupby("split", sort=True)
    ]
    return Evidence("; ".join(texts), paths.MANIFEST)


def sites(records: StudyRecords) -> Evidence | None:
    """Hospitals that the source names."""
    known = records.samples["site"].dropna()
    return None if known.empty else Evidence(counts_in_words(known), paths.SAMPLES)


def gate(records: StudyRecords) -> Evidence:
    """What the data gate checked."""
    rules = records.gate["expectations"]
    n_failed = sum(not rule["passed"] for rule in rules)
    value = f"{len(rules)} expectations by Great Expectations, {n_failed} not met"
    return Evidence(value, paths.VALIDATION_JSON, paths.VALIDATION_HTML)


def prevalence(records: StudyRecords) -> Evidence:
    """The share of each class among test films."""
    test = records.samples[records.samples["split"] == "test"]
    shares = test["label"].value_counts(normalize=True).sort_index()
    listed = ", ".join(f"{name} {format_percent(float(share))}" for name, share in shares.items())
    value = f"Test films: {listed}: the mix of the source, maybe not that of a clinic"
    return Evidence(value, paths.SAMPLES, paths.INDEX, "limits")


def _patients(films: pd.DataFrame) -> str:
    """Patients of films; a group of films without a patient is never called a patient."""
    keys = films.groupby("group_id")["patient_id"].first()
    return patient_text(len(keys), int(keys.str.startswith(_UNKNOWN_PATIENT).sum()))


def _ages(ages: "pd.Series[float]") -> str:
    known = ages.dropna()
    if known.empty:
        return "age unknown"
    return f"age {known.min():.0f} to {known.max():.0f} years, median {known.median():.0f}"


def _reasons(reasons: "pd.Series[str]") -> str:
    return counts_in_words(reasons.fillna("no reason given").str.replace("_", " "))
