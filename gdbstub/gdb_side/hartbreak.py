"""What gdb sources: ``source FILE``, where ``hartbreak gdb-script`` prints FILE; ``hartbreak debug`` does it by itself.

The files beside this one are loaded as a package of a name of their own, without a look at gdb's ``sys.path``.
"""

import importlib.util
import os
import sys

NAME = "hartbreak_in_gdb"


def load_hartbreak() -> None:
    """Load and install, once in a gdb."""
    if NAME in sys.modules:
        return
    folder = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        NAME, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    importlib.import_module(NAME + ".install").install()


load_hartbreak()
