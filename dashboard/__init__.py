"""The dashboard: reads one published snapshot; every figure that it shows is a measure's."""
