"""The tables of public sets are recognised and read: label, split, patient, what is left out."""

import pytest

from tasks.core.errors import SourceError
from tasks.core.params import TableParams
from tasks.ingest.layouts import Layout, detect_layout, unread_tables
from tasks.ingest.layouts.path_facts import PathFacts
from tasks.ingest.person import Person

Tree = dict[str, str]


def layout_of(tree: Tree, wanted: str = "auto", table: TableParams | None = None) -> Layout:
    data = {path: text.encode() for path, text in tree.items()}
    layout = detect_layout(list(tree), wanted, data.__getitem__, table)
    assert layout is not None
    return layout


NIH_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
)
NIH_ROWS = (
    "00000001_000.png,Cardiomegaly,0,1,58,M,PA,2682,2749,0.143,0.143,\n"
    "00000001_001.png,Pneumonia|Effusion,1,1,58,M,PA,2894,2729,0.143,0.143,\n"
    "00000002_000.png,No Finding,0,2,81,F,PA,2500,2048,0.171,0.171,\n"
)
NIH_TREE = {
    "Data_Entry_2017_v2020.csv": NIH_HEADER + NIH_ROWS,
    "BBox_List_2017.csv": "Image Index,Finding Label,Bbox [x,y,w,h]\n",
    "train_val_list.txt": "00000001_000.png\n00000001_001.png\n",
    "test_list.txt": "00000002_000.png\n",
    "images_001/images/00000001_000.png": "",
    "images_001/images/00000001_001.png": "",
    "images_002/images/00000002_000.png": "",
}


@pytest.mark.parametrize("folder", ["", "nih/"])
@pytest.mark.parametrize("wanted", ["auto", "nih"])
def test_nih(folder: str, wanted: str) -> None:
    tree = {folder + path: text for path, text in NIH_TREE.items()}
    layout = layout_of(tree, wanted)
    assert layout.name == "nih"
    ill, heart, well = (
        layout.path_facts(f"{folder}images_00{path}.png")
        for path in ("1/images/00000001_001", "1/images/00000001_000", "2/images/00000002_000")
    )
    man, woman = Person(58, "male"), Person(81, "female")
    assert ill == PathFacts("PNEUMONIA", given_split="train", patient_id="1", person=man)
    assert heart == PathFacts(
        None, given_split="train", patient_id="1", rejected="no_class", person=man
    )
    assert well == PathFacts("NORMAL", given_split="test", patient_id="2", person=woman)
    assert unread_tables(list(tree), layout) == [f"{folder}BBox_List_2017.csv"]


CHEXPERT_HEADER = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,"
    "Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,"
    "Pleural Effusion,Pleural Other,Fracture,Support Devices\n"
)


def chexpert(root: str = "") -> Tree:
    rows = [
        ("train/patient00001/study1/view1_frontal.jpg", "Frontal,AP", "1.0,,,,,,,,,0.0,,,,1.0"),
        ("train/patient00001/study1/view2_lateral.jpg", "Lateral,", "1.0,,,,,,,,,0.0,,,,"),
        ("train/patient00002/study2/view1_frontal.jpg", "Frontal,PA", ",,,,,,,1.0,,,,,,"),
        ("train/patient00003/study1/view1_frontal.jpg", "Frontal,PA", ",,,,,,,-1.0,,,,,,"),
        ("train/patient00004/study1/view1_frontal.jpg", "Frontal,PA", ",,1.0,,,,,,,,,,,"),
    ]
    ill = "0.0," * 7 + "1.0" + ",0" * 6
    rows.append(("valid/patient64541/study1/view1_frontal.jpg", "Frontal,AP", ill))
    tree = {f"{root}{split}.csv": CHEXPERT_HEADER for split in ("train", "valid")}
    for path, view, cells in rows:
        table = f"{root}{path[:5]}.csv"
        tree[table] += f"CheXpert-v1.0-small/{path},Male,58,{view},{cells}\n"
        tree[f"{root}{path}"] = ""
    return tree


