"""Going on: all threads alike, or each in its own way."""

from __future__ import annotations

from errno import EINVAL, ESRCH

from gdbstub.errors import TargetError
from gdbstub.handlers.conversation import Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.handlers.outcome import Outcome, Resume
from gdbstub.handlers.stops import stop_reply
from gdbstub.rsp.packets import resume
from gdbstub.rsp.packets.resume import ActionKind
from gdbstub.rsp.replies import Reply, ResumeActions
from gdbstub.rsp.thread_id import ALL, ThreadId
from gdbstub.target import Action, Motion, ResumePlan, Stop, StopReason

__all__ = ["WAITING"]

# After these a debugger waits for a stop, and prints console output meanwhile.
WAITING = (resume.ResumeThreads, resume.Continue, resume.ContinueWithSignal, resume.Step, resume.StepWithSignal)

MOTIONS = {
    ActionKind.CONTINUE: Motion.CONTINUE,
    ActionKind.CONTINUE_WITH_SIGNAL: Motion.CONTINUE,
    ActionKind.STEP: Motion.STEP,
    ActionKind.STEP_WITH_SIGNAL: Motion.STEP,
    ActionKind.STEP_RANGE: Motion.STEP,
}


@handles(resume.QueryResumeActions)
def query_resume_actions(talk: Conversation, packet: resume.QueryResumeActions) -> Reply:
    """“Which actions do you know?”"""
    return ResumeActions("".join(kind.value for kind in ActionKind))


@handles(resume.ResumeThreads)
def resume_threads(talk: Conversation, packet: resume.ResumeThreads) -> Outcome:
    """“Go on; each thread does what the first action that names it says.” A plan that moves nobody stops at once."""
    _check_program(talk)
    chosen: dict[int, resume.Action] = {}
    for action in packet.actions:
        for thread in talk.threads_of(action.thread or ThreadId(ALL)):
            chosen.setdefault(thread, action)
    moving = {thread: _planned(action) for thread, action in chosen.items() if action.kind is not ActionKind.STOP}
    if moving:
        return Resume(ResumePlan(moving))
    talk.halted(Stop(StopReason.HALTED, min(chosen)))
    return stop_reply(talk, talk.stop)


@handles(resume.Continue, resume.ContinueWithSignal)
def continue_(talk: Conversation, packet: resume.Continue | resume.ContinueWithSignal) -> Outcome:
    """“Go on, from addr or from where you are.” The selected thread goes, or all."""
    _check_program(talk)
    _jump(talk, packet.address)
    moving = talk.target.thread_ids if talk.resume_thread is None else [talk.resume_thread]
    signal = packet.signal if isinstance(packet, resume.ContinueWithSignal) else 0
    return Resume(ResumePlan(dict.fromkeys(moving, Action(Motion.CONTINUE, signal))))


@handles(resume.Step, resume.StepWithSignal)
def step(talk: Conversation, packet: resume.Step | resume.StepWithSignal) -> Outcome:
    """“Run one instruction, at addr or where you are.” Only one thread moves."""
    _check_program(talk)
    _jump(talk, packet.address)
    signal = packet.signal if isinstance(packet, resume.StepWithSignal) else 0
    return Resume(ResumePlan({_current(talk): Action(Motion.STEP, signal)}))


def _planned(action: resume.Action) -> Action:
    if action.start is None or action.end is None:
        return Action(MOTIONS[action.kind], action.signal or 0)
    if action.start > action.end:
        raise TargetError(EINVAL, f"the range {action.start:#x} to {action.end:#x} ends before it begins")
    return Action(Motion.STEP, range=(action.start, action.end))


def _current(talk: Conversation) -> int:
    return talk.access_thread if talk.resume_thread is None else talk.resume_thread


def _jump(talk: Conversation, address: int | None) -> None:
    if address is not None:
        pc = talk.target.pc_register
        talk.target.write_register(_current(talk), pc, address.to_bytes(talk.target.register_size(pc), "little"))


def _check_program(talk: Conversation) -> None:
    if talk.over:
        raise TargetError(ESRCH, "the program is over: after 'target extended-remote', 'run' starts it again")
