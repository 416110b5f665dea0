"""Stands for a room that the scoring install leaves out."""

message = (
    f"{__name__} is not in this installation: automl-score only scores; pip install automl, into another environment"
)
raise ImportError(message)