@pytest.mark.parametrize("root", ["", "CheXpert-v1.0-small/", "archive/"])
def test_chexpert(root: str) -> None:
    layout = layout_of(chexpert(root))
    assert layout.name == "chexpert"
    facts = [
        layout.path_facts(f"{root}{path}.jpg")
        for path in (
            "train/patient00001/study1/view1_frontal",
            "train/patient00001/study1/view2_lateral",
            "train/patient00002/study2/view1_frontal",
            "train/patient00003/study1/view1_frontal",
            "train/patient00004/study1/view1_frontal",
            "valid/patient64541/study1/view1_frontal",
        )
    ]
    assert [facts[i].label for i in (0, 2, 5)] == ["NORMAL", "PNEUMONIA", "PNEUMONIA"]
    assert [fact.rejected for fact in facts] == [
        None, "not_frontal", None, "no_class", "no_class", None,
    ]  # fmt: skip
    assert facts[0].patient_id == facts[1].patient_id == "patient00001"
    assert {fact.given_split for fact in facts[:5]} == {"train"}
    assert facts[5].given_split == "val"


@pytest.mark.parametrize(
    ("policy", "label"), [("positive", "PNEUMONIA"), ("negative", None), ("leave_out", None)]
)
def test_the_policy_for_uncertain_findings_is_stated(policy: str, label: str | None) -> None:
    layout = layout_of(chexpert(), table=TableParams.model_validate({"uncertain": policy}))
    assert layout.path_facts("train/patient00003/study1/view1_frontal.jpg").label == label


RSNA_TREE = {
    "stage_2_train_labels.csv": "patientId,x,y,width,height,Target\n"
    "0004cfab,,,,,0\n00436515,264.0,152.0,213.0,379.0,1\n00436515,562.0,152.0,256.0,453.0,1\n",
    "stage_2_detailed_class_info.csv": "patientId,class\n",
    "stage_2_train_images/0004cfab.dcm": "",
    "stage_2_train_images/00436515.dcm": "",
    "stage_2_test_images/0000a175.dcm": "",
}


def test_rsna() -> None:
    layout = layout_of(RSNA_TREE)
    assert layout.name == "rsna"
    facts = [layout.path_facts(path) for path in RSNA_TREE if path.endswith(".dcm")]
    assert facts == [
        PathFacts("NO PNEUMONIA", patient_id="0004cfab"),
        PathFacts("PNEUMONIA", patient_id="00436515"),
        PathFacts(rejected="no_class"),
    ]
    assert unread_tables(list(RSNA_TREE), layout) == ["stage_2_detailed_class_info.csv"]


def test_rows_of_one_film_that_disagree_are_refused() -> None:
    table = RSNA_TREE["stage_2_train_labels.csv"] + "00436515,,,,,0\n"
    with pytest.raises(SourceError, match=r"(?s)agree.*row 3: PNEUMONIA.*row 5: NO PNEUMONIA"):
        layout_of({**RSNA_TREE, "stage_2_train_labels.csv": table})


@pytest.mark.parametrize("name", ["", "_COVIDx8A", "_COVIDx_CXR-3A"])
def test_covidx(name: str) -> None:
    tree = {
        f"train{name}.txt": "3 a.jpg COVID-19 cohen\n4 b.png normal rsna\n",
        f"test{name}.txt": "5 c.png pneumonia rsna\n6 a.jpg positive x\n7 d.png negative x\n",
        "train/a.jpg": "", "train/b.png": "", "test/a.jpg": "", "test/c.png": "", "test/d.png": "",
    }  # fmt: skip
    layout = layout_of(tree)
    assert layout.name == "covidx"
    assert layout.path_facts("train/a.jpg") == PathFacts("COVID", None, "train", "3")
    assert layout.path_facts("train/b.png") == PathFacts("NORMAL", None, "train", "4")
    assert layout.path_facts("test/a.jpg") == PathFacts("COVID", None, "test", "6")
    assert layout.path_facts("test/c.png") == PathFacts("PNEUMONIA", None, "test", "5")
    assert layout.path_facts("test/d.png").label == "NEGATIVE"


def test_covidx_without_the_column_of_sources() -> None:
    layout = layout_of(
        {"train.txt": "0 a.png normal\n1 b.png pneumonia\n", "a.png": "", "b.png": ""}
    )
    assert layout.path_facts("b.png") == PathFacts("PNEUMONIA", None, "train", "1")


