"""Scores Parquet files with a published model on Ray Data: the rows of IN, each with its label and probabilities.

    MLFLOW_TRACKING_URI=http://mlflow:5000 python ray_score.py models:/modelo_nuevo@champion IN OUT

Needs ray[data] and mlflow, on a cluster on every node. A row without a text keeps its place, with nulls for an answer.
"""

import sys

import mlflow
import ray

ROWS_PER_CALL = 10_000


class Score:
    """One loaded model per Ray actor."""

    def __init__(self, tracking_uri, model_uri):
        mlflow.set_tracking_uri(tracking_uri)
        self.model = mlflow.pyfunc.load_model(model_uri)
        [self.text] = self.model.metadata.get_input_schema().input_names()

    def __call__(self, rows):
        # As objects nulls stay nulls: of a column that Arrow holds, MLflow makes them the text "None".
        return rows.join(self.model.predict(rows[[self.text]].astype(object)))


def pinned(model_uri):
    """The URI with a version in place of an alias, which may move while the actors start."""
    name, _, alias = model_uri.removeprefix("models:/").partition("@")
    return f"models:/{name}/{mlflow.MlflowClient().get_model_version_by_alias(name, alias).version}" if alias else model_uri


def main(model_uri, source, target):
    ray.init(ignore_reinit_error=True, log_to_driver=False)
    cores = int(ray.cluster_resources()["CPU"])
    if cores < 2:
        sys.exit(f"Ray has {cores} CPU: 2 or more are needed, one of them to read and write")
    rows = ray.data.read_parquet(source).map_batches(
        Score,
        fn_constructor_args=(mlflow.get_tracking_uri(), pinned(model_uri)),
        batch_format="pandas",
        batch_size=ROWS_PER_CALL,
        # An actor keeps its core: one core is left to read and write with.
        compute=ray.data.ActorPoolStrategy(size=cores - 1),
    )
    rows.write_parquet(target)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
