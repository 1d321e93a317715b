"""The text of the page of the recipes, with places for its tables and notes."""

PAGE_TEXT = """\
# Training recipes

<!-- `python -m tests.studies.recipes.publish` writes this page from the record beside it. -->

The ordinary validation films come from the same machines as the training films, so they cannot show
how a network performs on films of other machines. This study trains recipes from random weights and
validates them in several ways. No validation reads the test split.
{conclusions}
## The validations

All values are AUROCs, means of the networks of a recipe.

- **ordinary**: the validation split, drawn by patient.
- **degraded**: the same films under 24 conditions: half the size, sharper, JPEG, noise, darker,
  lighter, closer or farther, each for all films, for the normal films only and for the other films
  only. **degraded** is the mean, and **worst** is the lowest value.
- **normals softened**: the mean of two of these conditions. They imitate the test split of
  Kermany's films, in which the normal films are softer and more compressed than in training. They
  were chosen from those films and not from any network, but they do use this fact about that test
  split. The rule does not use them.
- **adapted**: the mean of the eight looks on all films, each judged after the batch-normalisation
  statistics of the network were estimated again on these films, without labels (all layers, the new
  statistics alone).
- **held out**: the quarter of each class whose sharpness, noise, borders and file size are most
  like the other class. The network is trained without these films. **normals held out** is the
  normal films of that quarter together with ordinary films of pneumonia.
- **external**: the mean over cohorts of another place. Films that the source holds too, in any
  split, are left out with all films of their patients and near duplicates. A cohort counts if both
  classes have enough films; of another one the calls are shown.

## The rule

It was stated before any result of a search, and the record refuses results of another rule.

{rule}

{searches}
{earlier}## Search on your own films

```sh
python -m tests.studies.recipes --source FOLDER --work WORK --hours 8 \\
    --external clinic=OTHER_FOLDER --classes "clinic:COVID=PNEUMONIA,LUNG OPACITY="
python -m tests.studies.recipes.publish WORK --record my_recipes.json
```

FOLDER may have any layout that `ingest` reads. Name at least one folder of another place with
`--external`: only such films tell what a network does there. `--classes` says which of their
classes are yours; nothing after `=` leaves a class out, and a class with a name of yours needs no
entry. Any other class counts as a finding; the log says the number of each. The search stops before
a network that would not end within the hours, and says what is left; the same command goes on, also
after Ctrl-C or a crash. It is cheaper to screen small images first:

```sh
python -m tests.studies.recipes --source FOLDER --work WORK --external ... \\
    --size-px 32 --epochs 24 --seeds 1
python -m tests.studies.recipes --source FOLDER --work WORK --external ... \\
    --size-px 64 --close-of 32x24
```

When the search has a winner, read the test once:

```sh
python -m tests.studies.recipes --work WORK --final
python -m tests.studies.recipes.publish WORK --test --record my_recipes.json
```

`python -m tests.studies.recipes --help` lists the options, and `--list` the recipes, which stand in
tests/studies/recipes/catalogue.py. Films of another hospital must confirm any recipe before it is
used there.
"""

EARLIER_TEXT = """\
## Earlier runs

They were made before there was a rule, an adapted or an external validation. Bold marks the recipe
that each validation picks.

{runs}

{correlations}{notes}

"""
