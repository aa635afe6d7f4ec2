"""Images decoded once and kept for every use of a training or a prediction.

In the order of reading: `pack`, `folder`, `file`, `journal`.
"""
