import subprocess
import sys

HEAVY = ("matplotlib", "jinja2", "PIL", "pandas", "torch", "dagster")


def test_importing_the_room_loads_no_drawing_library():
    code = (
        "import sys\n"
        "import lulc_assets.core.pages.rendering, lulc_assets.core.figures.training\n"
        "import lulc_assets.core.pages.scene_rows\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawing_never_imports_pyplot():
    code = (
        "import sys\n"
        "from lulc_assets_tests.core.figures.test_figures import FIGURES\n"
        "[draw() for draw in FIGURES.values()]\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
