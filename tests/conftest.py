"""Random tests choose the same examples every time, so that a change and not chance decides whether they pass.

To look further, run them with ``--hypothesis-profile=search``.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False, print_blob=True)
settings.load_profile("same")
