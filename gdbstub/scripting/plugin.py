"""pytest's fixtures for tests of a hypervisor; pytest finds them when hartbreak is installed.

@pytest.mark.hypervisor(image="build/hypervisor.elf")
@pytest.mark.until("vm_enter")
def test_the_guest_gets_its_own_vmid(hypervisor, expect):
    expect.steps(["guest_main", "vm_exit"])
    expect.csr(hgatp__VMID=7)
    assert hypervisor.memory.u64("exits") == 1

The machine is booted once to the named place; each test starts from a snapshot of it. What fails shows the machine, and
with --hartbreak-bundles DIR leaves a bundle that `hartbreak replay` opens at that moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from gdbstub.scripting.errors import ScriptingError

if TYPE_CHECKING:
    from gdbstub.scripting.boot import Setup
    from gdbstub.scripting.booted import Booted, Place, TestSession
    from gdbstub.scripting.expect import Expect
    from gdbstub.scripting.failure import Evidence
    from gdbstub.scripting.prompt import Prompt
    from gdbstub.scripting.session import Session
    from gdbstub.scripting.symbols import ImagePath
    from gdbstub.scripting.verbs import Debugger
    from machine.machine import Machine

__all__ = ["expect", "gdb", "golden_trace", "hart_machine", "hartbreak_session", "hypervisor"]

MARKER = "hypervisor(image, harts=1, firmware=None, engine=None, ...): the machine that the test runs on; any word of \
gdbstub.scripting.boot.Setup, and symbols=[FILE or (FILE, OFFSET)]"
UNTIL = "until(place, count=1): where the test starts: the count-th time that the machine comes there"
DEFAULT_LIMIT = 50_000_000
SHIPPED = Path(__file__).parents[1] / "guests"

T = TypeVar("T")
BOOTED = pytest.StashKey["Booted"]()
EVIDENCE = pytest.StashKey[list["Evidence"]]()
"""The machines that a test has got, whichever fixture asked for them."""


# --- what the user can say --------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hartbreak", "hypervisors on hartbreak's machine")
    group.addoption("--hartbreak-image", metavar="FILE", help="the image of tests that name none")
    group.addoption("--hartbreak-engine", metavar="NAME", help="the engine of tests that name none")
    group.addoption(
        "--hartbreak-bundles", metavar="DIR", help="a failing test leaves a bundle here, for hartbreak replay"
    )
    group.addoption("--hartbreak-update-traces", action="store_true", help="store what golden_trace sees, as it is now")
    parser.addini("hartbreak_image", "the image of tests that name none, relative to the root directory")
    parser.addini("hartbreak_engine", "the engine of tests that name none")
    parser.addini("hartbreak_limit", f"cycles that a test may run at once (default {DEFAULT_LIMIT})")


def pytest_configure(config: pytest.Config) -> None:
    for line in (MARKER, UNTIL):
        config.addinivalue_line("markers", line)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (booted := config.stash.get(BOOTED, None)) is not None:
        booted.close()


# --- fixtures ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def hypervisor(request: pytest.FixtureRequest) -> TestSession:
    """The machine of the test's marks as a session (`gdbstub.scripting.DirectSession`), where the test starts."""
    setup, symbols = _told(lambda: _setup(request))
    session = _told(lambda: _booted(request.config).session(setup, symbols, _place(request)))
    _note(request, "the machine", session, setup, session.machine)
    return session


@pytest.fixture
def hart_machine(hypervisor: TestSession) -> Machine:
    """The machine itself: harts, memory, devices, observers."""
    return hypervisor.machine


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Expect:
    """Expectations of the test's session: `gdb` where the test uses that one alone, else `hypervisor`."""
    from gdbstub.scripting.expect import Expect

    alone = "gdb" in request.fixturenames and "hypervisor" not in request.fixturenames
    return Expect(request.getfixturevalue("gdb" if alone else "hypervisor"))


