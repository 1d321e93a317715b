"""One film through the engine: rejected, called, referred or refused; numbers worked by hand."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.decision import Decision
from tasks.core.examination.examine_bytes import ExaminationSettings
from tasks.core.film.square import square_of_film
from tasks.core.network.engine import Engine
from tasks.core.network.onnx_network import NetworkScores, load_network
from tasks.core.network.prepared_film import FilmRules
from tasks.core.network.screened_film import CANNOT_BE_SCORED, READ_FIRST, READ_SOON, USUAL_ORDER
from tasks.core.params import load_params
from tests.decisions import decision
from tests.films import ROOT, encode, jpeg, png
from tests.small_onnx import small_onnx

CLASSES = decision().classes


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(load_network(small_onnx(tmp_path_factory.mktemp("onnx"))))


@dataclass
class GivenScores:
    """A network that says what the test wants, for a decision of validation."""

    logits: list[list[float]]
    refused: bool = False
    novelty: float = 0.0
    changes: dict[str, Any] = field(default_factory=dict)
    rules: FilmRules = field(
        default_factory=lambda: FilmRules(
            ExaminationSettings(32, 12.0), load_params(ROOT / "params.yaml").resize
        )
    )
    model: str = "given"
    sha256: str = "f" * 64

    @property
    def classes(self) -> tuple[str, ...]:
        return self.decision.classes

    @property
    def decision(self) -> Decision:
        novelty = SimpleNamespace(threshold=3.0, score=lambda *_: np.array([self.novelty]))
        return decision(**{"novelty": novelty, **self.changes})

    def score(self, images: np.ndarray) -> NetworkScores:
        features = np.zeros((len(images), 4), dtype=np.float32)
        logits = np.array(self.logits, dtype=np.float32)
        return NetworkScores(logits, np.array([self.refused]), features)


def log_odds(probability: float) -> list[list[float]]:
    return [[0.0, float(np.log(probability / (1 - probability)))]]


@pytest.mark.parametrize(
    ("given", "call", "reasons", "group"),
    [
        (GivenScores(log_odds(0.9)), CLASSES[1], (), READ_FIRST),
        (GivenScores(log_odds(0.1)), CLASSES[0], (), USUAL_ORDER),
        # 1 - 0.45 and 1 - 0.55 are both below the quantile 0.6; 0.45 is above the threshold 0.4
        (GivenScores(log_odds(0.45)), CLASSES[1], ("set_of_several",), READ_SOON),
        (GivenScores(log_odds(0.9), novelty=3.5), CLASSES[1], ("novel",), READ_SOON),
        (GivenScores(log_odds(0.9), refused=True), None, ("refused_by_guard",), READ_SOON),
        (
            GivenScores(log_odds(0.6), changes={"conformal": ConformalSets(0.9, (0.3, 0.3))}),
            CLASSES[1],
            ("empty_set",),
            READ_SOON,
        ),
    ],
)
def test_a_film_is_called_as_validation_decided(
    given: GivenScores, call: str | None, reasons: tuple[str, ...], group: int
) -> None:
    film, square = Engine(given).screen(jpeg(1), "a.jpeg")  # type: ignore[arg-type]
    assert square is not None
    assert (film.status, film.call, film.refer_reasons) == ("scored", call, reasons)
    assert (film.refer, film.group) == (bool(reasons), group)
    assert (film.threshold, film.operating_point) == (0.4, "target_sensitivity")


def test_a_refused_film_has_no_probability() -> None:
    engine = Engine(GivenScores(log_odds(0.9), refused=True))  # type: ignore[arg-type]
    film, _ = engine.screen(jpeg(1), "a.jpeg")
    assert (film.probabilities, film.prob_finding, film.called_positive) == ({}, None, None)


def test_without_a_negative_class_every_class_is_a_finding() -> None:
    changes = {"negative_class": None, "operating_points": (), "operating_point": None}
    engine = Engine(GivenScores(log_odds(0.2), changes=changes))  # type: ignore[arg-type]
    film, _ = engine.screen(jpeg(1), "a.jpeg")
    assert (film.call, film.called_positive, film.prob_finding) == (CLASSES[0], True, None)
    assert (film.threshold, film.group) == (None, READ_FIRST)


def test_the_square_is_that_of_the_training(engine: Engine) -> None:
    data = jpeg(3, 300, 260)
    film, square = engine.screen(data, "a.jpeg")
    assert square is not None
    expected = square_of_film(data, engine.network.resize).image
    assert np.array_equal(square.image, expected)
    probability = 1 / (1 + np.exp(-2 * half_against_half(expected)))
    assert film.prob_finding == pytest.approx(probability, abs=1e-5)
    assert (film.model, film.model_sha256) == ("small", engine.network.sha256)


def half_against_half(square: np.ndarray) -> float:
    """Logit of the finding by the network of `small_onnx`."""
    shares = square.astype(np.float64) / 255
    return 8 * float(shares[:, 32:].mean() - shares[:, :32].mean())


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.png", "unreadable"),
        (b"<html>", "a.txt", "not_an_image"),
        (jpeg(1)[:900], "a.jpeg", "truncated"),
        (png(1, 20, 20), "a.png", "too_small"),
        (encode(np.full((64, 64), 9, np.uint8), "PNG"), "a.png", "constant"),
        (jpeg(1), "Thumbs.db", "junk"),
        (jpeg(1), "a.txt", "unsupported"),
        (b"GIF89a" + bytes(90), "a.gif", "unsupported"),
    ],
)
def test_a_file_that_is_no_film_is_a_row_with_reason_and_next_step(
    engine: Engine, data: bytes, name: str, reason: str
) -> None:
    film, square = engine.screen(data, name)
    assert square is None
    assert (film.status, film.reason, film.group) == ("rejected", reason, CANNOT_BE_SCORED)
    assert film.next_step
    assert film.probabilities == {}


def test_many_films_come_back_in_their_order(engine: Engine) -> None:
    files = [(jpeg(seed), f"{seed}.jpeg") for seed in range(3)]
    files.insert(1, (b"junk", "note.txt"))
    together = [film for film, _ in engine.screen_many(files)]
    alone = [engine.screen(*file)[0] for file in files]
    assert [film.path for film in together] == [name for _, name in files]
    for one, other in zip(together, alone, strict=True):
        assert one.prob_finding == pytest.approx(other.prob_finding, abs=1e-6)
    assert engine.judge([]) == []
