"""Builds that work out anew only what new files touch, with the rows of a full build.

The published snapshot is copied. The models run over two small worlds that hold all rows of the
touched episodes: as the files were when it was published, and as they are. The rows of the first
leave the copy, those of the second come in, and sums move by the difference. What else depends on
the last day of the data is set for every other episode in one statement (`sql/as_of.sql`).
Nothing is kept for it besides the snapshot itself. In any doubt a full build is made.
"""
