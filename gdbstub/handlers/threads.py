"""Threads: which there are, which one is meant, what each is called."""

from __future__ import annotations

from gdbstub.handlers.conversation import Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.rsp.packets import threads
from gdbstub.rsp.replies import CurrentThread, EndOfThreads, HexData, Ok, Reply, ThreadList
from gdbstub.rsp.thread_id import ThreadId

__all__: list[str] = []


@handles(threads.SelectThread)
def select_thread(talk: Conversation, packet: threads.SelectThread) -> Reply:
    """“The next requests are about this thread.” Several can be resumed but only one looked at: it stays."""
    chosen = talk.threads_of(packet.thread)
    only = chosen[0] if len(chosen) == 1 else None
    if packet.purpose is threads.Purpose.RESUME:
        talk.resume_thread = only
    elif only is not None:
        talk.access_thread = only
    return Ok()


@handles(threads.CheckThread)
def check_thread(talk: Conversation, packet: threads.CheckThread) -> Reply:
    """“Does this thread still exist?”"""
    talk.threads_of(packet.thread)
    return Ok()


@handles(threads.QueryCurrentThread)
def query_current_thread(talk: Conversation, packet: threads.QueryCurrentThread) -> Reply:
    """“Which thread is the current one?”"""
    return CurrentThread(ThreadId(talk.access_thread))


@handles(threads.ListFirstThreads)
def list_first_threads(talk: Conversation, packet: threads.ListFirstThreads) -> Reply:
    """“Which threads are there?” All fit into one reply."""
    existing = tuple(ThreadId(thread) for thread in talk.thread_ids())
    return ThreadList(existing) if existing else EndOfThreads()


@handles(threads.ListNextThreads)
def list_next_threads(talk: Conversation, packet: threads.ListNextThreads) -> Reply:
    """“And which more?”"""
    return EndOfThreads()


@handles(threads.DescribeThread)
def describe_thread(talk: Conversation, packet: threads.DescribeThread) -> Reply:
    """“What should I say about this thread to the user?”"""
    wanted = talk.thread_of(packet.thread)
    (thread,) = (thread for thread in talk.target.threads() if thread.id == wanted)
    return HexData.of_text(f"{thread.name}: {thread.text}" if thread.text else thread.name)
