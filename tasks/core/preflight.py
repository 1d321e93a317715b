"""What would stop a stage hours later, found before the first one: films and settings of networks.

`make run` and the flow ask; no stage does. Nothing heavy is imported, and no network is built.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tasks.core import paths
from tasks.core.errors import ParamsError, SourceError
from tasks.core.params import Params

_OF_KERAS = re.compile(r"^\w+ = Application\(", re.MULTILINE)  # ImageNet weights exist


def require_networks(params: Params, root: Path) -> None:
    """Check what each network of `models` needs.

    Args:
        params: All parameters.
        root: Root of the repository.

    Raises:
        ParamsError: A name is none of the zoo, a weights file is missing, or a network of our own
            shall start from ImageNet. The message has every fault.
    """
    faults = [fault for model in params.models for fault in _faults(model, params, root)]
    if faults:
        raise ParamsError(
            "every network must be in the zoo, with initial weights that exist",
            found="; ".join(faults),
            where=f"{paths.PARAMS}: models, train.weights and per_model",
            next_step="correct each of them; `weights: none` starts from random weights",
        )


def _faults(model: str, params: Params, root: Path) -> Iterator[str]:
    weights, key = params.train_of(model).weights, f"per_model.{model}.weights"
    network = root / paths.zoo_file(model)
    has_zoo = network.parent.is_dir()  # else the code of the stages lies elsewhere
    if has_zoo and not network.is_file():
        names = ", ".join(sorted(file.stem for file in network.parent.glob("[a-z]*.py")))
        yield f"models: {model} is no network; choose one of {names}"
    elif weights == "imagenet":
        if has_zoo and not _OF_KERAS.search(network.read_text(encoding="utf-8")):
            yield f"{key}: imagenet, but {model} is no network of keras.applications"
    elif weights != "none" and not (root / weights).is_file():
        yield f"{key}: {weights} is no file"


def require_sources(params: Params, root: Path) -> None:
    """Check that the films of the source and of each external cohort are there.

    Raises:
        SourceError: As `require_source`.
    """
    places = {"ingest.source": params.ingest.source}
    places |= {f"evaluate.external.{name}": at for name, at in params.evaluate.external.items()}
    for key, place in places.items():
        require_source(key, place, root)


def require_source(key: str, place: str, root: Path) -> None:
    """Check that films are where a parameter says.

    A URL is left out: only `ingest` asks its server. So is the phantom, which `dvc repro` draws.

    Args:
        key: Dotted name of the parameter.
        place: Its value: a folder, zip or URL.
        root: Root of the repository.

    Raises:
        SourceError: A folder or zip is missing. The next step depends on who keeps the films: DVC,
            or nobody yet.
    """
    is_drawn = Path(place).is_relative_to(paths.PHANTOM)
    if "://" not in place and not is_drawn and not (root / place).exists():
        raise SourceError(
            f"{key} must exist",
            found="no such file or folder",
            where=place,
            next_step=_next_step(key, place, root),
        )


def _next_step(key: str, place: str, root: Path) -> str:
    pointer = pointer_of_dvc(Path(place), root)
    if pointer is not None:
        return f"type `dvc pull {pointer.as_posix()}`, which gets the films from the DVC remote"
    synthetic = "; or type `make phantom` and set it to data/phantom/kaggle, the synthetic films"
    return (
        f"put the films there, or set {key} in {paths.PARAMS} to your folder or zip. A team keeps "
        f"them in DVC: `dvc add {place}` where they are, then `dvc push`, and `dvc pull` here"
    ) + (synthetic if key == "ingest.source" else "")


def pointer_of_dvc(place: Path, root: Path) -> Path | None:
    """File by which DVC knows a place: that of `dvc add` or `dvc import-url`, relative to `root`.

    Args:
        place: A file or folder, relative to `root`, or below a folder that DVC knows.
        root: Root of the repository.

    Example:
        >>> Path("films.dvc").touch()
        >>> pointer_of_dvc(Path("films/chest_xray"), Path()).as_posix()
        'films.dvc'
    """
    pointers = (one.with_name(f"{one.name}.dvc") for one in (place, *place.parents) if one.name)
    return next((pointer for pointer in pointers if (root / pointer).is_file()), None)
