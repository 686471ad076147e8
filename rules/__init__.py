"""What the leaflet says, as data: criteria, questions, levels, exercises and open decisions.

Nothing here reads an export, a database or a screen.
"""
