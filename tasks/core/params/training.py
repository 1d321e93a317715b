"""Section `train` of params.yaml, with `train.augment` and `train.pretraining`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.core.params.section import Count, Section, Seed, Share

Preset = Literal["none", "notebook", "radiograph", "wide_crops"]
Pretraining = Literal["none", "barlow_twins"]
_MOST_SEEDS = 20
SeedCount = Annotated[int, Field(ge=1, le=_MOST_SEEDS)]


class StatedAugmentParams(Section):
    """Random changes to the training films, as layers of the network's graph.

    Any other key that is null takes the value of the preset.

    preset: `none` changes nothing. `notebook` zooms by 0.3 and flips films upside down, as a public
        Kaggle notebook does. `radiograph` imitates other machines and never mirrors a film.
        `wide_crops` also shows only a part of the film, 8 % of its area or more, slightly turned.
        null depends on the films (tasks/core/film_defaults.py): `wide_crops`, or `radiograph` if a
        program drew them.
    zoom, shift: largest change in either direction, as a share of the side.
    rotation_deg: largest rotation in either direction, in degrees.
    horizontal_flip: whether half of the films are mirrored left to right.
    vertical_flip: whether half of the films are turned upside down.
    crop_min_area: smallest share of the film that a random crop keeps; the crop is enlarged to the
        whole square. 1 switches the crop off.
    crop_max_ratio: largest ratio of the longer to the shorter side of that crop.
    brightness, contrast: largest change in either direction, as a share of the full range.
    gamma: the exponent lies between 1 / (1 + gamma) and 1 + gamma.
    blur: largest standard deviation of a Gaussian blur, as a share of the side.
    noise: largest standard deviation of Gaussian noise, as a share of the full range.
    jpeg_min_quality: lowest quality of JPEG compression, 1 to 100. 100 switches compression off.
    mixup: parameter of the beta distribution that mixes pairs of films and labels. 0 mixes none.
    mixstyle: parameter of the beta distribution that mixes mean and deviation of the features after
        the first block with those of another film; our own networks with convolutions only. 0 mixes
        none.
    amplitude_mix: largest share of the amplitude spectrum that a film of another class gives. 0
        mixes none.
    histogram_match: share of the films that get the grey levels of another film of the batch.
    """

    preset: Preset | None
    zoom: Annotated[float, Field(ge=0, lt=1)] | None
    shift: Annotated[float, Field(ge=0, lt=1)] | None
    rotation_deg: Annotated[float, Field(ge=0, le=180)] | None
    horizontal_flip: bool | None
    vertical_flip: bool | None
    crop_min_area: Annotated[float, Field(gt=0, le=1)] | None
    crop_max_ratio: Annotated[float, Field(ge=1, le=4)] | None
    brightness: Annotated[float, Field(ge=0, lt=1)] | None
    contrast: Annotated[float, Field(ge=0, lt=1)] | None
    gamma: Annotated[float, Field(ge=0, le=4)] | None
    blur: Annotated[float, Field(ge=0, le=0.25)] | None
    noise: Annotated[float, Field(ge=0, le=1)] | None
    jpeg_min_quality: Annotated[int, Field(ge=1, le=100)] | None
    mixup: Annotated[float, Field(ge=0, le=4)] | None
    mixstyle: Annotated[float, Field(ge=0, le=4)] | None
    amplitude_mix: Annotated[float, Field(ge=0, le=1)] | None
    histogram_match: Annotated[float, Field(ge=0, le=1)] | None


class AugmentParams(StatedAugmentParams):
    """Random changes of one run: its preset does not depend on the films any more."""

    preset: Preset


class StatedPretrainingParams(Section):
    """Self-supervised pretraining on the films of the training split; their labels are not read.

    method: `none`, or `barlow_twins`: two views of a film shall give one embedding whose components
        are not correlated. It starts from `train.weights` and ends before the first epoch. null
        depends on the films (tasks/core/film_defaults.py): `barlow_twins`, or `none` if a program
        drew them. With initial weights, null is `none`.
    epochs: number of epochs of the pretraining, each with every training film once, but for the
        rest that fills no batch. The paper's 1,000 are for a million pictures and a day of 32 GPUs.
    batch_size: films whose embeddings are correlated; more films, a better correlation.
    projector_units: width of the three layers behind the network that only the pretraining has.
    crop_min_area: smallest share of a film in a view, 0.08 in the paper's code; 1 crops nothing.

    Source: Zbontar et al., arXiv 2103.03230; batches of 128 films and embeddings of 128 components
    for small pictures: Tsai et al., arXiv 2104.13712.
    """

    method: Pretraining | None
    epochs: Count
    batch_size: Annotated[int, Field(ge=2)]
    projector_units: Annotated[int, Field(ge=2)]
    crop_min_area: Annotated[float, Field(gt=0, le=1)]


class PretrainingParams(StatedPretrainingParams):
    """Pretraining of one run: its method does not depend on the films any more."""

    method: Pretraining


class StatedTrainParams(Section):
    """How every model of `models` is trained, as params.yaml states it.

    epochs, batch_size: number of epochs, and number of films in a batch. `epochs` null depends on
        the films: 40, or 20 if a program drew them (tasks/core/film_defaults.py).
    seed, n_seeds: `n_seeds` networks are trained with the seeds seed, seed + 1, and so on. Their
        logits are averaged. `n_seeds` null depends on the films, too: 3, or 1.
    precision: `auto` is mixed_float16 on a GPU and float32 on a CPU.
    learning_rate: highest learning rate of Adam.
    schedule: `constant` keeps the rate. `plateau` multiplies it by plateau_factor after
        plateau_patience epochs without a lower validation loss. `cosine` raises it over
        warmup_epochs and lowers it to 0 at the last epoch; a run of no more epochs than that
        warms up in all but the last.
    early_stopping_patience: epochs without a lower validation loss after which training stops and
        the weights of the best epoch are kept. null runs all epochs and keeps the last weights.
    average_momentum: momentum of a moving average of the weights. The average is validated and
        kept. null keeps the weights themselves.
    loss: `cross_entropy`, or `focal`, which gives less weight to films that are already classified
        well.
    focal_gamma: strength of that weighting.
    label_smoothing: share of each label that is spread over all classes.
    combine_remedies: whether the focal loss may be used together with `resample.balance`.
    weights: initial weights: `none` (random), `imagenet` (networks of keras.applications only) or
        the path of a weights file.
    weights_sha256: SHA-256 hash of that file; null for `none` and `imagenet`.
    freeze_epochs: number of first epochs in which only the new head is trained. After them all
        layers are trained except batch normalisation, at fine_tune_learning_rate.
    group_dro_step: step of the weights of the groups in group DRO, 0.01 in the paper. A group is a
        class and an acquisition cluster (`resample.acquisition_clusters`). null weights no groups.
    average_epochs: number of last epochs whose weights are averaged with equal shares (stochastic
        weight averaging); the statistics of batch normalisation are then estimated anew. Use it
        with schedule `constant`: under `cosine` the weights hardly move in the last epochs. null
        averages none.
    n_views: views of each film whose logits the saved network averages: 1, the square alone; or 6,
        the square and five crops of 7/8 of its side (see `tasks.core.square_views.view_boxes`).
        null depends on the films, too: 6, or 1.
        The training and its validation losses see single squares; the saved network, and so
        evaluation, calibration, thresholds and screening see all views. Six views take six times
        the memory and, of MiniVGGNet at 64 px on a CPU, 5.3 times the processor time of one view
        in Keras and 4.1 times in ONNX Runtime (batches of 64 and 32 films, measured in one run).
    """

    epochs: Count | None
    batch_size: Count
    seed: Seed
    n_seeds: SeedCount | None
    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    schedule: Literal["plateau", "cosine", "constant"]
    warmup_epochs: Annotated[int, Field(ge=0)]
    plateau_factor: Share
    plateau_patience: Count
    early_stopping_patience: Count | None
    average_momentum: Share | None
    loss: Literal["cross_entropy", "focal"]
    focal_gamma: Annotated[float, Field(ge=0, le=10)]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    combine_remedies: bool
    weights: Annotated[str, Field(min_length=1)]
    weights_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    freeze_epochs: Annotated[int, Field(ge=0)]
    fine_tune_learning_rate: Annotated[float, Field(gt=0, lt=1)]
    group_dro_step: Annotated[float, Field(gt=0, le=1)] | None
    average_epochs: Count | None
    n_views: Literal[1, 6] | None
    augment: StatedAugmentParams
    pretraining: StatedPretrainingParams

    @model_validator(mode="after")
    def _initial_weights_are_complete(self) -> Self:
        from_file = self.weights not in {"none", "imagenet"}
        if from_file and self.weights_sha256 is None:
            raise ValueError(f"weights_sha256 is missing; `sha256sum {self.weights}` prints it")
        if self.weights_sha256 is not None and not from_file:
            raise ValueError(f"weights_sha256 needs a weights file, and weights is {self.weights}")
        if self.freeze_epochs and self.weights == "none":
            raise ValueError("freeze_epochs needs initial weights, and weights is none")
        return self

    @model_validator(mode="after")
    def _each_film_has_one_group(self) -> Self:
        if self.group_dro_step is not None and self.augment.mixup:
            raise ValueError(
                "group_dro_step and augment.mixup exclude each other: a mixture of two films has no"
                " group; set one of them to null"
            )
        return self

    @model_validator(mode="after")
    def _epochs_to_average_exist(self) -> Self:
        if self.average_epochs is None:
            return self
        if self.average_momentum is not None:
            raise ValueError("average_epochs and average_momentum exclude each other: set one")
        if self.early_stopping_patience is not None:
            raise ValueError("average_epochs needs all epochs: set early_stopping_patience to null")
        if self.epochs is None:
            raise ValueError("average_epochs needs a number of epochs: set epochs, for example 40")
        n_possible = self.epochs - self.freeze_epochs
        if self.average_epochs > n_possible:
            raise ValueError(
                f"average_epochs is {self.average_epochs}, and only {n_possible} epochs train the"
                " whole network"
            )
        return self

    @model_validator(mode="after")
    def _seeds_are_in_range(self) -> Self:
        if self.seed + (self.n_seeds or _MOST_SEEDS) > 2**32:
            raise ValueError("seed + n_seeds must be at most 2**32")
        return self


class TrainParams(StatedTrainParams):
    """Section `train` of one run: no number depends on the films any more."""

    epochs: Count
    n_seeds: SeedCount
    n_views: Literal[1, 6]
    augment: AugmentParams
    pretraining: PretrainingParams
