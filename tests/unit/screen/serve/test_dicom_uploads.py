"""A DICOM film that comes over HTTP is scored, and names its patient nowhere."""

from tests.dicoms import dicom
from tests.films import film_pixels
from tests.service_clients import AppClient


def test_a_dicom_film_is_scored_and_its_patient_is_named_nowhere(client: AppClient) -> None:
    data = dicom(film_pixels(1), PatientName="DOE^JANE", PatientID="MRN-4711")
    image_id = client.send_scored(data, "film 1")
    row = client.get(f"/films/{image_id}")
    assert row.json()["state"] == "scored", row.text
    picture = client.get(f"/films/{image_id}/film.jpg").content
    shown = [row.text, client.get("/corrections.csv").text, client.get("/metrics").text]
    folder = client.service.queue.database.path.parent
    shown += [(folder / name).read_bytes().decode("latin-1") for name in ("audit.jsonl",)]
    shown += [file.read_bytes().decode("latin-1") for file in folder.glob("worklist.sqlite*")]
    shown.append(picture.decode("latin-1"))
    for text in shown:
        assert "DOE^JANE" not in text
        assert "MRN-4711" not in text
