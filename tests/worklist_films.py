"""Made-up answers of a network for the tests of the worklist, some with hostile names."""

import hashlib
from typing import Any

import numpy as np

from tasks.core.network.screened_film import (
    CANNOT_BE_SCORED,
    READ_FIRST,
    READ_SOON,
    USUAL_ORDER,
    ScreenedFilm,
)
from tasks.screen.film_picture import draw_film, draw_heat
from tasks.screen.worklist_page import ShownPictures, WorklistFacts
from tests.films import encode
from tests.unit.explain.films.spot_films import resize_params

HOSTILE_PATHS = (
    "a/</script><script>document.title='taken'</script>.png",
    "a/\"onload=\"document.title='taken'.png",
    "a/--><b>bold.png",
    "a/${document.title='taken'} {{ 7 * 7 }} {% raw %}.png",
    "a/film\u202egnp.exe \u200f.png",
    "a/line\nend\u2028and \x1b[2J.png",
    "a/" + "x" * 300 + ".png",
    "a/95 % <img src=x onerror=alert(1)>.png",
    "a/lone\udc80byte.png",
)
CLASSES = ("NORMAL", "PNEUMONIA")
SEAL = "5ea1" * 16


def hash_of(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def scored(path: str, finding: float, *reasons: str, novelty: float = 1.5) -> ScreenedFilm:
    """A film with a probability of pneumonia, called from 0.5 on, referred for the reasons."""
    called = finding >= 0.5
    group = READ_SOON if reasons else READ_FIRST if called else USUAL_ORDER
    return ScreenedFilm(
        path=path,
        sha256=hash_of(path),
        status="scored",
        model="minivggnet",
        model_sha256=SEAL,
        probabilities={"NORMAL": 1 - finding, "PNEUMONIA": finding},
        prob_finding=finding,
        call=CLASSES[called],
        called_positive=called,
        threshold=0.5,
        operating_point="target_sensitivity",
        refer=bool(reasons),
        refer_reasons=reasons,
        novelty=novelty,
        novelty_threshold=4.7,
        group=group,
    )


def refused(path: str) -> ScreenedFilm:
    """A film that the guard in the network refuses: no probability, no call."""
    return ScreenedFilm(
        path=path,
        sha256=hash_of(path),
        status="scored",
        model="minivggnet",
        model_sha256=SEAL,
        refer=True,
        refer_reasons=("refused_by_guard",),
        novelty=9.0,
        novelty_threshold=4.7,
        group=READ_SOON,
    )


def rejected(path: str, reason: str, detail: str | None, next_step: str) -> ScreenedFilm:
    return ScreenedFilm(
        path=path,
        sha256=None if reason == "unreadable" else hash_of(path),
        status="rejected",
        model="minivggnet",
        model_sha256=SEAL,
        reason=reason,
        detail=detail,
        next_step=next_step,
        group=CANNOT_BE_SCORED,
    )


def ward_films() -> list[ScreenedFilm]:
    """Sixteen films: five to read first, four not sure, three rejected, four in usual order."""
    rejects = [
        rejected("c/cut.jpeg", "truncated", "the file ends at byte 812", "copy the file again"),
        rejected("c/note.txt", "not_an_image", None, "nothing: the file is no picture"),
        rejected(HOSTILE_PATHS[3], "unreadable", "<b>no decoder</b>", "open it in a viewer"),
    ]
    sure = [scored(path, 0.98 - 0.08 * n) for n, path in enumerate(HOSTILE_PATHS[:3])]
    more = [scored("b/person7_bacteria.jpeg", 0.97), scored("b/person8_virus.jpeg", 0.61)]
    unsure = [
        scored("b/two.jpeg", 0.55, "set_of_several"),
        scored("b/strange.jpeg", 0.31, "novel", "empty_set", novelty=7.25),
        scored(HOSTILE_PATHS[4], 0.44, "set_of_several", novelty=4.0),
        refused("b/turned.jpeg"),
    ]
    usual = [scored(path, 0.02 * n, novelty=n / 2) for n, path in enumerate(HOSTILE_PATHS[5:], 1)]
    return [*usual, *unsure, *more, *rejects, *sure]


def facts(**changes: Any) -> WorklistFacts:
    """Facts of a network that was trained on synthetic films."""
    values: dict[str, Any] = {
        "model": "minivggnet",
        "version": None,
        "model_sha256": SEAL,
        "classes": CLASSES,
        "negative_class": "NORMAL",
        "operating_point": "target_sensitivity",
        "operating_rule": "highest threshold with a sensitivity of 0.97",
        "threshold": 0.5,
        "sensitivity": 0.97,
        "specificity": 0.88,
        "measured_on": "test",
        "coverage": 0.9,
        "novelty_threshold": 4.7,
        "is_synthetic": True,
        "heat_method": "class activation map",
        "heat_reason": "The head after the last convolution is linear, so the map is exact.",
        "source": "films of the ward",
    }
    return WorklistFacts(**values | changes)


def drawn_pictures(films: list[ScreenedFilm], n_pictures: int) -> dict[str, ShownPictures]:
    """Pictures of the most urgent films: a grey gradient with heat in its upper right quarter."""
    ranked = sorted(films, key=ScreenedFilm.urgency)[:n_pictures]
    grey = np.linspace(20, 230, 320, dtype=np.uint8)[:, np.newaxis].repeat(256, axis=1)
    drawn = draw_film(encode(grey, "PNG"), None, resize_params("stretch", "none"))
    heat = np.zeros((8, 8), np.float32)
    heat[:4, 4:] = 2.0
    heats = {
        name: draw_heat(sign * heat, 2.0, drawn)
        for name, sign in zip(CLASSES, (-1, 1), strict=True)
    }
    return {
        film.sha256: ShownPictures(drawn.thumbnail, drawn.film, heats, 2.0)
        for film in ranked
        if film.sha256
    }
