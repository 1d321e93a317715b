"""Screen films: examine, fit and score each file with the code of the training."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tasks.core.decision.judgement import REFUSED_BY_GUARD, FilmCalls, call_films
from tasks.core.network.prepared_film import PreparedFilm, prepare_film
from tasks.core.network.screened_film import ScreenedFilm, urgency_group

if TYPE_CHECKING:
    from tasks.core.film.square import Square
    from tasks.core.network.onnx_network import OnnxNetwork

# The square has .image (S, S) uint8 and .box; None if the file is rejected
Screened = tuple[ScreenedFilm, "Square | None"]


class Engine:
    """Screens films with one network; one call at a time.

    Args:
        network: From `load_network`.
    """

    def __init__(self, network: "OnnxNetwork") -> None:
        self.network = network

    def screen(self, data: bytes, path: str) -> Screened:
        """Screen one file. No damage of a file raises an exception.

        Args:
            data: Bytes of the file.
            path: Its name, for the row and for rules that look at names.
        """
        return self.screen_many([(data, path)])[0]

    def screen_many(self, files: Sequence[tuple[bytes, str]]) -> list[Screened]:
        """Screen several files at once; see `screen`."""
        rules = self.network.rules
        prepared = [prepare_film(data, path, rules) for data, path in files]
        films = self.judge(prepared)
        return [(film, one.square) for film, one in zip(films, prepared, strict=True)]

    def judge(self, prepared: Sequence[PreparedFilm]) -> list[ScreenedFilm]:
        """Score films that were prepared, and call them as validation decided.

        Args:
            prepared: From `prepare_film`, with the limits of this network; rejected ones too.

        Returns:
            A row for each, in the same order.
        """
        squares = [one.square.image for one in prepared if one.square is not None]
        scored = iter(self._scored(np.stack(squares)[..., np.newaxis]) if squares else ())
        network: dict[str, Any] = {"model": self.network.model, "model_sha256": self.network.sha256}
        return [
            ScreenedFilm(**one.facts(), **network, **(next(scored) if one.square else {}))
            for one in prepared
        ]

    def _scored(self, images: Any) -> list[dict[str, Any]]:
        """Fields of the rows that the network fills, for images (n, S, S, 1) uint8."""
        decision, scores = self.network.decision, self.network.score(images)
        novelty = decision.novelty.score(scores.features, images)
        calls = call_films(scores.logits, scores.is_refused, novelty, decision)
        point = {
            "threshold": decision.threshold,
            "operating_point": decision.operating_point,
            "novelty_threshold": decision.novelty.threshold,
        }
        return [
            {**point, "novelty": _number(novelty[row]), **self._answer(calls, row)}
            for row in range(len(images))
        ]

    def _answer(self, calls: FilmCalls, row: int) -> dict[str, Any]:
        reasons = calls.refer_reasons(row)
        if REFUSED_BY_GUARD in reasons:
            answer: dict[str, Any] = {"called_positive": None}
        else:
            answer = self._call(calls, row)
        group = urgency_group(
            is_scored=True, called_positive=answer["called_positive"], refer=bool(reasons)
        )
        return {**answer, "refer": bool(reasons), "refer_reasons": reasons, "group": group}

    def _call(self, calls: FilmCalls, row: int) -> dict[str, Any]:
        """Probabilities of a film, and its class at the operating point."""
        classes, negative = self.network.classes, self.network.decision.negative_class
        of_classes = dict(zip(classes, calls.probabilities[row].tolist(), strict=True))
        findings = {name: prob for name, prob in of_classes.items() if name != negative}
        likeliest = max(findings, key=findings.__getitem__)
        if calls.prob_finding is None or calls.called_positive is None:
            return {"probabilities": of_classes, "call": likeliest, "called_positive": True}
        is_positive = bool(calls.called_positive[row])
        return {
            "probabilities": of_classes,
            "prob_finding": float(calls.prob_finding[row]),
            "call": likeliest if is_positive else negative,
            "called_positive": is_positive,
        }


def _number(value: float) -> float | None:
    """A number for a table; None if it is not finite."""
    return float(value) if math.isfinite(value) else None
