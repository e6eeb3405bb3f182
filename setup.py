"""What pyproject.toml cannot say: a wheel for x86-64 Linux can bring the engine compiled (scripts/build_wheel)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

COMPILED = os.environ.get("HARTBREAK_COMPILED") == "1"
"""Otherwise the wheel is for every platform, is built in seconds, and the engine compiles itself when it first runs."""
COMPILERS = ["llvmlite>=0.50,<0.51", "pyelftools>=0.31"]
PLATFORM = "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_2_x86_64"
"""Any Linux: the code calls nothing of the system."""


class BuildWithCode(build_py):
    """Compiles from the copies that go into the wheel."""

    def run(self) -> None:
        super().run()
        place = Path(self.build_lib, "machine", "native", "prebuilt").absolute()
        shutil.rmtree(place, ignore_errors=True)  # a build before this one may have left it
        if COMPILED and not self.editable_mode:
            command = [sys.executable, "-m", "machine.native.prebuild", str(place)]
            subprocess.run(command, check=True, cwd=self.build_lib, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


class WheelOfAnyPython(bdist_wheel):
    """With code of x86-64 in it, but none of Python's."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if COMPILED:
            self.root_is_pure = False

    def get_tag(self) -> tuple[str, str, str]:
        return ("py3", "none", PLATFORM) if COMPILED else super().get_tag()


setup(
    cmdclass={"build_py": BuildWithCode, "bdist_wheel": WheelOfAnyPython},
    setup_requires=COMPILERS if COMPILED else [],
)
