"""The device under test: a pneumonia classifier trained as is usual in the field, and its predictions.

Owns splitting, packing, the network, training, the operating point and inference. Of this suite it imports only
`protocols`. It does not measure performance for the record: that is `validation`.
"""
