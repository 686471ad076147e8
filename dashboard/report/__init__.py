"""The report of a period for a board: one HTML, the same as PDF, a workbook and slides.

It shows what the pages show, from the same functions and in the same mode, and never a case.
"""
