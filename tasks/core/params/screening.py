"""Section `screen` of params.yaml."""

from typing import Annotated

from pydantic import Field

from tasks.core.params.section import Count, Section


class ServiceParams(Section):
    """Limits of the service, so that no caller can fill its memory, its disk or its time.

    max_megabytes: largest body of a request, and largest film of a zip.
    max_waiting: films that may wait for the network; further ones are refused with 503.
    max_zip_films: films of one zip.
    body_timeout_s: longest time that a body may take to arrive.
    host_names: further names or addresses by which clients call the service.
    """

    max_megabytes: Annotated[int, Field(ge=1, le=1024)]
    max_waiting: Count
    max_zip_films: Count
    body_timeout_s: Annotated[float, Field(gt=0, le=3600)]
    host_names: list[str]


# Source: DICOM PS3.5, 6.2: an application entity title has up to 16 characters and no backslash
AeTitle = Annotated[str, Field(pattern=r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$")]


class DicomParams(Section):
    """What the DICOM receiver takes from whom.

    callers: application entity titles that may send films; empty: any, on this machine only. A
        title is no password: let only the modalities reach the port.
    max_associations: senders at once; the others are told to come again.
    max_megabytes: of one received object.
    timeout_s: longest silence of a sender; an object may take ten times as long.
    """

    callers: list[AeTitle]
    max_associations: Annotated[int, Field(ge=1, le=100)]
    max_megabytes: Count
    timeout_s: Annotated[float, Field(gt=0, le=600)]


class ScreenParams(Section):
    """How new films are screened by a trained network.

    model: name of the network that screens; null: the version in use, or the first of `models` if
        none was promoted.
    n_pictures: films of the worklist, the most urgent first, that are shown with a picture and a
        heat map. The service makes those of the other films when they are asked for.
    show_identity: whether pages, tables and logs may show the patient's identity of a DICOM file.
    service: limits of the service. dicom: limits of the DICOM receiver.
    """

    model: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None
    n_pictures: Annotated[int, Field(ge=0, le=2000)]
    show_identity: bool
    service: ServiceParams
    dicom: DicomParams
