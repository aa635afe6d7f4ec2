"""The tamper test: copies of a bundle, changed in every way that verification has to detect.

In the order of reading: `tamper_test`, `working_copy`, `content`, `files`, `envelope`.
"""
