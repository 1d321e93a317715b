"""The trained network as an ONNX file, with what a program needs to use it on new films."""
