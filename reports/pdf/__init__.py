"""The layout of PDF files, and their reading.

In the order of reading: `render_pdf`, `render_stack`, `tagging`, `pdfa_checks`, `page_text`, `read_pdf`.
"""
