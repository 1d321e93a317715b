"""Stage `train-augmentation`: a picture of training films under each preset of augmentation."""
