"""The device under test: a pneumonia classifier trained as is usual in the field, and its predictions.

In the order of reading: `network`, `runtime`, `data`, `training`, `artifact`, `inference`, `explanation`.
"""
