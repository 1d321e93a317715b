"""The saved model: the same bytes for the same weights, and its input contract beside it."""

import json
import zipfile
from pathlib import Path

from tasks.atomic import atomic_path, write_json
from tasks.train.fit import TrainingRun

EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
DATE_SAVED = "1980-01-01@00:00:00"  # in the form that Keras writes


def save_classifier(run: TrainingRun, folder: Path) -> None:
    """Write `model.keras` and `model.json` into a fresh folder, atomically.

    Args:
        run: The trained network.
        folder: Place of the model; what stood there is replaced.
    """
    contract = {
        "model": run.model.name,
        "size_px": run.model.input_shape[1],
        "classes": list(run.classes),
        "n_parameters": run.model.count_params(),
        "precision": run.precision,
        "seed": run.seed,
        "epochs_run": run.epochs_run,
        "best_epoch": run.best_epoch,
        "input": {
            "dtype": "uint8",
            "range": [0, 255],
            "channels": 1,
            "polarity": "bright = dense",
        },
    }
    with atomic_path(folder) as temporary:
        temporary.mkdir(parents=True)
        saved = temporary / "saved.keras"
        run.model.save(saved)
        rewrite_without_clock(saved, temporary / "model.keras")
        saved.unlink()
        write_json(temporary / "model.json", contract)


def rewrite_without_clock(saved: Path, target: Path) -> None:
    """Copy a `.keras` file without the times that Keras and zip put into it.

    Args:
        saved: As `keras.Model.save` wrote it.
        target: The copy: members sorted by name, all times fixed.
    """
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(target, "w") as copy:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "metadata.json":
                metadata = json.loads(data) | {"date_saved": DATE_SAVED}
                data = json.dumps(metadata, sort_keys=True).encode()
            copy.writestr(zipfile.ZipInfo(name, EPOCH_OF_ZIP), data)
