"""Where a page comes from: code, data, network, parameters, libraries, and how to make it again.

Every value depends on the repository and its files only, so an equal run gives equal bytes.
"""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.code_commit import CodeCommit, code_commit
from tasks.core.dvc_hash import dvc_md5
from tasks.core.params.yaml_file import read_yaml
from tasks.core.params_read import note_params
from tasks.core.source.location import shown_location

# Libraries whose release can change a number, a picture or a byte; see pyproject.toml
_LIBRARIES = (
    *("cleanlab", "dvc", "dvclive", "great-expectations", "imagecodecs", "imagehash"),
    *("jinja2", "keras", "matplotlib", "numpy", "pandas", "pillow", "pyarrow", "pydicom"),
    *("scikit-image", "scikit-learn", "scipy", "simplejpeg", "tensorflow"),
)
_HIDDEN = "(hidden)"
_SECRETS = ("salt", "password", "secret", "token")  # words in the name of a parameter


@dataclass(frozen=True)
class HashedFile:
    """A file or folder with its hash; `digest` is None if it is not there."""

    path: str
    digest: str | None


@dataclass(frozen=True)
class Provenance:
    """Content of the last section of every page.

    commit: of the code. source: of the films as params.yaml states it, without secrets.
    inputs, network: DVC hashes, as in dvc.lock. checks: SHA-256 of the evaluation and of the
    contract. parameters: by dotted name, as params.yaml states them; section `train` as
    `model.json` states it, if it does. libraries: releases by name.
    precision: of the network's training. seeds: by name. n_resamples: of the bootstrap.
    commands: lines for a shell that make the page again.
    """

    commit: CodeCommit
    source: str
    inputs: tuple[HashedFile, ...]
    network: tuple[HashedFile, ...]
    checks: tuple[HashedFile, ...]
    parameters: Mapping[str, str]
    libraries: Mapping[str, str]
    precision: str | None
    seeds: Mapping[str, str]
    n_resamples: str | None
    commands: tuple[str, ...]


def collect_provenance(
    stage: str,
    inputs: Sequence[Path],
    params: Sequence[str],
    model: str | None = None,
    source: str | None = None,
) -> Provenance:
    """Look at the repository in the current folder.

    Args:
        stage: Name of the stage that writes the page, as in dvc.yaml, for example `page`.
        inputs: Files and folders that the page is made from. For the films of the source, give
            `data/manifest.parquet`: it holds the hash of every film.
        params: Dotted keys of params.yaml that decide about the page, as the stage declares them
            in dvc.yaml. A key that params.yaml lacks is left out.
        model: The network of the page, if it has one.
        source: Where the films come from; None: `ingest.source`.

    Raises:
        yaml.YAMLError: params.yaml is no YAML.
    """
    stated = note_params(read_yaml(paths.PARAMS.read_bytes()))
    description = _description(model)
    used = {"train": description["settings"]} if "settings" in description else {}
    parameters = dict(_parameters(stated | used, params))
    commit = code_commit()
    shown = shown_location(source or str(stated["ingest"]["source"]))
    return Provenance(
        commit=commit,
        source=shown,
        inputs=_hashed(sorted(set(inputs))),
        network=_hashed([paths.model_dir(model), paths.decision_dir(model)] if model else []),
        checks=_checks(model) if model else (),
        parameters=parameters,
        libraries=_libraries(),
        precision=description.get("precision"),
        seeds=_seeds(parameters, description),
        n_resamples=parameters.get("evaluate.n_bootstrap"),
        commands=_commands(f"{stage}@{model}" if model else stage, commit, shown),
    )


def _parameters(stated: Mapping[str, Any], keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each parameter below the keys, in the order of the keys and of params.yaml."""
    for key in keys:
        value: Any = stated
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            yield from _flat(key, value)


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}", inner)
    elif any(word in key.rpartition(".")[2] for word in _SECRETS):
        yield key, _HIDDEN
    elif isinstance(value, str):
        yield key, shown_location(value)
    else:
        yield key, shown_location(json.dumps(value, ensure_ascii=False, default=str))


def _hashed(places: Sequence[Path]) -> tuple[HashedFile, ...]:
    return tuple(
        HashedFile(place.as_posix(), dvc_md5(place) if place.exists() else None) for place in places
    )


def _checks(model: str) -> tuple[HashedFile, ...]:
    files = [paths.evaluation(model), paths.decision_file(model)]
    return tuple(
        HashedFile(file.as_posix(), hashlib.sha256(file.read_bytes()).hexdigest())
        for file in files
        if file.is_file()
    )


def _description(model: str | None) -> Mapping[str, Any]:
    """Content of model.json; empty if the page has no network, or it is not there."""
    if model is None or not paths.contract_file(paths.model_dir(model)).is_file():
        return {}
    described: Mapping[str, Any] = read_json(paths.contract_file(paths.model_dir(model)))
    return described


def _seeds(parameters: Mapping[str, str], description: Mapping[str, Any]) -> dict[str, str]:
    """Seeds among the parameters, and those of the networks."""
    seeds = {key: value for key, value in parameters.items() if key.rpartition(".")[2] == "seed"}
    if "seed" in description:
        first, n_seeds = description["seed"], description.get("n_seeds", 1)
        seeds["of the networks"] = ", ".join(str(first + number) for number in range(n_seeds))
    return seeds


def _libraries() -> dict[str, str]:
    releases = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            releases[name] = version(name)
        except PackageNotFoundError:  # an extra that is not installed changes nothing
            continue
    return releases


def _commands(target: str, commit: CodeCommit, source: str) -> tuple[str, ...]:
    """The films come first: without them DVC stops at the stage `ingest`."""
    films = f"# put the films at {source}"
    if "://" in source:
        films = f"# the films are read from {source}"
    if Path(source).is_relative_to(paths.PHANTOM):
        films = "dvc repro tasks/core/phantom/dvc.yaml  # draws the synthetic films"
    checkout = [f"git checkout {commit.sha}"] if commit.sha else []
    install = "python -m pip install --require-hashes -r requirements.txt"
    return (*checkout, install, films, f"dvc repro {target}")
