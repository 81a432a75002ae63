"""Why a run is as it is: values, differences, what lay ahead, which steps matter."""
