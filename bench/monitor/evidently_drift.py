"""Text drift of a predictions file by evidently: the first half of the rows against the second."""

import json
import resource
import sys
import time

import evidently
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

started = time.perf_counter()
frame = pd.read_csv(sys.argv[1], usecols=["text"], dtype=str, keep_default_na=False)
half = len(frame) // 2
definition = DataDefinition(text_columns=["text"])
reference = Dataset.from_pandas(frame.iloc[:half], data_definition=definition)
current = Dataset.from_pandas(frame.iloc[half:], data_definition=definition)
Report([DataDriftPreset()]).run(current, reference).json()
print(
    json.dumps(
        {
            "version": evidently.__version__,
            "rows": len(frame),
            "seconds": time.perf_counter() - started,
            "cpuSeconds": time.process_time(),
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
