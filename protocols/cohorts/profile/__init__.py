"""A description of a cohort before anything is trained on it.

In the order of reading: `write`, `profile_record`, `profile_parts`, `people`, `pictures`, `image_class`,
`labels_and_reads`, `remarks`, `montage`.
"""
