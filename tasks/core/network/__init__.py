"""A trained network in `model.onnx`, and the engine that examines, fits and scores films."""
