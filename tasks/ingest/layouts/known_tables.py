"""Public sets whose table is known: how it is recognised, and what its columns mean.

`NORMAL` and `PNEUMONIA` are read as narrowly as each table allows: a film of another finding alone
has no class and is left out (`no_class`), since it is neither normal nor pneumonia.
`ingest.table.classes` states other classes, `ingest.table.uncertain` another policy.

| layout | recognised by | label | patient | split |
|---|---|---|---|---|
| `nih` | `Data_Entry_2017*.csv` | `Finding Labels`, with bars | `Patient ID` | its two lists |
| `chexpert` | `train.csv`, `valid.csv` | a column for each finding | path | the two files |
| `rsna` | `stage_2_train_labels.csv` | `Target` | `patientId` | none |
| `covidx` | `train*.txt`, `val*.txt`, `test*.txt` | third word | first word | the files |
| `vindr` | `image_labels_{train,test}.csv` | a column for each finding | none | the two files |
| `padchest` | `PADCHEST_..._160K_*.csv` | `Labels`, a list | `PatientID` | none |
| `coronahack` | `Chest_xray_Corona_Metadata.csv` | `Label` | file name | `Dataset_type` |

NIH, CheXpert and most of PadChest have labels that a program read from reports; they are wrong for
some films. The boxes of NIH and RSNA are not read.
"""

import re

from tasks.ingest.layouts.findings import Classes
from tasks.ingest.layouts.person_columns import PersonColumns
from tasks.ingest.layouts.table_spec import TableSpec

_NO_FINDING = {"NORMAL": ["No Finding"], "PNEUMONIA": ["Pneumonia"]}

# Source: Wang et al., "ChestX-ray8", CVPR 2017; https://nihcc.app.box.com/v/ChestXray-NIHCC;
# `sample_labels.csv` is that of Kaggle's random sample. The follow-up number tells films of one
# patient apart and is part of the file name.
NIH = TableSpec(
    "nih",
    ((r"(Data_Entry_2017.*|sample_labels)\.csv(\.gz)?", None),),
    "image index",
    Classes.from_lists(_NO_FINDING),
    label="finding labels",
    patient="patient id",
    person=PersonColumns(age=("patient age",), sex=("patient gender", "patient sex")),
    split_lists={"train_val_list.txt": "train", "test_list.txt": "test"},
)

# Source: Irvin et al., "CheXpert", AAAI 2019 (arXiv 1901.07031). -1 is a finding that the report
# leaves open: the paper compares U-Ones, U-Zeros and U-Ignore, and none is best for all findings,
# so such a film is left out. The paper scores frontal films too. The age 0 stands for an unknown
# one.
CHEXPERT = TableSpec(
    "chexpert",
    ((r"train\.csv", "train"), (r"valid\.csv", "val")),
    "path",
    Classes.from_lists(_NO_FINDING),
    view="frontal/lateral",
    person=PersonColumns(age=("age",), sex=("sex",), is_zero_unknown=True),
    patient_in_path=re.compile(r"(?:^|/)(patient[0-9]{1,9})/"),
    has_own_name=False,
)

# Source: Shih et al., Radiology: Artificial Intelligence 1(1), 2019; Kaggle, "RSNA Pneumonia
# Detection Challenge". Target 0 is not NORMAL: 11,821 of its 20,672 films have another finding. A
# film with several boxes has a row for each. The films of stage_2_test_images have no label.
RSNA = TableSpec(
    "rsna",
    ((r"stage_2_train_labels\.csv", None),),
    "patientid",
    Classes.from_lists({"NO PNEUMONIA": ["0"], "PNEUMONIA": ["1"]}),
    label="target",
    patient="patientid",
    unlabelled=frozenset({"stage_2_test_images"}),
)

# Source: Wang, Lin and Wong, "COVID-Net", Scientific Reports 10, 2020; docs/COVIDx.md of
# lindawangg/COVID-Net. Sets A have three classes. Sets B have `positive` and `negative`, which
# joins normal films and other pneumonia, so it is no NORMAL.
COVIDX = TableSpec(
    "covidx",
    tuple((rf"{name}(_COVIDx.*)?\.txt", name) for name in ("train", "val", "test")),
    "filename",
    Classes.from_lists(
        {
            "NORMAL": ["normal"],
            "PNEUMONIA": ["pneumonia"],
            "COVID": ["COVID-19", "positive"],
            "NEGATIVE": ["negative"],
        }
    ),
    label="class",
    patient="patient",
    separator=" ",
    header=("patient", "filename", "class", "source"),
    has_own_name=False,
)

# Source: Pham, Tran and Nguyen, "VinDr-PCXR", PhysioNet 2022, and "PediCXR", Scientific Data 10,
# 2023. VinDr-CXR (Nguyen et al., Scientific Data 9, 2022; adults, three readers a film) has the
# same files. The misspelt name is the set's own.
VINDR = TableSpec(
    "vindr",
    ((r"image_labels_train\.csv", "train"), (r"image_labels_test\.csv", "test")),
    "image_id",
    Classes.from_lists(
        {
            "NORMAL": ["No finding"],
            "PNEUMONIA": ["Pneumonia", "Brocho-pneumonia", "Pleuro-pneumonia"],
        }
    ),
    has_readers=True,
)

# Source: Bustos et al., "PadChest", Medical Image Analysis 66, 2020; https://bimcv.cipf.es.
PADCHEST = TableSpec(
    "padchest",
    ((r"PADCHEST_chest_x_ray_images_labels_160K.*\.csv(\.gz)?", None),),
    "imageid",
    Classes.from_lists({"NORMAL": ["normal"], "PNEUMONIA": ["pneumonia", "atypical pneumonia"]}),
    label="labels",
    patient="patientid",
    view="projection",
    person=PersonColumns(
        sex=("patientsex_dicom",), birth_year=("patientbirth",), study_date=("studydate_dicom",)
    ),
)

# Source: P. Govindaraj, "CoronaHack - Chest X-Ray Dataset", Kaggle. `Pnemonia` is the set's own
# spelling. Most films are Kermany's and keep their names.
CORONAHACK = TableSpec(
    "coronahack",
    ((r"Chest_xray_Corona_Metadata\.csv", None),),
    "x_ray_image_name",
    Classes.from_lists({"NORMAL": ["Normal"], "PNEUMONIA": ["Pnemonia", "Pneumonia"]}),
    label="label",
    split="dataset_type",
    subtype="label_1_virus_category",
    has_kermany_names=True,
)

KNOWN_TABLES = (NIH, CHEXPERT, RSNA, COVIDX, VINDR, PADCHEST, CORONAHACK)
