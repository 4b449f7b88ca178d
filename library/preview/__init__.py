"""Looking at a course as somebody else, on any day, with nothing recorded.

Whoever writes courses says as whom and on which day (``mark``). Then the course's pages are made in
a transaction in which that person exists and has the course (``imagining``), which is never
committed. Which requests these are, and what is refused meanwhile, says ``middleware``.
"""