def test_vindr_pcxr_and_its_readers() -> None:
    header = "image_id,rad_ID,No finding,Bronchitis,Brocho-pneumonia,Pneumonia\n"
    tree = {
        "image_labels_train.csv": header
        + "aa,R1,1,0,0,0\nbb,R1,0,0,1,0\ncc,R1,0,1,0,0\ndd,R1,0,0,0,1\ndd,R2,1.0,0.0,0.0,0.0\n",
        "image_labels_test.csv": header + "ee,R1,0,0,0,1\n",
        "annotations_train.csv": "image_id,rad_ID,class_name\n",
        **{f"train/{name}.dicom": "" for name in ("aa", "bb", "cc", "dd")},
        "test/ee.dicom": "",
    }
    layout = layout_of(tree)
    assert layout.name == "vindr"
    assert layout.path_facts("train/aa.dicom") == PathFacts("NORMAL", given_split="train")
    assert layout.path_facts("train/bb.dicom") == PathFacts("PNEUMONIA", given_split="train")
    assert layout.path_facts("train/cc.dicom").rejected == "no_class"
    assert layout.path_facts("train/dd.dicom").rejected == "no_class"  # two readers disagree
    assert layout.path_facts("test/ee.dicom") == PathFacts("PNEUMONIA", given_split="test")


PADCHEST = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"


def test_padchest() -> None:
    tree = {
        PADCHEST: ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,Projection,Labels\n"
        "0,1_a.png,0,20140915,9,84,PA,\"['normal']\"\n"
        "1,1_b.png,0,20140915,9,84,L,\"['normal']\"\n"
        "2,2_a.png,54,20140915,8,85,AP_horizontal,\"['pneumonia', 'infiltrates ']\"\n"
        "3,3_a.png,54,20140915,7,86,PA,\"['scoliosis']\"\n4,4_a.png,54,20140915,7,87,PA,\n",
        **dict.fromkeys(("0/1_a.png", "0/1_b.png", "54/2_a.png", "54/3_a.png", "54/4_a.png"), ""),
    }
    layout = layout_of(tree)
    assert layout.name == "padchest"
    assert layout.path_facts("0/1_a.png") == PathFacts("NORMAL", patient_id="84")
    assert layout.path_facts("0/1_b.png").rejected == "not_frontal"
    assert layout.path_facts("54/2_a.png") == PathFacts("PNEUMONIA", patient_id="85")
    assert layout.path_facts("54/3_a.png").rejected == "no_class"
    assert layout.path_facts("54/4_a.png") == PathFacts(patient_id="87")


def test_padchest_as_it_is_downloaded_must_be_unpacked() -> None:
    data = {f"{PADCHEST}.gz": b"\x1f\x8b", "0/a.png": b""}
    with pytest.raises(SourceError, match=r"(?s)gzip.*\.gz.*gunzip"):
        detect_layout(list(data), "auto", data.__getitem__)


def test_coronahack() -> None:
    root = "Coronahack-Chest-XRay-Dataset/Coronahack-Chest-XRay-Dataset"
    tree = {
        "Chest_xray_Corona_Metadata.csv": ",X_ray_image_name,Label,Dataset_type,"
        "Label_2_Virus_category,Label_1_Virus_category\n"
        "0,IM-0128-0001.jpeg,Normal,TRAIN,,\n"
        "1,person1_bacteria_2.jpeg,Pnemonia,TEST,,bacteria\n"
        "2,1-s2.0-S1684118220300608-main.pdf-001.jpg,Pnemonia,TRAIN,COVID-19,Virus\n",
        "Chest_xray_Corona_dataset_Summary.csv": ",Label\n",
        f"{root}/train/IM-0128-0001.jpeg": "",
        f"{root}/train/1-s2.0-S1684118220300608-main.pdf-001.jpg": "",
        f"{root}/test/person1_bacteria_2.jpeg": "",
    }
    layout = layout_of(tree)
    assert layout.name == "coronahack"
    well, virus, bacteria = (layout.path_facts(path) for path in list(tree)[2:])
    assert well == PathFacts("NORMAL", None, "train", "IM:128")
    assert virus == PathFacts("PNEUMONIA", "virus", "train")
    assert bacteria == PathFacts("PNEUMONIA", "bacteria", "test", "bacteria:1")
