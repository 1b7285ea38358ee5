"""Scores a Parquet folder with a published model on Spark: the rows of IN, each with its label and probabilities.

    MLFLOW_TRACKING_URI=http://mlflow:5000 spark-submit spark_score.py models:/modelo_nuevo@champion IN OUT

Needs pyspark 4, mlflow, Java 17 or newer; on a cluster mlflow on every worker. A row without a text keeps its place,
with nulls for an answer.
"""

import os
import sys

import mlflow
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def main(model_uri, source, target):
    # Else the workers of a local Spark are the python3 of PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("colaml").getOrCreate()
    # The driver loads the model from the MLflow server's artifacts and hands it to the workers: all score with one version.
    score = mlflow.pyfunc.spark_udf(spark, model_uri, env_manager="local")
    [text] = score.metadata.get_input_schema().input_names()
    # MLflow turns a missing label into the text "None": what has no text is masked here.
    answer = F.when(F.col(text).isNotNull(), score(text))
    rows = spark.read.parquet(source).withColumn("answer", answer)
    rows.select("*", "answer.*").drop("answer").write.mode("overwrite").parquet(target)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
