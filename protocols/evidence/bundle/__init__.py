"""The bundle: layout, bag, statement, signature, archive, bill of materials, model card."""
