"""A description of a cohort before anything is trained on it.

In the order of reading: `write`, `record`, `parts`, `people`, `pictures`, `image_class`, `marks`, `remarks`,
`montage`.
"""
