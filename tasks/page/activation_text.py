"""Sentences on layers, channels and filters. Each says what was computed, and no more."""

from tasks.core.html.number_format import count_of, format_number
from tasks.page.page_inputs import JsonObject

_TIMES = "\N{MULTIPLICATION SIGN}"


def significance_text(contents: JsonObject) -> str:
    """Which channels tell the classes apart, in two or three sentences; empty without a map."""
    found = contents["validation"]
    if found is None:
        return ""
    n_tests = count_of(found["n_tests"], "test")
    asked = (
        f"Tested on {count_of(found['n_films'], 'validation film')}: whether the mean of a "
        f"channel's map differs between the classes (rank test, {n_tests}, p corrected by Holm "
        f"over all of them, level {format_number(found['level'])}). Every film counts as one, so "
        "p is too small where a patient has several films. "
    )
    if found["n_telling"] == 0:
        return asked + (
            "No channel is shown to tell the classes apart by its mean. The classes may still "
            "differ in where a channel responds, or in several channels together."
        )
    n_channels = count_of(found["n_channels"], "channel")
    return f"{asked}{found['n_telling']} of {n_channels} tell the classes apart."


def layer_text(layer: JsonObject, contents: JsonObject) -> str:
    """Size of the maps of a layer, what one value sees, and its channel with the best AUROC."""
    height, width, n_channels = layer["shape"]
    best = layer["telling"][0]
    return (
        f"{count_of(n_channels, 'map')} of {width} {_TIMES} {height} values. {_field_text(layer)} "
        f"Largest class difference: channel {best}, {channel_text(layer, best, contents)}."
    )


def channel_text(layer: JsonObject, channel: int, contents: JsonObject) -> str:
    """Class that a channel responds to more, or less, with its AUROC of at least 0.5.

    A star marks a corrected p below the level.
    """
    classes, index, auroc = contents["classes"], layer["class"][channel], layer["auroc"][channel]
    star = "*" if layer["p"][channel] < contents["validation"]["level"] else ""
    if auroc == 0.5:
        return "no difference"
    if auroc > 0.5:
        text = f"more in {classes[index].lower()}"
    elif len(classes) == 2:
        text = f"more in {classes[1 - index].lower()}"
    else:
        text = f"less in {classes[index].lower()}"
    return f"{text}, AUROC {format_number(max(auroc, 1 - auroc))}{star}"


def way_text(layer: JsonObject, row: int, contents: JsonObject) -> JsonObject:
    """What one layer makes of one film: `layer` and `text`.

    Args:
        layer: Entry of `activations.json`.
        row: Number of the film.
        contents: Content of `activations.json`.
    """
    height, width, n_channels = layer["shape"]
    n_silent = len(layer["silent"][row])
    sentences = [
        f"{count_of(n_channels, 'map')} of {width} {_TIMES} {height} values.",
        _field_text(layer),
        _contrast_text(layer, contents),
        f"Silent on this film: {n_silent or 'no'} channel{'' if n_silent == 1 else 's'}.",
        _strongest_text(layer, row, contents),
        _side_text(layer, row, contents),
    ]
    return {"layer": layer["layer"], "text": " ".join(part for part in sentences if part)}


def made_text(made: JsonObject, layer: JsonObject, contents: JsonObject) -> str:
    """What a made film reaches, beside the validation film with the highest mean."""
    known = channel_text(layer, made["channel"], contents)
    if made["mean"] == 0:
        return f"Channel {made['channel']} ({known}) stayed silent: no film was found for it."
    return (
        f"Channel {made['channel']}: {known}. Its mean reaches {made['mean']:.2g} on this film; "
        f"on a validation film at most {made['most_of_validation']:.2g}."
    )


def filters_text(filters: JsonObject, *, is_dense: bool) -> str:
    """Caption of the filters of the first convolution, or of the weights of a dense layer."""
    height, width, _, n_filters = filters["shape"]
    size = f"{width} {_TIMES} {height} px"
    if is_dense:
        return (
            f"The {filters['n_shown']} units with the largest weights, of "
            f"{count_of(n_filters, 'unit')}. A unit has one weight for each of {size}. Red: a "
            "bright pixel raises the output of the unit. Blue: a bright pixel lowers it. Noise "
            "without a shape is what the unit had before training."
        )
    return (
        f"The {count_of(n_filters, 'filter')} of {size} of the first layer. Red: positive "
        "weights. Blue: negative weights. White: zero. A filter with red beside blue responds "
        "to edges, a filter of one colour to brightness."
    )


def _field_text(layer: JsonObject) -> str:
    if layer["receptive_field"] is None:
        return "One value can depend on the whole film."
    rows, columns = layer["receptive_field"]
    return f"One value depends on at most {columns} {_TIMES} {rows} px of the square."


def _contrast_text(layer: JsonObject, contents: JsonObject) -> str:
    """Only of the first layer, whose filters lie on the pixels."""
    filters = contents["filters"]
    if layer["layer"] != filters["layer"] or filters["n_contrast"] is None:
        return ""
    return (
        f"In {filters['n_contrast']} of {filters['shape'][3]} filters the positive and negative "
        "weights nearly cancel: these respond to edges and lines. The others respond to "
        "brightness too."
    )


def _strongest_text(layer: JsonObject, row: int, contents: JsonObject) -> str:
    found = [one for one in layer["strongest"][row] if one["score"] > 0]
    if not found:
        return "No channel responds more than it does on the mean validation film."
    named = "; ".join(
        f"channel {one['channel']} by {format_number(one['score'], 1)} standard deviations "
        f"({channel_text(layer, one['channel'], contents)})"
        for one in found
    )
    return f"Furthest above their mean on validation films: {named}."


def _side_text(layer: JsonObject, row: int, contents: JsonObject) -> str:
    sided, called = layer["sided"][row], contents["films"][row]["called_class"]
    if sided["n"] == 0:
        return "No channel here is shown to tell the called class from the rest by its mean."
    return (
        f"Of {count_of(sided['n'], 'channel')} that tell the called class from the rest, "
        f"{sided['as_called']} respond to this film as to {called.lower()} films."
    )
