"""The shop's shelves: the catalog, a course, a lesson to try, and covers."""