@pytest.fixture
def gdb(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A real gdb in front of a machine of the test's own, of the same marks; `gdbstub.scripting.Session`."""
    from gdbstub.scripting.booted import go_to
    from gdbstub.scripting.session import Session

    setup, symbols = _told(lambda: _setup(request))
    words = {name: value for name, value in vars(setup).items() if name != "image"}
    with Session(setup.image, symbols=symbols, **words) as session:
        _note(request, "the machine behind gdb", session, setup, getattr(session.server, "machine", None))
        if (place := _place(request)) is not None:
            _told(lambda: go_to(session, place))
        yield session


@pytest.fixture
def golden_trace(request: pytest.FixtureRequest, hypervisor: TestSession) -> Callable[..., None]:
    """Compares the steps until a place with those stored in ``NAME.trace`` beside the test; see `check_trace`."""
    from gdbstub.scripting.failure import plain
    from gdbstub.scripting.golden import check_trace

    def check(until: str | int, name: str = "") -> None:
        __tracebackhide__ = True
        path = request.path.parent / f"{name or plain(request.node.name)}.trace"
        check_trace(hypervisor, until, path, update=bool(request.config.getoption("--hartbreak-update-traces")))

    return check


@pytest.fixture
def hartbreak_session() -> Iterator[Callable[..., Prompt]]:
    """Opens a `Prompt`, with its arguments, as often as it is called; all end with the test."""
    from gdbstub.scripting.prompt import Prompt

    with ExitStack() as opened:

        def start(image: str | os.PathLike[str], *options: str, **settings: Any) -> Prompt:
            return opened.enter_context(Prompt(image, *options, **settings))

        yield start


def _note(request: pytest.FixtureRequest, title: str, session: Debugger, setup: Setup, machine: Machine | None) -> None:
    from gdbstub.scripting.failure import Evidence

    request.node.stash.setdefault(EVIDENCE, []).append(Evidence(title, session, setup, machine))


# --- from marks to a machine ------------------------------------------------------------------------------------------


def _told(work: Callable[[], T]) -> T:
    """What goes wrong before the test begins is told in a sentence, without a traceback through this package."""
    try:
        return work()
    except ScriptingError as error:
        pytest.fail(str(error), pytrace=False)


def _booted(config: pytest.Config) -> Booted:
    from gdbstub.scripting.booted import Booted

    if BOOTED not in config.stash:
        text = config.getini("hartbreak_limit") or str(DEFAULT_LIMIT)
        if not text.replace("_", "").isdecimal():
            raise pytest.UsageError(f"hartbreak_limit = {text}: give a number of cycles")
        recording = config.getoption("--hartbreak-bundles") is not None
        config.stash[BOOTED] = Booted(int(text), recording)
    return config.stash[BOOTED]


def _setup(request: pytest.FixtureRequest) -> tuple[Setup, tuple[ImagePath, ...]]:
    """What the marks say, the nearest last; what they leave open, the command line and the ini file say."""
    from dataclasses import fields

    from gdbstub.scripting.boot import Setup

    said: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("hypervisor"))):
        if len(mark.args) > 1:
            raise ScriptingError(f"mark hypervisor{mark.args}: only the image can go without a word")
        said |= dict(zip(("image",), mark.args, strict=False)) | mark.kwargs
    symbols = tuple(_symbols(request, each) for each in said.pop("symbols", ()))
    known = [field.name for field in fields(Setup)]
    if unknown := [word for word in said if word not in known]:
        raise ScriptingError(f"mark hypervisor has no word {unknown[0]!r}; it has {', '.join(known)} and symbols")
    said.setdefault("image", _configured(request, "image"))
    if not said["image"]:
        raise ScriptingError(
            "which image? Mark the test @pytest.mark.hypervisor(image=FILE), set hartbreak_image in the ini file, or "
            "give --hartbreak-image"
        )
    if engine := said.pop("engine", None) or _configured(request, "engine"):
        said["engine"] = engine
    for word in ("image", "firmware", "kernel"):
        if word in said and said[word] not in (None, "none", "builtin"):
            said[word] = _found(request, said[word])
    return Setup(**said | {"proposals": tuple(said.get("proposals", ()))}), symbols


def _configured(request: pytest.FixtureRequest, word: str) -> str:
    return str(request.config.getoption(f"--hartbreak-{word}") or request.config.getini(f"hartbreak_{word}"))


def _found(request: pytest.FixtureRequest, name: str | os.PathLike[str]) -> str:
    """A file beside the test, below the root directory, below the present one, or of those that hartbreak brings."""
    for folder in (request.path.parent, request.config.rootpath, Path.cwd(), SHIPPED):
        if (path := folder / name).is_file():
            return str(path)
    raise ScriptingError(f"there is no file {name}, neither beside {request.path} nor below {request.config.rootpath}")


def _symbols(request: pytest.FixtureRequest, each: ImagePath) -> ImagePath:
    name, offset = each if isinstance(each, tuple) else (each, 0)
    return _found(request, name), offset


def _place(request: pytest.FixtureRequest) -> Place | None:
    from gdbstub.scripting.booted import Place

    mark = request.node.get_closest_marker("until")
    if mark is None:
        return None
    try:
        return Place(*mark.args, **mark.kwargs)
    except TypeError:
        raise ScriptingError(f"mark until{mark.args}: write it like {UNTIL}") from None


# --- a test that fails ------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        folder = item.config.getoption("--hartbreak-bundles")
        home = None if folder is None else item.config.invocation_params.dir / folder
        why = call.excinfo.exconly(tryshort=True) if call.excinfo else ""
        for evidence in item.stash.get(EVIDENCE, []):
            evidence.tell(report, item.nodeid, why, home)
    if report.when == "teardown":
        item.stash[EVIDENCE] = []
    return report
