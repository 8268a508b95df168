"""placeholder"""


def write_page(runs, out):
    """Nothing yet."""
