"""The device under test: a pneumonia classifier trained as the field trains them, and its predictions.

Owns splitting, packing, the network, training, the operating point and inference. Imports only `protocols`
of ours; nothing here measures performance for the record, which is the business of `validation`.
"""
